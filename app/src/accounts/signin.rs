//! `/signin`: a plain form, so that it works without scripts. Errors come back in the address.

use super::gate::Gate;
use crate::address::use_query;
use crate::ui::{Field, Icon};
use leptos::prelude::*;

#[component]
pub fn SignIn() -> impl IntoView {
    let query = use_query().get_untracked();
    let email = query.get("email").unwrap_or_default();
    let next = query.get("next").unwrap_or_default();
    let refused = query.get("error");
    let wrong = (refused.as_deref() == Some("credentials")).then(|| "E-mail or password is wrong".to_owned());
    let throttled = refused.as_deref() == Some("throttled");
    let ended = query.get("ended").is_some();
    let known = !email.is_empty();

    view! {
        <Gate title="Sign in">
            <form method="post" action="/auth/sign-in" novalidate>
                <div><h1>"Sign in to Linnet"</h1><p class="muted">"Your leads, live"</p></div>
                {ended.then(|| view! {
                    <div class="callout" data-tone="warning" role="status">
                        <Icon name="info" /><p><b>"You were signed out. "</b>"Sign in again to continue where you left off."</p>
                    </div>
                })}
                {throttled.then(|| view! {
                    <div class="callout" data-tone="warning" role="alert">
                        <Icon name="warn" /><p><b>"Too many attempts. "</b>"Wait a minute, then try again."</p>
                    </div>
                })}
                <input type="hidden" name="next" value=next />
                <Field label="E-mail" name="email" kind="email" value=email autocomplete="username" required=true large=true autofocus=!known />
                <Field label="Password" name="password" kind="password" error=wrong autocomplete="current-password" required=true large=true autofocus=known />
                <button class="btn lg primary" type="submit">"Sign in"</button>
                <p class="small muted center-align">"New here? Ask an administrator to add you."</p>
            </form>
        </Gate>
    }
    .into_any()
}

//! `/join`: choose a password by a link. A plain form, so that it works without scripts; errors come back in the address.

use super::{api::whose_link, gate::Gate};
use crate::address::use_query;
use crate::ui::{Field, Icon, suspend};
use domain::FieldError;
use leptos::prelude::*;

#[component]
pub fn Join() -> impl IntoView {
    let query = use_query().get_untracked();
    let token = query.get("token").unwrap_or_default();
    let errors: Vec<FieldError> = query.get("errors").and_then(|errors| serde_json::from_str(&errors).ok()).unwrap_or_default();
    let wrong = errors.into_iter().find(|error| error.field == "password").map(|error| error.message);
    let asked = token.clone();
    let known = Resource::new_blocking(|| (), move |()| whose_link(asked.clone()));
    view! {
        <Gate title="Choose a password">
            <Suspense>
                {move || {
                    let (token, wrong) = (token.clone(), wrong.clone());
                    suspend(async move {
                        match known.await {
                            Ok(Some((name, email))) => view! { <Choose token wrong name email/> }.into_any(),
                            _ => view! { <Over/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
        </Gate>
    }
    .into_any()
}

#[component]
fn Choose(token: String, wrong: Option<String>, name: String, email: String) -> impl IntoView {
    view! {
        <form method="post" action="/auth/join" novalidate>
            <div><h1>"Choose a password"</h1><p class="muted">{format!("For {name}. You sign in as {email}.")}</p></div>
            <input type="hidden" name="token" value=token/>
            // Password managers save the password under this name.
            <input type="text" name="username" value=email autocomplete="username" hidden/>
            <Field
                label="Password" name="password" kind="password" error=wrong autocomplete="new-password" required=true large=true autofocus=true
                hint="At least 10 characters; a few words are good"
            />
            <button class="btn lg primary" type="submit">"Save and sign in"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Over() -> impl IntoView {
    view! {
        <form action="/signin">
            <div><h1>"This link no longer works"</h1></div>
            <div class="callout" data-tone="warning" role="alert">
                <Icon name="warn"/><p>"It was already used or has expired. Ask an administrator for a new link."</p>
            </div>
            <button class="btn lg" type="submit">"Sign in"</button>
        </form>
    }
    .into_any()
}

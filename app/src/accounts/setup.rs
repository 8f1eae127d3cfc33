//! `/setup`: creates the administrator and chooses the workspace's settings at the first start. Errors come back in the address.

use super::gate::Gate;
use crate::address::use_query;
use crate::ui::{Field, Icon};
use crate::workspace::{SettingsFields, ZoneList, guess};
use domain::{FieldError, Workspace};
use leptos::prelude::*;

#[component]
pub fn SetUp() -> impl IntoView {
    let query = use_query().get_untracked();
    let errors: Vec<FieldError> = query.get("errors").and_then(|errors| serde_json::from_str(&errors).ok()).unwrap_or_default();
    let others: Vec<String> = errors
        .iter()
        .filter(|error| {
            !["name", "email", "password", "token", "workspace", "currency", "timeZone", "weekStart"].contains(&error.field.as_str())
        })
        .map(|error| error.message.clone())
        .collect();
    let on = move |name: &str| errors.iter().find(|error| error.field == name).map(|error| error.message.clone());
    let token_error = on("token");
    let names = ["workspace", "currency", "timeZone", "weekStart"];
    let setting_errors = names.map(|name| Signal::stored(on(name)));
    let Workspace { name, currency, time_zone, week_start, .. } = Workspace::default();
    let mut settings = [name, currency.code().to_owned(), time_zone, week_start.as_str().to_owned()];
    for (value, name) in settings.iter_mut().zip(names) {
        if let Some(typed) = query.get(name) {
            *value = typed;
        }
    }
    if query.get("timeZone").is_none() {
        // The place of the person is known to the browser alone.
        Effect::new(|_| guess());
    }
    let demo = query.get("demo").is_some_and(|demo| !demo.is_empty() && demo != "false");
    let typed = move |name: &str| query.get(name).unwrap_or_default();

    view! {
        <Gate title="Welcome">
            <form method="post" action="/auth/setup" novalidate>
                <div><h1>"Welcome to Linnet"</h1><p class="muted">"Create the first account. It has all rights and can invite other people."</p></div>
                {(!others.is_empty()).then(|| view! {
                    <div class="callout" data-tone="danger" role="alert"><Icon name="warn" /><p>{others.join("; ")}</p></div>
                })}
                <Field label="Your name" name="name" value=typed("name") error=on("name") autocomplete="name" required=true large=true autofocus=true />
                <Field label="E-mail" name="email" kind="email" value=typed("email") error=on("email") autocomplete="username" required=true large=true />
                <Field
                    label="Password" name="password" kind="password" error=on("password") autocomplete="new-password" required=true large=true
                    hint="At least 10 characters; a few words are good"
                />
                <Field
                    label="Set-up token" name="token" value=typed("token") error=token_error autocomplete="off" required=true large=true
                    hint="Part of the set-up link in the terminal or the log of Linnet's first start"
                />
                <SettingsFields names typed=settings errors=setting_errors large=true/>
                <ZoneList/>
                <label class="row"><input class="check" type="checkbox" name="demo" value="true" checked=demo />"Load sample data to look around"</label>
                <button class="btn lg primary" type="submit">"Create account"</button>
            </form>
        </Gate>
    }
    .into_any()
}

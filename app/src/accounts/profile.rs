//! The person's own name, time zone and password.

use super::{
    api::{ChangePassword, EditMe},
    forms::TokenField,
};
use crate::{
    ask::AppError,
    ui::{Avatar, Field, Problem, typed_is_saved},
    workspace::ZONES,
};
use leptos::{form::ActionForm, html, prelude::*};

/// The answer to a form; `None` before the first.
pub type Answer<T> = MappedSignal<Option<Result<T, AppError>>>;

/// Error message for `field` in a refused answer.
pub fn on_field<T: Send + Sync + 'static>(value: Answer<T>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || {
        value.with(|value| value.as_ref().and_then(|answer| answer.as_ref().err()).and_then(|error| error.0.on_field(field)))
    })
}

/// The error of a refused answer that belongs to none of `fields`.
pub fn elsewhere<T: Send + Sync + 'static>(value: Answer<T>, fields: &'static [&'static str]) -> impl IntoView {
    move || {
        value.with(|value| match value {
            Some(Err(error)) if fields.iter().all(|field| error.0.on_field(field).is_none()) => {
                let error = error.clone();
                Some(view! { <Problem error/> })
            }
            _ => None,
        })
    }
}

#[component]
pub fn Profile(name: String, time_zone: Option<String>, role: &'static str) -> impl IntoView {
    view! {
        <section id="profile" aria-labelledby="h-a">
            <header><h2 id="h-a">"Profile"</h2></header>
            <div class="card"><ul class="list"><li class="min-h-14">
                <Avatar name=name.clone() size="2rem"/>
                <span class="body"><span class="strong" dir="auto">{name.clone()}</span><span class="meta">{format!("Role: {role}")}</span></span>
                <form method="post" action="/auth/sign-out"><button class="btn" type="submit">"Sign out"</button></form>
            </li></ul>
            <div class="body"><div class="grid">
                <div class="span-6"><OwnForm name time_zone=time_zone.unwrap_or_default()/></div>
                <div class="span-6"><PasswordForm/></div>
            </div></div></div>
        </section>
    }
    .into_any()
}

#[component]
fn OwnForm(name: String, time_zone: String) -> impl IntoView {
    let edit = ServerAction::<EditMe>::new();
    let value = edit.value();
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        // The name and times are shown in many places of the page, so reload it.
        if value.with(|value| matches!(value, Some(Ok(_)))) && edit.version().get_untracked() > 0 {
            if let Some(form) = form.get_untracked() {
                typed_is_saved(&form);
            }
            let _ = window().location().reload();
        }
    });
    view! {
        <ActionForm action=edit node_ref=form attr:class="stack g-s3" attr:aria-label="Name and time zone">
            <TokenField/>
            {elsewhere(value, &["name", "timeZone"])}
            <Field label="Name" name="name" id="f-own-name" value=name error=on_field(value, "name") required=true autocomplete="name"/>
            <Field
                label="Time zone" name="time_zone" id="f-own-zone" value=time_zone error=on_field(value, "timeZone") autocomplete="off" list=ZONES
                hint="For the times you read; empty for the workspace’s. Days in filters and figures stay those of the workspace"
            />
            <div class="row"><button class="btn" type="submit" data-state=move || edit.pending().get().then_some("busy")>"Save profile"</button></div>
        </ActionForm>
    }
    .into_any()
}

#[component]
fn PasswordForm() -> impl IntoView {
    let change = ServerAction::<ChangePassword>::new();
    let value = change.value();
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        if value.with(|value| matches!(value, Some(Ok(()))))
            && let Some(form) = form.get_untracked()
        {
            form.reset();
        }
    });
    view! {
        <ActionForm action=change node_ref=form attr:class="stack g-s3" attr:aria-label="Password">
            <TokenField/>
            {elsewhere(value, &["old", "password"])}
            <Field label="Current password" name="old" kind="password" error=on_field(value, "old") required=true autocomplete="current-password"/>
            <Field
                label="New password" name="password" id="f-new-password" kind="password" error=on_field(value, "password") required=true
                autocomplete="new-password" hint="At least 10 characters. Your other sessions end."
            />
            <div class="row">
                <button class="btn" type="submit" data-state=move || change.pending().get().then_some("busy")>"Change password"</button>
                <span class="small muted" role="status">{move || value.with(|value| matches!(value, Some(Ok(()))).then_some("Password changed"))}</span>
            </div>
        </ActionForm>
    }
    .into_any()
}

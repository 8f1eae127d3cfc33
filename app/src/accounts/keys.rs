//! API keys, for administrators.

use super::{
    api::{AddKey, RevokeKey, list_keys},
    forms::TokenField,
    profile::{elsewhere, on_field},
    secret::Secret,
};
use crate::{
    live::reading,
    ui::{Field, Icon, ReadProblem, SelectField, Skeleton, TimeAgo, suspend},
    workspace::use_workspace,
};
use domain::{Role, accounts::ApiKey};
use leptos::{form::ActionForm, html, prelude::*};

#[component]
pub fn Keys() -> impl IntoView {
    let add = ServerAction::<AddKey>::new();
    let revoke = ServerAction::<RevokeKey>::new();
    let keys = reading(Resource::new(move || (add.version().get(), revoke.version().get()), |_| list_keys()));
    let list = move |keys: Vec<ApiKey>| {
        if keys.is_empty() {
            return view! { <p class="muted">"No keys yet. Give each program its own."</p> }.into_any();
        }
        view! { <div class="card"><ul class="list">{keys.into_iter().map(|key| view! { <Row key_=key revoke/> }).collect_view()}</ul></div> }.into_any()
    };
    view! {
        <section id="keys" aria-labelledby="h-k">
            <header>
                <div>
                    <h2 id="h-k">"API keys"</h2>
                    <p>
                        "A key is shown only once. It belongs to the workspace and keeps working when whoever made it leaves; a revoked key stops working at once."
                    </p>
                </div>
            </header>
            <div class="stack g-s4">
                {elsewhere(revoke.value(), &[])}
                <Transition fallback=|| view! { <Skeleton rows=2/> }>
                    {move || suspend(async move {
                        match keys.await {
                            Ok(keys) => list(keys),
                            Err(error) => view! { <ReadProblem error/> }.into_any(),
                        }
                    })}
                </Transition>
                <NewKey add/>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Row(key_: ApiKey, revoke: ServerAction<RevokeKey>) -> impl IntoView {
    let ApiKey { id, name, role, prefix, created_at, expires_at, used_at } = key_;
    let label = format!("Revoke {name}");
    let expires = expires_at
        .map_or_else(|| "does not expire".to_owned(), |at| format!("expires {}", use_workspace().with_own_zone(|zone| zone.date(at))));
    let used = used_at.map(|at| view! { ", last used "<TimeAgo at/> });
    let unused = used_at.is_none().then_some(", never used");
    view! {
        <li class="min-h-12">
            <Icon name="key"/>
            <span class="body">
                <span class="strong" dir="auto">{name}</span>
                <span class="meta"><code>{format!("{prefix}…")}</code>" "{expires}", created "<TimeAgo at=created_at/>{used}{unused}</span>
            </span>
            <span class="small">{role.as_str()}</span>
            <ActionForm action=revoke>
                <TokenField/>
                <input type="hidden" name="id" value=id.to_string()/>
                <button class="btn sm danger" type="submit" aria-label=label>"Revoke"</button>
            </ActionForm>
        </li>
    }
    .into_any()
}

#[component]
fn NewKey(add: ServerAction<AddKey>) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let value = add.value();
    Effect::new(move |_| {
        if value.with(|value| matches!(value, Some(Ok(_))))
            && let Some(form) = form.get_untracked()
        {
            form.reset();
        }
    });
    let made = move || {
        value.with(|value| match value {
            Some(Ok(secret)) if !secret.is_empty() => Some(view! { <Secret title="The key is ready." value=secret.clone()/> }),
            _ => None,
        })
    };
    let roles = Role::ALL.map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).to_vec();
    let days = [("365", "1 year"), ("90", "90 days"), ("30", "30 days"), ("0", "No expiry")]
        .map(|(days, label)| (days.to_owned(), label.to_owned()))
        .to_vec();
    view! {
        {made}
        <details class="card" open=value.with_untracked(|value| matches!(value, Some(Err(_))))>
            <summary class="row opener"><Icon name="plus"/>"New key"</summary>
            <div class="body">
                <ActionForm action=add node_ref=form attr:class="stack g-s35" attr:novalidate="">
                    <TokenField/>
                    {elsewhere(value, &["name", "days", "confirm"])}
                    <div class="grid">
                        <div class="span-6"><Field label="Name" name="name" id="f-key-name" error=on_field(value, "name") required=true autocomplete="off" hint="The program that uses it"/></div>
                        <div class="span-6"><SelectField label="Role" name="role" id="f-key-role" options=roles value=Role::Member.as_str()/></div>
                        <div class="span-6"><SelectField label="Expires after" name="days" options=days value="365" error=on_field(value, "days")/></div>
                        <div class="span-6"><Field label="Your password" name="confirm" id="f-key-confirm" kind="password" error=on_field(value, "confirm") required=true autocomplete="current-password"/></div>
                    </div>
                    <div class="row"><button class="btn primary" type="submit" data-state=move || add.pending().get().then_some("busy")>"Create key"</button></div>
                </ActionForm>
            </div>
        </details>
    }
    .into_any()
}

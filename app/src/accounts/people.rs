//! Everyone who may sign in, for administrators.

use super::api::{AddUser, SetRole, list_users};
use crate::ui::{Avatar, Field, Icon, Problem, SelectField, Skeleton, TimeAgo};
use domain::{Role, UserId, accounts::User};
use leptos::{form::ActionForm, html, prelude::*};
use leptos_router::hooks::use_query_map;
use wasm_bindgen::JsCast;

#[component]
pub fn People(me: Option<UserId>) -> impl IntoView {
    let add = ServerAction::<AddUser>::new();
    let set = ServerAction::<SetRole>::new();
    let users = Resource::new(move || (add.version().get(), set.version().get()), |_| list_users());
    view! {
        <section id="people" aria-labelledby="h-u">
            <header><div><h2 id="h-u">"People and roles"</h2><p>"Each role may what the one before it may: viewer, member, manager, admin."</p></div></header>
            <div class="stack" style="--g:1rem">
                {move || match set.value().get() {
                    Some(Err(error)) => Some(view! { <Problem error /> }),
                    _ => None,
                }}
                <Transition fallback=|| view! { <Skeleton rows=3 /> }>
                    {move || Suspend::new(async move {
                        match users.await {
                            Ok(users) => view! {
                                <div class="card"><ul class="list">
                                    {users.into_iter().map(|user| view! { <Person user set me /> }).collect_view()}
                                </ul></div>
                            }.into_any(),
                            Err(error) => view! { <Problem error /> }.into_any(),
                        }
                    })}
                </Transition>
                <AddPerson add />
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Person(user: User, set: ServerAction<SetRole>, me: Option<UserId>) -> impl IntoView {
    let own = me == Some(user.id);
    let label = format!("Role of {}", user.name);
    let choose = |event: leptos::ev::Event| {
        let select = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlSelectElement>().ok());
        if let Some(form) = select.and_then(|select| select.form()) {
            _ = form.request_submit();
        }
    };
    let roles = Role::ALL.map(|role| view! { <option value=role.as_str() selected=role == user.role>{role.as_str()}</option> });
    view! {
        <li style="min-block-size:3rem">
            <Avatar name=user.name.clone() size="1.75rem" />
            <span class="body"><span class="strong"><bdi>{user.name}</bdi>{own.then_some(" (you)")}</span><span class="meta">{user.email}</span></span>
            <span class="muted small">"since "<TimeAgo at=user.created_at /></span>
            <ActionForm action=set attr:class="row">
                <input type="hidden" name="id" value=user.id.to_string() />
                <span class="select"><select name="role" aria-label=label on:change=choose>{roles}</select><Icon name="chev-down" /></span>
                <button class="btn sm noscript-only" type="submit">"Set"</button>
            </ActionForm>
        </li>
    }
    .into_any()
}

#[component]
fn AddPerson(add: ServerAction<AddUser>) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let value = add.value();
    // Without scripts what was typed comes back in the address.
    let typed = use_query_map().get_untracked();
    let start = move |name: &str| typed.get(name).unwrap_or_default();
    let role = Some(start("role")).filter(|role| !role.is_empty()).unwrap_or_else(|| Role::Member.as_str().to_owned());
    let error = move |field: &'static str| {
        Signal::derive(move || {
            value.with(|value| value.as_ref().and_then(|answer| answer.as_ref().err()).and_then(|error| error.0.on_field(field)))
        })
    };
    let other = move || {
        value.with(|value| match value {
            Some(Err(error)) if ["name", "email", "password", "role"].iter().all(|field| error.0.on_field(field).is_none()) => {
                Some(error.clone())
            }
            _ => None,
        })
    };
    Effect::new(move |_| {
        if value.with(|value| matches!(value, Some(Ok(_))))
            && let Some(form) = form.get_untracked()
        {
            form.reset();
        }
    });
    let roles = Role::ALL.map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).to_vec();
    view! {
        <details class="card" open=value.with_untracked(|value| matches!(value, Some(Err(_))))>
            <summary class="row" style="padding:.625rem 1rem;cursor:pointer"><Icon name="plus" />"Add a person"</summary>
            <div class="body">
                <ActionForm action=add node_ref=form attr:class="stack" attr:style="--g:.875rem" attr:novalidate="">
                    {move || other().map(|error| view! { <Problem error /> })}
                    <div class="grid">
                        <div style="--span:6"><Field label="Name" name="name" value=start("name") error=error("name") required=true autocomplete="off" /></div>
                        <div style="--span:6"><Field label="E-mail" name="email" kind="email" value=start("email") error=error("email") required=true autocomplete="off" /></div>
                        <div style="--span:6"><Field
                            label="Password" name="password" kind="password" error=error("password") required=true autocomplete="new-password"
                            hint="Tell it to them in person; at least 10 characters"
                        /></div>
                        <div style="--span:6"><SelectField label="Role" name="role" options=roles value=role error=error("role") /></div>
                    </div>
                    <div class="row"><button class="btn primary" type="submit" data-state=move || add.pending().get().then_some("busy")>"Add"</button>
                        <span class="small muted" role="status">{move || value.with(|value| match value {
                            Some(Ok(user)) => Some(format!("{} can sign in now", user.name)),
                            _ => None,
                        })}</span>
                    </div>
                </ActionForm>
            </div>
        </details>
    }
    .into_any()
}

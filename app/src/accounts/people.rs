//! All users, for administrators, and the form to invite one.

use super::{
    api::{InviteUser, Linked, list_users, person_href},
    forms::TokenField,
    profile::{elsewhere, on_field},
    secret::Secret,
};
use crate::{
    address::use_query,
    live::reading,
    ui::{Avatar, Field, Icon, ReadProblem, SelectField, Skeleton, TimeSince, suspend},
};
use domain::{Role, UserId, accounts::User};
use leptos::{form::ActionForm, html, prelude::*};

#[component]
pub fn People(me: Option<UserId>) -> impl IntoView {
    let invite = ServerAction::<InviteUser>::new();
    let users = reading(Resource::new(move || invite.version().get(), |_| list_users()));
    view! {
        <section id="people" aria-labelledby="h-u">
            <header><div><h2 id="h-u">"People and roles"</h2><p>"Each role includes the rights of the one before: viewer, member, manager, admin."</p></div></header>
            <div class="stack g-s4">
                <Transition fallback=|| view! { <Skeleton rows=3 /> }>
                    {move || suspend(async move {
                        match users.await {
                            Ok(users) => view! {
                                <div class="card"><ul class="list">
                                    {users.into_iter().map(|user| view! { <Row user me /> }).collect_view()}
                                </ul></div>
                            }.into_any(),
                            Err(error) => view! { <ReadProblem error /> }.into_any(),
                        }
                    })}
                </Transition>
                <InvitePerson invite />
            </div>
        </section>
    }
    .into_any()
}

/// Why the user cannot sign in, in a few words; `None` if they can.
pub(super) fn state(user: &User) -> Option<&'static str> {
    match user {
        User { deactivated_at: Some(_), .. } => Some("Deactivated"),
        User { password_at: None, .. } => Some("No password yet"),
        _ => None,
    }
}

#[component]
fn Row(user: User, me: Option<UserId>) -> impl IntoView {
    let own = me == Some(user.id);
    let label = format!("Manage {}", user.name);
    let state = state(&user).map(|state| view! { <span class="pill">{state}</span> });
    view! {
        <li class="min-h-12">
            <Avatar name=user.name.clone() size="1.75rem" />
            <span class="body"><span class="strong"><bdi>{user.name}</bdi>{own.then_some(" (you)")}</span><span class="meta">{user.email}</span></span>
            {state}
            <span class="muted small wide-only"><TimeSince at=user.created_at /></span>
            <span class="small">{user.role.as_str()}</span>
            <a class="btn sm" href=person_href(user.id) aria-label=label>"Manage"</a>
        </li>
    }
    .into_any()
}

#[component]
fn InvitePerson(invite: ServerAction<InviteUser>) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let value = invite.value();
    // Without scripts, refused values come back in the address.
    let typed = use_query().get_untracked();
    let start = move |name: &str| typed.get(name).unwrap_or_default();
    let role = Some(start("role")).filter(|role| !role.is_empty()).unwrap_or_else(|| Role::Member.as_str().to_owned());
    Effect::new(move |_| {
        if value.with(|value| matches!(value, Some(Ok(_))))
            && let Some(form) = form.get_untracked()
        {
            form.reset();
        }
    });
    let made = move || {
        value.with(|value| match value {
            Some(Ok(Linked { name, link })) if !link.is_empty() => {
                let (title, value) = (format!("{name} was invited. Send them this link; it works once, for 7 days."), link.clone());
                Some(view! { <Secret title value/> })
            }
            _ => None,
        })
    };
    let roles = Role::ALL.map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).to_vec();
    view! {
        {made}
        <details class="card" open=value.with_untracked(|value| matches!(value, Some(Err(_))))>
            <summary class="row opener"><Icon name="plus" />"Invite a person"</summary>
            <div class="body">
                <ActionForm action=invite node_ref=form attr:class="stack g-s35" attr:novalidate="">
                    <TokenField/>
                    {elsewhere(value, &["name", "email", "role", "confirm"])}
                    <div class="grid">
                        <div class="span-6"><Field label="Name" name="name" value=start("name") error=on_field(value, "name") required=true autocomplete="off" /></div>
                        <div class="span-6"><Field label="E-mail" name="email" kind="email" value=start("email") error=on_field(value, "email") required=true autocomplete="off" /></div>
                        <div class="span-6"><SelectField label="Role" name="role" options=roles value=role error=on_field(value, "role") /></div>
                        <div class="span-6"><Field
                            label="Your password" name="confirm" kind="password" error=on_field(value, "confirm") autocomplete="current-password"
                            hint="Needed only to invite an administrator"
                        /></div>
                    </div>
                    <div class="row"><button class="btn primary" type="submit" data-state=move || invite.pending().get().then_some("busy")>"Invite"</button></div>
                </ActionForm>
            </div>
        </details>
    }
    .into_any()
}

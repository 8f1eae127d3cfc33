//! `/settings/people/{id}`: an administrator's page about a user's access.

use super::{
    api::{ActivateUser, DeactivateUser, EndSession, EndSessions, Linked, MakeLink, Person, SetRole, load_person},
    forms::{Token, TokenField, form_token},
    people::state,
    profile::{elsewhere, on_field},
    secret::Secret,
    sessions::SessionRow,
};
use crate::{
    bulk::Bulks,
    layout::{Topbar, use_me},
    live::reading,
    ui::{Avatar, Empty, Field, Icon, ReadProblem, SelectField, Skeleton, suspend},
};
use domain::{
    Role, UserId,
    accounts::{Colleague, Deactivated, Session, User},
};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_params_map;

#[derive(Clone, Copy)]
struct Actions {
    role: ServerAction<SetRole>,
    link: ServerAction<MakeLink>,
    session: ServerAction<EndSession>,
    sessions: ServerAction<EndSessions>,
    deactivate: ServerAction<DeactivateUser>,
    activate: ServerAction<ActivateUser>,
}

#[component]
pub fn PersonPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").and_then(|id| id.parse::<UserId>().ok())));
    let actions = Actions {
        role: ServerAction::new(),
        link: ServerAction::new(),
        session: ServerAction::new(),
        sessions: ServerAction::new(),
        deactivate: ServerAction::new(),
        activate: ServerAction::new(),
    };
    let changes = move || {
        let ended = (actions.session.version().get(), actions.sessions.version().get());
        (actions.role.version().get(), actions.deactivate.version().get(), actions.activate.version().get(), ended)
    };
    let person = reading(Resource::new(
        move || (id.get(), changes()),
        |(id, _)| async move {
            match id {
                Some(id) => load_person(id).await,
                None => Ok(None),
            }
        },
    ));
    let token = reading(Resource::new(|| (), |()| form_token()));
    let bulks = expect_context::<Bulks>();
    Effect::new(move |_| {
        // Shows the move of the user's leads as a bulk action, with “Undo”.
        if let Some(Ok(Deactivated { leads, .. })) = actions.deactivate.value().get() {
            bulks.began(leads);
        }
    });
    view! {
        <Topbar title="Settings"/>
        <div class="scroll grow"><div class="page top-s6"><div class="settings">
            <p><a class="row" href="/settings#people"><Icon name="chev-left"/>"People and roles"</a></p>
            <Transition fallback=|| view! { <Skeleton rows=4/> }>
                {move || suspend(async move {
                    match (person.await, token.await) {
                        (Ok(Some(person)), Ok((token, once))) => view! { <About person token once actions/> }.into_any(),
                        (Ok(None), _) => view! { <Empty icon="leads" title="No such person" text="The link may be wrong, or belong to another workspace."/> }.into_any(),
                        (Err(error), _) | (_, Err(error)) => view! { <ReadProblem error/> }.into_any(),
                    }
                })}
            </Transition>
        </div></div></div>
    }
    .into_any()
}

#[component]
fn About(person: Person, token: String, once: Option<String>, actions: Actions) -> impl IntoView {
    provide_context(Token(token));
    let Person { user, sessions, heirs } = person;
    let own = use_me().with_untracked(|me| me.as_ref().and_then(|me| me.id)) == Some(user.id);
    let active = user.is_active();
    let head = view! {
        <div class="card"><ul class="list"><li class="min-h-14">
            <Avatar name=user.name.clone() size="2rem"/>
            <span class="body"><span class="strong" dir="auto">{user.name.clone()}</span><span class="meta">{user.email.clone()}</span></span>
            {state(&user).map(|state| view! { <span class="pill">{state}</span> })}
        </li></ul></div>
    }
    .into_any();
    view! {
        <h2 class="sr">{user.name.clone()}</h2>
        {once.map(|value| view! { <Secret title="The link is ready. It works once." value/> })}
        {head}
        <RoleForm id=user.id role=user.role action=actions.role/>
        {active.then(|| view! { <LinkForm user=user.clone() action=actions.link/> })}
        {active.then(|| view! { <SessionsOf id=user.id sessions actions/> })}
        <Access user heirs own actions/>
    }
    .into_any()
}

#[component]
fn RoleForm(id: UserId, role: Role, action: ServerAction<SetRole>) -> impl IntoView {
    let value = action.value();
    let roles = Role::ALL.map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).to_vec();
    let saved = move || value.with(|value| matches!(value, Some(Ok(_))).then_some("Role saved"));
    view! {
        <section aria-labelledby="h-role">
            <header><div><h2 id="h-role">"Role"</h2><p>"The new role applies at once, in every open window."</p></div></header>
            <ActionForm action=action attr:class="stack card g-s3">
                <TokenField/>
                <input type="hidden" name="id" value=id.to_string()/>
                {elsewhere(value, &["confirm"])}
                <div class="grid">
                    <div class="span-6"><SelectField label="Role" name="role" options=roles value=role.as_str()/></div>
                    <div class="span-6"><Field
                        label="Your password" name="confirm" id="f-role-confirm" kind="password" error=on_field(value, "confirm")
                        autocomplete="current-password" hint="Needed only to make someone an administrator"
                    /></div>
                </div>
                <div class="row"><button class="btn" type="submit" data-state=busy(action.pending())>"Save role"</button><span class="small muted" role="status">{saved}</span></div>
            </ActionForm>
        </section>
    }
    .into_any()
}

fn busy(pending: Memo<bool>) -> impl Fn() -> Option<&'static str> + Clone + Send + Sync + 'static {
    move || pending.get().then_some("busy")
}

#[component]
fn LinkForm(user: User, action: ServerAction<MakeLink>) -> impl IntoView {
    let value = action.value();
    let made = move || {
        value.with(|value| match value {
            Some(Ok(Linked { name, link })) => {
                let (title, value) = (format!("Send this link to {name}. It works once."), link.clone());
                Some(view! { <Secret title value/> })
            }
            _ => None,
        })
    };
    let about = if user.password_at.is_some() {
        "They can use it once, within 24 hours, to choose a new password. They are then signed out everywhere."
    } else {
        "They can use it once, within 7 days, to choose their password. Earlier links stop working."
    };
    let admin = user.role == Role::Admin;
    view! {
        <section aria-labelledby="h-link">
            <header><div><h2 id="h-link">"Password link"</h2><p>{about}</p></div></header>
            <div class="stack g-s4">
                {made}
                <ActionForm action=action attr:class="stack card g-s3">
                    <TokenField/>
                    <input type="hidden" name="id" value=user.id.to_string()/>
                    {elsewhere(value, &["confirm"])}
                    {admin.then(|| view! { <Field
                        label="Your password" name="confirm" id="f-link-confirm" kind="password" error=on_field(value, "confirm")
                        autocomplete="current-password" required=true hint="Anyone with this link becomes an administrator"
                    /> })}
                    <div class="row"><button class="btn" type="submit" data-state=busy(action.pending())>"Create link"</button></div>
                </ActionForm>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn SessionsOf(id: UserId, sessions: Vec<Session>, actions: Actions) -> impl IntoView {
    let (one, action) = (actions.session, actions.sessions);
    let value = action.value();
    let row = move |session: Session| {
        let this = session.id.to_string();
        let end = move |button| {
            view! {
                <ActionForm action=one>
                    <TokenField/>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="session" value=this/>
                    {button}
                </ActionForm>
            }
            .into_any()
        };
        view! { <SessionRow session end/> }
    };
    let rows = if sessions.is_empty() {
        view! { <p class="muted">"No open sessions."</p> }.into_any()
    } else {
        view! { <div class="card"><ul class="list">{sessions.into_iter().map(row).collect_view()}</ul></div> }.into_any()
    };
    let ended = move || {
        value.with(|value| match value {
            Some(Ok(ended)) => Some(format!("{ended} ended")),
            _ => None,
        })
    };
    view! {
        <section aria-labelledby="h-out">
            <header><div><h2 id="h-out">"Sessions"</h2><p>"Browsers where this person is signed in. Ending a session signs that browser out at once; they can sign in again."</p></div></header>
            <div class="stack g-s4">
                {elsewhere(one.value(), &[])}
                {rows}
                <ActionForm action=action attr:class="stack card g-s3">
                    <TokenField/>
                    <input type="hidden" name="id" value=id.to_string()/>
                    {elsewhere(value, &[])}
                    <div class="row"><button class="btn" type="submit" data-state=busy(action.pending())>"End all sessions"</button><span class="small muted" role="status">{ended}</span></div>
                </ActionForm>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Access(user: User, heirs: Vec<Colleague>, own: bool, actions: Actions) -> impl IntoView {
    let Actions { deactivate, activate, .. } = actions;
    let heirs: Vec<_> = std::iter::once(("nobody".to_owned(), "Nobody".to_owned()))
        .chain(heirs.into_iter().map(|heir| (heir.id.to_string(), heir.name)))
        .collect();
    let active = user.is_active();
    let admin = user.role == Role::Admin;
    let off = move || {
        view! {
            <ActionForm action=deactivate attr:class="stack card g-s3">
                <TokenField/>
                <input type="hidden" name="id" value=user.id.to_string()/>
                <SelectField label="Hand their leads to" name="leads_to" options=heirs error=on_field(deactivate.value(), "leadsTo")/>
                <div class="row">
                    <button class="btn danger" type="submit" data-state=busy(deactivate.pending())>{if active { "Deactivate" } else { "Hand over leads" }}</button>
                </div>
            </ActionForm>
        }
        .into_any()
    };
    let on = move || {
        view! {
            <ActionForm action=activate attr:class="stack card g-s3">
                <TokenField/>
                <input type="hidden" name="id" value=user.id.to_string()/>
                {admin.then(|| view! { <Field
                    label="Your password" name="confirm" id="f-on-confirm" kind="password" error=on_field(activate.value(), "confirm")
                    autocomplete="current-password" required=true
                /> })}
                <div class="row"><button class="btn" type="submit" data-state=busy(activate.pending())>"Reactivate"</button></div>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="h-access">
            <header><div><h2 id="h-access">"Access"</h2>
                <p>{if active { "A deactivated person is signed out at once and cannot sign in. Their name stays in the history. API keys belong to the workspace and keep working: revoke those that they know." }
                    else { "They cannot sign in. Once reactivated, they can sign in with their old password." }}</p>
            </div></header>
            <div class="stack g-s4">
                {elsewhere(deactivate.value(), &["leadsTo"])}
                {elsewhere(activate.value(), &["confirm"])}
                {(!active).then(on)}
                {if own { view! { <p class="muted">"This is you. Another administrator can deactivate you."</p> }.into_any() } else { off() }}
            </div>
        </section>
    }
    .into_any()
}

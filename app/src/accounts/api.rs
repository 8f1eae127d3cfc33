//! Server functions of users, sessions and API keys. Signing in and out are plain form posts outside of these.

#[cfg(feature = "ssr")]
use super::forms::{check_form_token, confirmed, go_back, link, show_once};
#[cfg(feature = "ssr")]
use crate::ask::{AppError, actor, refuse, services};
use crate::ask::{Json, Result};
use domain::{
    ApiKeyId, Role, SessionId, UserId,
    accounts::{ApiKey, Colleague, Deactivated, Session, User},
};
#[cfg(feature = "ssr")]
use domain::{
    Error,
    accounts::{Invite, NewKey, OwnPatch, Secret},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use server_fn::ServerFn;

/// Runs `work`. Without scripts, redirects to `page`, with the error if it failed.
#[cfg(feature = "ssr")]
async fn answer<F: ServerFn<Error = AppError>, T>(page: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let done = work.await.map_err(|error| refuse::<F>(page, [], error))?;
    go_back(page);
    Ok(done)
}

/// Page of the API keys.
#[cfg(feature = "ssr")]
const KEYS_PAGE: &str = "/settings/api";

/// Address of a user's page.
pub fn person_href(id: UserId) -> String {
    format!("/settings/people/{id}")
}

/// The person's own sessions, newest first.
#[server(prefix = "/sfn", endpoint = "sessions/list", output = Json)]
pub async fn list_sessions() -> Result<Vec<Session>> {
    Ok(services()?.accounts.sessions(&actor()?).await?)
}

#[server(prefix = "/sfn", endpoint = "sessions/revoke", output = Json)]
pub async fn revoke_session(id: SessionId, #[server(default)] token: String) -> Result<()> {
    answer::<RevokeSession, _>("/settings", async { Ok(services()?.accounts.revoke_session(&check_form_token(&token)?, id).await?) }).await
}

/// An empty `time_zone` is the workspace's.
#[server(prefix = "/sfn", endpoint = "me/edit", output = Json)]
pub async fn edit_me(name: String, time_zone: String, #[server(default)] token: String) -> Result<User> {
    answer::<EditMe, _>("/settings", async {
        let patch = OwnPatch { name: Some(name), time_zone: Some(Some(time_zone)) };
        Ok(services()?.accounts.edit_me(&check_form_token(&token)?, patch).await?)
    })
    .await
}

#[server(prefix = "/sfn", endpoint = "me/password", output = Json)]
pub async fn change_password(old: String, password: String, #[server(default)] token: String) -> Result<()> {
    answer::<ChangePassword, _>("/settings", async {
        Ok(services()?.accounts.change_password(&check_form_token(&token)?, &old, &password).await?)
    })
    .await
}

#[server(prefix = "/sfn", endpoint = "users/list", output = Json)]
pub async fn list_users() -> Result<Vec<User>> {
    Ok(services()?.accounts.users(&actor()?).await?)
}

/// Invites a user. Returns the link by which they choose a password.
#[server(prefix = "/sfn", endpoint = "users/invite", output = Json)]
pub async fn invite_user(
    name: String,
    email: String,
    role: Role,
    #[server(default)] confirm: String,
    #[server(default)] token: String,
) -> Result<Linked> {
    // Everything but the password is put back into the form.
    let typed =
        [("name", &name), ("email", &email), ("role", &role.as_str().to_owned())].map(|(key, value)| (key.to_owned(), value.clone()));
    let invited = async { Ok(services()?.accounts.invite(&confirmed(&token, &confirm).await?, Invite { email, name, role }).await?) };
    let Secret { secret, of } = invited.await.map_err(|error| refuse::<InviteUser>("/settings", typed, error))?;
    go_back("/settings");
    Ok(Linked::shown(&secret, of))
}

/// A user's name, and the link to pass on to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linked {
    pub name: String,
    pub link: String,
}

#[cfg(feature = "ssr")]
impl Linked {
    fn shown(secret: &str, user: User) -> Self {
        let linked = Self { name: user.name, link: link(secret) };
        show_once(&linked.link);
        linked
    }
}

/// A user, their sessions, and the users whom their leads can be given to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub user: User,
    pub sessions: Vec<Session>,
    pub heirs: Vec<Colleague>,
}

#[server(prefix = "/sfn", endpoint = "users/load", output = Json)]
pub async fn load_person(id: UserId) -> Result<Option<Person>> {
    let (accounts, actor) = (services()?.accounts, actor()?);
    let users = accounts.users(&actor).await?;
    let heirs = users
        .iter()
        .filter(|user| user.is_active() && user.id != id)
        .map(|user| Colleague { id: user.id, name: user.name.clone(), active: true })
        .collect();
    let Some(user) = users.into_iter().find(|user| user.id == id) else { return Ok(None) };
    Ok(Some(Person { sessions: accounts.sessions_of(&actor, id).await?, user, heirs }))
}

#[server(prefix = "/sfn", endpoint = "users/role", output = Json)]
pub async fn set_role(id: UserId, role: Role, #[server(default)] confirm: String, #[server(default)] token: String) -> Result<User> {
    answer::<SetRole, _>(&person_href(id), async {
        Ok(services()?.accounts.set_role(&confirmed(&token, &confirm).await?, id, role).await?)
    })
    .await
}

#[server(prefix = "/sfn", endpoint = "users/link", output = Json)]
pub async fn make_link(id: UserId, #[server(default)] confirm: String, #[server(default)] token: String) -> Result<Linked> {
    let page = person_href(id);
    let made = async { Ok(services()?.accounts.make_link(&confirmed(&token, &confirm).await?, id).await?) };
    let Secret { secret, of } = answer::<MakeLink, _>(&page, made).await?;
    Ok(Linked::shown(&secret, of))
}

#[server(prefix = "/sfn", endpoint = "users/end-sessions", output = Json)]
pub async fn end_sessions(id: UserId, #[server(default)] token: String) -> Result<u64> {
    answer::<EndSessions, _>(&person_href(id), async { Ok(services()?.accounts.end_sessions(&check_form_token(&token)?, id).await?) }).await
}

#[server(prefix = "/sfn", endpoint = "users/end-session", output = Json)]
pub async fn end_session(id: UserId, session: SessionId, #[server(default)] token: String) -> Result<()> {
    answer::<EndSession, _>(&person_href(id), async {
        Ok(services()?.accounts.end_session(&check_form_token(&token)?, id, session).await?)
    })
    .await
}

/// `leads_to`: a user's id, or `nobody`.
#[server(prefix = "/sfn", endpoint = "users/deactivate", output = Json)]
pub async fn deactivate_user(id: UserId, leads_to: String, #[server(default)] token: String) -> Result<Deactivated> {
    let work = async {
        let heir = match leads_to.as_str() {
            "nobody" => None,
            one => Some(one.parse().map_err(|_| Error::invalid("leadsTo", "Choose who gets their leads, or nobody"))?),
        };
        Ok(services()?.accounts.deactivate(&check_form_token(&token)?, id, heir).await?)
    };
    answer::<DeactivateUser, _>(&person_href(id), work).await
}

#[server(prefix = "/sfn", endpoint = "users/activate", output = Json)]
pub async fn activate_user(id: UserId, #[server(default)] confirm: String, #[server(default)] token: String) -> Result<User> {
    answer::<ActivateUser, _>(&person_href(id), async { Ok(services()?.accounts.activate(&confirmed(&token, &confirm).await?, id).await?) })
        .await
}

#[server(prefix = "/sfn", endpoint = "keys/list", output = Json)]
pub async fn list_keys() -> Result<Vec<ApiKey>> {
    Ok(services()?.accounts.keys(&actor()?).await?)
}

/// Returns the key itself. `days`: days until it expires; 0 for never.
#[server(prefix = "/sfn", endpoint = "keys/add", output = Json)]
pub async fn add_key(
    name: String,
    role: Role,
    days: u32,
    #[server(default)] confirm: String,
    #[server(default)] token: String,
) -> Result<String> {
    let made = async {
        let new = NewKey { name, role, days: Some(days).filter(|days| *days > 0) };
        Ok(services()?.accounts.add_key(&confirmed(&token, &confirm).await?, new).await?)
    };
    let Secret { secret, .. } = answer::<AddKey, _>(KEYS_PAGE, made).await?;
    show_once(&secret);
    Ok(secret)
}

#[server(prefix = "/sfn", endpoint = "keys/revoke", output = Json)]
pub async fn revoke_key(id: ApiKeyId, #[server(default)] token: String) -> Result<()> {
    answer::<RevokeKey, _>(KEYS_PAGE, async { Ok(services()?.accounts.revoke_key(&check_form_token(&token)?, id).await?) }).await
}

/// Name and e-mail address of the user whom the link is for; `None` if it has expired or was used.
#[server(prefix = "/sfn", endpoint = "links/load", output = Json)]
pub async fn whose_link(link: String) -> Result<Option<(String, String)>> {
    Ok(services()?.accounts.linked(&link).await?.map(|user| (user.name, user.email)))
}

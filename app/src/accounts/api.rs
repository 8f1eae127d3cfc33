//! Server functions about people and their sessions. Signing in and out are plain form posts, without these.

use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, refuse, services};
#[cfg(feature = "ssr")]
use domain::accounts::NewUser;
use domain::{
    Role, SessionId, UserId,
    accounts::{Session, User},
};
use leptos::prelude::*;

/// One's own, newest first.
#[server(prefix = "/sfn", output = Json)]
pub async fn list_sessions() -> Result<Vec<Session>> {
    Ok(services()?.accounts.sessions(&actor()?).await?)
}

#[server(prefix = "/sfn", output = Json)]
pub async fn revoke_session(id: SessionId) -> Result<()> {
    Ok(services()?.accounts.revoke_session(&actor()?, id).await?)
}

#[server(prefix = "/sfn", output = Json)]
pub async fn list_users() -> Result<Vec<User>> {
    Ok(services()?.accounts.users(&actor()?).await?)
}

#[server(prefix = "/sfn", output = Json)]
pub async fn add_user(name: String, email: String, password: String, role: Role) -> Result<User> {
    // Everything but the password goes back into the form.
    let typed =
        [("name", &name), ("email", &email), ("role", &role.as_str().to_owned())].map(|(key, value)| (key.to_owned(), value.clone()));
    let added = async { Ok(services()?.accounts.add_user(&actor()?, NewUser { email, name, password, role }.check()?).await?) };
    added.await.map_err(|error| refuse::<AddUser>("/settings", typed, error))
}

#[server(prefix = "/sfn", output = Json)]
pub async fn set_role(id: UserId, role: Role) -> Result<User> {
    Ok(services()?.accounts.set_role(&actor()?, id, role).await?)
}

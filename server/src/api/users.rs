//! `/api/users`: people who sign in. Everyone who reads may know their names; the rest is the administrators'.

use super::{Asker, Confirm, Nothing, confirmed, id};
use crate::http::{ApiError, ApiJson, App, Peer};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get, patch, post},
};
use domain::{
    Error, Permission, Role, Services, UserId,
    accounts::{Deactivated, Invite, NewUser, Secret, Session, User},
};
use serde::{Deserialize, Deserializer, Serialize};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/users", get(list).post(add))
        .route("/api/users/{id}", patch(update))
        .route("/api/users/{id}/deactivate", post(deactivate))
        .route("/api/users/{id}/activate", post(activate))
        .route("/api/users/{id}/link", post(link))
        .route("/api/users/{id}/sign-out", post(sign_out))
        .route("/api/users/{id}/sessions", get(sessions))
        .route("/api/users/{id}/sessions/{session}", delete(end_session))
}

#[derive(Serialize)]
struct List<T> {
    data: Vec<T>,
}

/// A link by which someone chooses a password: in this answer and nowhere else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Linked {
    user: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl Linked {
    fn new(peer: &Peer, Secret { secret, of }: Secret<User>) -> Self {
        Self { user: of, link: Some(format!("{}/join?token={secret}", peer.origin())) }
    }
}

async fn list(State(services): State<Services>, Asker(actor): Asker) -> Result<Response, ApiError> {
    if actor.may(Permission::Administer) {
        return Ok(Json(List { data: services.accounts.users(&actor).await? }).into_response());
    }
    Ok(Json(List { data: services.accounts.people(&actor).await? }).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    email: String,
    role: Role,
    /// Absent: they choose one by the link in the answer.
    password: Option<String>,
    #[serde(default)]
    confirm: String,
}

async fn add(
    State(services): State<Services>,
    Asker(actor): Asker,
    peer: Peer,
    ApiJson(New { name, email, role, password, confirm }): ApiJson<New>,
) -> Result<Response, ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    let added = match password {
        Some(password) => {
            let user = services.accounts.add_user(&actor, NewUser { email, name, password, role }).await?;
            Linked { user, link: None }
        }
        None => Linked::new(&peer, services.accounts.invite(&actor, Invite { email, name, role }).await?),
    };
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/users/{}", added.user.id))], Json(added)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    role: Role,
    #[serde(default)]
    confirm: String,
}

async fn update(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiJson(Patch { role, confirm }): ApiJson<Patch>,
) -> Result<Json<User>, ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    Ok(Json(services.accounts.set_role(&actor, id("User", &path)?, role).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, nobody and someone are three things")]
struct Handover {
    /// Who gets their leads; `null` for nobody. Absent is refused: a slip must not take the owner off every lead.
    #[serde(default, deserialize_with = "present")]
    leads_to: Option<Option<UserId>>,
}

/// `null` is a value here.
#[expect(clippy::option_option, reason = "absent, nobody and someone are three things")]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<UserId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The leads of many go on by themselves: `leads` in the answer says how far they are.
async fn deactivate(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiJson(Handover { leads_to }): ApiJson<Handover>,
) -> Result<Json<Deactivated>, ApiError> {
    actor.require(Permission::Administer)?;
    let leads_to = leads_to.ok_or_else(|| Error::invalid("leadsTo", "Name the user who gets their leads, or null for nobody"))?;
    Ok(Json(services.accounts.deactivate(&actor, id("User", &path)?, leads_to).await?))
}

async fn activate(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiJson(Confirm { confirm }): ApiJson<Confirm>,
) -> Result<Json<User>, ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    Ok(Json(services.accounts.activate(&actor, id("User", &path)?).await?))
}

async fn link(
    State(services): State<Services>,
    Asker(actor): Asker,
    peer: Peer,
    Path(path): Path<String>,
    ApiJson(Confirm { confirm }): ApiJson<Confirm>,
) -> Result<Json<Linked>, ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    Ok(Json(Linked::new(&peer, services.accounts.make_link(&actor, id("User", &path)?).await?)))
}

#[derive(Serialize)]
struct Ended {
    /// How many sessions ended.
    ended: u64,
}

async fn sign_out(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiJson(Nothing {}): ApiJson<Nothing>,
) -> Result<Json<Ended>, ApiError> {
    Ok(Json(Ended { ended: services.accounts.end_sessions(&actor, id("User", &path)?).await? }))
}

async fn sessions(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
) -> Result<Json<List<Session>>, ApiError> {
    Ok(Json(List { data: services.accounts.sessions_of(&actor, id("User", &path)?).await? }))
}

async fn end_session(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path((user, session)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    services.accounts.end_session(&actor, id("User", &user)?, id("Session", &session)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

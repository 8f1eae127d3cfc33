//! `/api/users`: accounts. Everyone with read access sees their names; the rest is for administrators.

use super::{ApiActor, Confirm, Nothing, confirmed, id};
use crate::http::{ApiError, ApiJson, App, Peer};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Error, Permission, Role, Services, SessionId, UserId,
    accounts::{Colleague, Deactivated, Invite, NewUser, Secret, Session, User},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(update))
        .routes(routes!(deactivate))
        .routes(routes!(activate))
        .routes(routes!(link))
        .routes(routes!(sign_out))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
}

#[derive(Serialize, utoipa::ToSchema)]
struct List<T> {
    data: Vec<T>,
}

/// A link to choose a password; returned only in this response.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LinkedUser)]
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

/// Administrators get all fields, others only names.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum People {
    Users(List<User>),
    Colleagues(List<Colleague>),
}

/// The users.
#[utoipa::path(get, path = "/api/users", responses((status = 200, body = People)))]
async fn list(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<People>, ApiError> {
    Ok(Json(if actor.may(Permission::Administer) {
        People::Users(List { data: services.accounts.users(&actor).await? })
    } else {
        People::Colleagues(List { data: services.accounts.people(&actor).await? })
    }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
struct New {
    name: String,
    email: String,
    role: Role,
    /// Absent: the response has a link to choose one.
    password: Option<String>,
    #[serde(default)]
    confirm: String,
}

/// Adds a user with a password, or with a link in the response. For administrators.
#[utoipa::path(post, path = "/api/users", request_body(content = New, example = json!({ "name": "Ben Okafor", "email": "ben@example.com", "role": "viewer" })), responses((status = 201, body = Linked)))]
async fn add(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
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

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserPatch)]
struct Patch {
    role: Role,
    #[serde(default)]
    confirm: String,
}

/// Sets a user's role. For administrators.
#[utoipa::path(patch, path = "/api/users/{id}", params(("id" = UserId, Path)), request_body(content = Patch, example = json!({ "role": "viewer" })), responses((status = 200, body = User)))]
async fn update(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(Patch { role, confirm }): ApiJson<Patch>,
) -> Result<Json<User>, ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    Ok(Json(services.accounts.set_role(&actor, id("User", &path)?, role).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, nobody and someone are three things")]
struct Handover {
    /// The user who gets the leads; `null` for nobody. Required, so that a slip does not remove the owner from every lead.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>, required)]
    leads_to: Option<Option<UserId>>,
}

/// Distinguishes `null` from an absent field.
#[expect(clippy::option_option, reason = "absent, nobody and someone are three things")]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<UserId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Deactivates a user and hands over the leads. Many leads move in the background: `leads` in the response has the progress.
#[utoipa::path(post, path = "/api/users/{id}/deactivate", params(("id" = UserId, Path)), request_body(content = Handover, example = json!({ "leadsTo": null })), responses((status = 200, body = Deactivated)))]
async fn deactivate(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(Handover { leads_to }): ApiJson<Handover>,
) -> Result<Json<Deactivated>, ApiError> {
    actor.require(Permission::Administer)?;
    let leads_to = leads_to.ok_or_else(|| Error::invalid("leadsTo", "Name the user who gets their leads, or null for nobody"))?;
    Ok(Json(services.accounts.deactivate(&actor, id("User", &path)?, leads_to).await?))
}

/// Reactivates a user. For administrators.
#[utoipa::path(post, path = "/api/users/{id}/activate", params(("id" = UserId, Path)), request_body = Confirm, responses((status = 200, body = User)))]
async fn activate(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(Confirm { confirm }): ApiJson<Confirm>,
) -> Result<Json<User>, ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    Ok(Json(services.accounts.activate(&actor, id("User", &path)?).await?))
}

/// Creates a link to choose a new password. For administrators.
#[utoipa::path(post, path = "/api/users/{id}/link", params(("id" = UserId, Path)), request_body = Confirm, responses((status = 200, body = Linked)))]
async fn link(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    peer: Peer,
    Path(path): Path<String>,
    ApiJson(Confirm { confirm }): ApiJson<Confirm>,
) -> Result<Json<Linked>, ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    Ok(Json(Linked::new(&peer, services.accounts.make_link(&actor, id("User", &path)?).await?)))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = EndedSessions)]
struct Ended {
    /// Number of ended sessions.
    ended: u64,
}

/// Ends all sessions of a user. For administrators.
#[utoipa::path(post, path = "/api/users/{id}/sign-out", params(("id" = UserId, Path)), request_body = Nothing, responses((status = 200, body = Ended)))]
async fn sign_out(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(Nothing {}): ApiJson<Nothing>,
) -> Result<Json<Ended>, ApiError> {
    Ok(Json(Ended { ended: services.accounts.end_sessions(&actor, id("User", &path)?).await? }))
}

/// A user's sessions, newest first. For administrators.
#[utoipa::path(get, path = "/api/users/{id}/sessions", params(("id" = UserId, Path)), responses((status = 200, body = List<Session>)))]
async fn sessions(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Json<List<Session>>, ApiError> {
    Ok(Json(List { data: services.accounts.sessions_of(&actor, id("User", &path)?).await? }))
}

/// Ends one session of a user. For administrators.
#[utoipa::path(delete, path = "/api/users/{id}/sessions/{session}", params(("id" = UserId, Path), ("session" = SessionId, Path)), responses((status = 204)))]
async fn end_session(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path((user, session)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    services.accounts.end_session(&actor, id("User", &user)?, id("Session", &session)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

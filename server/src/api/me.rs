//! `/api/me`: the caller's account. API keys have none.

use super::{ApiActor, id};
use crate::http::{ApiError, ApiJson, App};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    Services, SessionId,
    accounts::{OwnPatch, Session, User},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(me, edit)).routes(routes!(password)).routes(routes!(sessions)).routes(routes!(end_session))
}

/// The caller's account.
#[utoipa::path(get, path = "/api/me", responses((status = 200, body = User)))]
async fn me(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<User>, ApiError> {
    Ok(Json(services.accounts.me(&actor).await?))
}

/// Sets the caller's name, and the time zone in which the caller's pages show times.
#[utoipa::path(patch, path = "/api/me", request_body(content = OwnPatch, example = json!({ "name": "Eva Lind", "timeZone": "Europe/Berlin" })), responses((status = 200, body = User)))]
async fn edit(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(patch): ApiJson<OwnPatch>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(services.accounts.edit_me(&actor, patch).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPassword)]
struct Password {
    old: String,
    password: String,
}

/// Sets the caller's password and ends the caller's other sessions.
#[utoipa::path(post, path = "/api/me/password", request_body(content = Password, example = json!({ "old": "three quiet herons", "password": "seven quiet herons" })), responses((status = 204)))]
async fn password(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(Password { old, password }): ApiJson<Password>,
) -> Result<StatusCode, ApiError> {
    services.accounts.change_password(&actor, &old, &password).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SessionList)]
struct List {
    data: Vec<Session>,
}

/// The caller's sessions, newest first.
#[utoipa::path(get, path = "/api/me/sessions", responses((status = 200, body = List)))]
async fn sessions(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<List>, ApiError> {
    Ok(Json(List { data: services.accounts.sessions(&actor).await? }))
}

/// Ends one of the caller's sessions.
#[utoipa::path(delete, path = "/api/me/sessions/{id}", params(("id" = SessionId, Path)), responses((status = 204)))]
async fn end_session(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<StatusCode, ApiError> {
    services.accounts.revoke_session(&actor, id("Session", &path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

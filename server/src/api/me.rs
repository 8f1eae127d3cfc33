//! `/api/me`: the account of whoever is signed in. A key has none.

use super::{Asker, id};
use crate::http::{ApiError, ApiJson, App};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{delete, get, post},
};
use domain::{
    Services,
    accounts::{Session, User},
};
use serde::{Deserialize, Serialize};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/me", get(me).patch(rename))
        .route("/api/me/password", post(password))
        .route("/api/me/sessions", get(sessions))
        .route("/api/me/sessions/{id}", delete(end_session))
}

async fn me(State(services): State<Services>, Asker(actor): Asker) -> Result<Json<User>, ApiError> {
    Ok(Json(services.accounts.me(&actor).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    name: String,
}

async fn rename(
    State(services): State<Services>,
    Asker(actor): Asker,
    ApiJson(Rename { name }): ApiJson<Rename>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(services.accounts.rename(&actor, &name).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Password {
    old: String,
    password: String,
}

/// Ends the other sessions too.
async fn password(
    State(services): State<Services>,
    Asker(actor): Asker,
    ApiJson(Password { old, password }): ApiJson<Password>,
) -> Result<StatusCode, ApiError> {
    services.accounts.change_password(&actor, &old, &password).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
struct List {
    data: Vec<Session>,
}

async fn sessions(State(services): State<Services>, Asker(actor): Asker) -> Result<Json<List>, ApiError> {
    Ok(Json(List { data: services.accounts.sessions(&actor).await? }))
}

async fn end_session(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<StatusCode, ApiError> {
    services.accounts.revoke_session(&actor, id("Session", &path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

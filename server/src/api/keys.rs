//! `/api/keys`: what programs sign in with, for administrators.

use super::{Asker, confirmed, id};
use crate::http::{ApiError, ApiJson, App};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{delete, get},
};
use domain::{
    Permission, Role, Services,
    accounts::{ApiKey, NewKey, Secret},
};
use serde::{Deserialize, Serialize};

pub fn routes() -> Router<App> {
    Router::new().route("/api/keys", get(list).post(add)).route("/api/keys/{id}", delete(revoke))
}

#[derive(Serialize)]
struct List {
    data: Vec<ApiKey>,
}

async fn list(State(services): State<Services>, Asker(actor): Asker) -> Result<Json<List>, ApiError> {
    Ok(Json(List { data: services.accounts.keys(&actor).await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    role: Role,
    days: Option<u32>,
    /// The password of whoever is signed in; a key needs none.
    #[serde(default)]
    confirm: String,
}

#[derive(Serialize)]
struct Made {
    key: ApiKey,
    /// In this answer and nowhere else.
    secret: String,
}

async fn add(
    State(services): State<Services>,
    Asker(actor): Asker,
    ApiJson(New { name, role, days, confirm }): ApiJson<New>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    let Secret { secret, of: key } = services.accounts.add_key(&actor, NewKey { name, role, days }).await?;
    Ok((StatusCode::CREATED, Json(Made { key, secret })))
}

async fn revoke(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<StatusCode, ApiError> {
    services.accounts.revoke_key(&actor, id("Key", &path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `/api/keys`: API keys of programs, for administrators.

use super::{ApiActor, confirmed, id};
use crate::http::{ApiError, ApiJson, App};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    ApiKeyId, Permission, Role, Services,
    accounts::{ApiKey, NewKey, Secret},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(revoke))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = KeyList)]
struct List {
    data: Vec<ApiKey>,
}

/// The API keys, newest first. For administrators.
#[utoipa::path(get, path = "/api/keys", responses((status = 200, body = List)))]
async fn list(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<List>, ApiError> {
    Ok(Json(List { data: services.accounts.keys(&actor).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
struct New {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    role: Role,
    /// Days until it expires; never without them.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u32>,
    /// The caller's password; not needed with an API key.
    #[serde(default)]
    confirm: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MadeKey)]
struct Made {
    key: ApiKey,
    /// Returned only in this response.
    secret: String,
}

/// Creates a key. Its secret is returned only in this response.
#[utoipa::path(post, path = "/api/keys", request_body(content = New, example = json!({ "name": "Shop", "role": "viewer" })), responses((status = 201, body = Made)))]
async fn add(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(New { name, role, days, confirm }): ApiJson<New>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    actor.require(Permission::Administer)?;
    let actor = confirmed(&services, actor, &confirm).await?;
    let Secret { secret, of: key } = services.accounts.add_key(&actor, NewKey { name, role, days }).await?;
    Ok((StatusCode::CREATED, Json(Made { key, secret })))
}

/// Revokes a key. It stops working at once.
#[utoipa::path(delete, path = "/api/keys/{id}", params(("id" = ApiKeyId, Path)), responses((status = 204)))]
async fn revoke(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<StatusCode, ApiError> {
    services.accounts.revoke_key(&actor, id("Key", &path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

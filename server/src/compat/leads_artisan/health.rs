//! `/health`.

use super::{TAG, errors};
use crate::http::App;
use axum::Json;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    errors::described(OpenApiRouter::new().routes(routes!(health)))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Healthy)]
struct Health {
    status: &'static str,
}

/// Whether the server runs.
#[utoipa::path(get, path = "/health", tag = TAG, responses((status = 200, body = Health)))]
async fn health() -> Json<Health> {
    Json(Health { status: "healthy" })
}

//! `/api/rules`: fields and operators of filters, and the meaning of each operator.

use super::ApiActor;
use crate::http::App;
use axum::Json;
use domain::rule::Manual;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(manual))
}

/// The manual of rules: fields, kinds, operators and limits.
#[utoipa::path(get, path = "/api/rules", responses((status = 200, body = Manual)))]
async fn manual(_: ApiActor) -> Json<Manual> {
    Json(Manual::new())
}

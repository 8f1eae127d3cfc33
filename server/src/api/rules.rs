//! `/api/rules`: what filters can ask, and what each operator means for each kind of field.

use super::Asker;
use crate::http::App;
use axum::Json;
use domain::rule::Manual;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(manual))
}

/// What rules can ask of leads: fields, kinds, operators and limits.
#[utoipa::path(get, path = "/api/rules", responses((status = 200, body = Manual)))]
async fn manual(_: Asker) -> Json<Manual> {
    Json(Manual::new())
}

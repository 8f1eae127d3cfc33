//! `/api/rules`: what filters can ask, and what each operator means for each kind of field.

use super::Asker;
use crate::http::App;
use axum::{Json, Router, routing::get};
use domain::rule::Manual;

pub fn routes() -> Router<App> {
    Router::new().route("/api/rules", get(manual))
}

async fn manual(_: Asker) -> Json<Manual> {
    Json(Manual::new())
}

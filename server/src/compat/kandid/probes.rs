//! `/api/test` and `/api/test-auth`: constant answers, with which clients of the contract test their connection.

use crate::http::App;
use axum::Json;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(test)).routes(routes!(test_auth, post_test_auth))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ProbeAnswer)]
struct Answer {
    message: &'static str,
}

/// Whether the API answers.
#[utoipa::path(get, path = "/api/test", tag = "Kandid", responses((status = 200, body = Answer)))]
async fn test() -> Json<Answer> {
    Json(Answer { message: "API is working!" })
}

/// Whether the addresses of sign-in answer.
#[utoipa::path(get, path = "/api/test-auth", tag = "Kandid", responses((status = 200, body = Answer)))]
async fn test_auth() -> Json<Answer> {
    Json(Answer { message: "Auth API is working" })
}

/// Whether the addresses of sign-in answer a POST.
#[utoipa::path(post, path = "/api/test-auth", tag = "Kandid", responses((status = 200, body = Answer)))]
async fn post_test_auth() -> Json<Answer> {
    Json(Answer { message: "Auth API POST is working" })
}

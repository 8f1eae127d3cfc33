//! `/api/views`: saved views. Users see their own views and shared ones.

use super::{ApiActor, Deleted, id};
use crate::http::{ApiError, ApiJson, App};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::{
    Services, ViewId,
    views::{NewView, View, ViewPatch},
};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, delete))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ViewList)]
struct List {
    data: Vec<View>,
}

/// The caller's views and all shared views.
#[utoipa::path(get, path = "/api/views", responses((status = 200, body = List)))]
async fn list(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<List>, ApiError> {
    Ok(Json(List { data: services.views.list(&actor).await?.data }))
}

/// Saves a view.
#[utoipa::path(post, path = "/api/views", request_body(content = NewView, example = json!({ "name": "Negotiations" })), responses((status = 201, body = View)))]
async fn create(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(new): ApiJson<NewView>,
) -> Result<impl IntoResponse, ApiError> {
    let view = services.views.create(&actor, new).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/views/{}", view.id))], Json(view)))
}

/// Sets only the given fields of a view.
#[utoipa::path(patch, path = "/api/views/{id}", params(("id" = ViewId, Path)), request_body = ViewPatch, responses((status = 200, body = View)))]
async fn update(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(set): ApiJson<ViewPatch>,
) -> Result<Json<View>, ApiError> {
    Ok(Json(services.views.update(&actor, id("View", &path)?, set).await?))
}

/// Deletes a view.
#[utoipa::path(delete, path = "/api/views/{id}", params(("id" = ViewId, Path)), responses((status = 200, body = Deleted)))]
async fn delete(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<Deleted>, ApiError> {
    let undo = services.views.delete(&actor, id("View", &path)?).await?;
    Ok(Json(Deleted { message: "View deleted", undo }))
}

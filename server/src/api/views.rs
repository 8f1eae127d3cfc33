//! `/api/views`: lists of leads as people saved them. One sees one's own and those that are shared.

use super::{Asker, Deleted, id};
use crate::http::{ApiError, ApiJson, App};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, patch},
};
use domain::{
    Services,
    views::{NewView, View, ViewPatch},
};
use serde::Serialize;

pub fn routes() -> Router<App> {
    Router::new().route("/api/views", get(list).post(create)).route("/api/views/{id}", patch(update).delete(delete))
}

#[derive(Serialize)]
struct List {
    data: Vec<View>,
}

async fn list(State(services): State<Services>, Asker(actor): Asker) -> Result<Json<List>, ApiError> {
    Ok(Json(List { data: services.views.list(&actor).await?.data }))
}

async fn create(
    State(services): State<Services>,
    Asker(actor): Asker,
    ApiJson(new): ApiJson<NewView>,
) -> Result<impl IntoResponse, ApiError> {
    let view = services.views.create(&actor, new).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/views/{}", view.id))], Json(view)))
}

async fn update(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiJson(set): ApiJson<ViewPatch>,
) -> Result<Json<View>, ApiError> {
    Ok(Json(services.views.update(&actor, id("View", &path)?, set).await?))
}

async fn delete(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<Json<Deleted>, ApiError> {
    let undo = services.views.delete(&actor, id("View", &path)?).await?;
    Ok(Json(Deleted { message: "View deleted", undo }))
}

//! `/api/workspace`: the settings that hold for everyone.

use super::ApiActor;
use crate::http::{ApiError, ApiJson, App};
use axum::{Json, extract::State};
use domain::{Services, Workspace, workspace::WorkspacePatch};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, edit))
}

/// Name, currency, time zone and first day of the week.
#[utoipa::path(get, path = "/api/workspace", responses((status = 200, body = Workspace)))]
async fn get(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<Workspace>, ApiError> {
    Ok(Json(services.workspace.get(&actor).await?.data))
}

/// Changes the settings. For administrators.
#[utoipa::path(
    patch, path = "/api/workspace",
    request_body(content = WorkspacePatch, example = json!({ "timeZone": "Europe/Berlin", "currency": "EUR", "weekStart": "monday" })),
    responses((status = 200, body = Workspace))
)]
async fn edit(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(patch): ApiJson<WorkspacePatch>,
) -> Result<Json<Workspace>, ApiError> {
    Ok(Json(services.workspace.edit(&actor, patch).await?.workspace))
}

//! `/api/bulk`: bulk actions, their progress and undo.

use super::{ApiActor, id, which::Which};
use crate::http::{ApiError, ApiJson, App, Object};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    BulkId, Error, LeadId, Problem, Services,
    bulk::{Bulk, BulkAction, NewBulk},
    rule::Rule,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(under_way, start)).routes(routes!(one)).routes(routes!(cancel)).routes(routes!(undo))
}

/// `{"action": {"kind": "set_stage", "stage": "Negotiation"}, "leadIds": […]}`, or with `rule`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewBulkAction)]
struct Body {
    action: Object<BulkAction>,
    lead_ids: Option<Vec<LeadId>>,
    #[schema(value_type = Option<Rule>)]
    rule: Option<serde_json::Value>,
}

/// Starts a bulk action: 201 when it is done, 202 when it continues in the background.
#[utoipa::path(post, path = "/api/bulk", request_body(content = Body, example = json!({ "action": { "kind": "delete" }, "leadIds": ["01890000-0000-7000-8000-000000000000"] })), responses((status = 201, body = Bulk), (status = 202, body = Bulk), (status = 404, body = Problem, content_type = "application/problem+json", description = "No such lead or campaign")))]
async fn start(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(Body { action: Object(action), lead_ids, rule }): ApiJson<Body>,
) -> Result<Response, ApiError> {
    let which = Which::new(lead_ids, rule).read()?;
    let bulk = services.bulk.start(&actor, NewBulk { action, which }).await?;
    let location = [(header::LOCATION, format!("/api/bulk/{}", bulk.id))];
    let status = if bulk.status.is_over() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    Ok((status, location, Json(bulk)).into_response())
}

/// The caller's running bulk actions.
#[utoipa::path(get, path = "/api/bulk", responses((status = 200, body = Vec<Bulk>)))]
async fn under_way(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<Vec<Bulk>>, ApiError> {
    Ok(Json(services.bulk.under_way(&actor).await?))
}

/// A bulk action and its progress.
#[utoipa::path(get, path = "/api/bulk/{id}", params(("id" = BulkId, Path)), responses((status = 200, body = Bulk)))]
async fn one(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<Bulk>, ApiError> {
    let wanted = id("Bulk action", &path)?;
    let found = services.bulk.get(&actor, wanted).await?.ok_or_else(|| Error::not_found("Bulk action", wanted))?;
    Ok(Json(found.data))
}

/// Stops a bulk action. Changes made so far stay and can be undone.
#[utoipa::path(post, path = "/api/bulk/{id}/cancel", params(("id" = BulkId, Path)), responses((status = 200, body = Bulk)))]
async fn cancel(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<Bulk>, ApiError> {
    Ok(Json(services.bulk.cancel(&actor, id("Bulk action", &path)?).await?))
}

/// Undoes a bulk action: 200 when it is done, 202 when it continues in the background.
#[utoipa::path(post, path = "/api/bulk/{id}/undo", params(("id" = BulkId, Path)), responses((status = 200, body = Bulk), (status = 202, body = Bulk)))]
async fn undo(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Response, ApiError> {
    let bulk = services.bulk.undo(&actor, id("Bulk action", &path)?).await?;
    let status = if bulk.status.is_over() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(bulk)).into_response())
}

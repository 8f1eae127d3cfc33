//! `/api/bulk`: one thing done to many leads, its progress, and its way back.

use super::{Asker, id, which::Which};
use crate::http::{ApiError, ApiJson, App, Object};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{
    Error, LeadId, Services,
    bulk::{Bulk, BulkAction, NewBulk},
};
use serde::Deserialize;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/bulk", get(under_way).post(start))
        .route("/api/bulk/{id}", get(one))
        .route("/api/bulk/{id}/cancel", post(cancel))
        .route("/api/bulk/{id}/undo", post(undo))
}

/// `{"action": {"kind": "set_stage", "stage": "Negotiation"}, "leadIds": […]}`, or with `rule`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    action: Object<BulkAction>,
    lead_ids: Option<Vec<LeadId>>,
    rule: Option<serde_json::Value>,
}

/// 201 with what was done, or 202 when that goes on by itself.
async fn start(
    State(services): State<Services>,
    Asker(actor): Asker,
    ApiJson(Body { action: Object(action), lead_ids, rule }): ApiJson<Body>,
) -> Result<Response, ApiError> {
    let which = Which::new(lead_ids, rule).read()?;
    let bulk = services.bulk.start(&actor, NewBulk { action, which }).await?;
    let location = [(header::LOCATION, format!("/api/bulk/{}", bulk.id))];
    let status = if bulk.status.is_over() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    Ok((status, location, Json(bulk)).into_response())
}

/// The asker's own that are under way.
async fn under_way(State(services): State<Services>, Asker(actor): Asker) -> Result<Json<Vec<Bulk>>, ApiError> {
    Ok(Json(services.bulk.under_way(&actor).await?))
}

async fn one(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<Json<Bulk>, ApiError> {
    let wanted = id("Bulk action", &path)?;
    let found = services.bulk.get(&actor, wanted).await?.ok_or_else(|| Error::not_found("Bulk action", wanted))?;
    Ok(Json(found.data))
}

async fn cancel(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<Json<Bulk>, ApiError> {
    Ok(Json(services.bulk.cancel(&actor, id("Bulk action", &path)?).await?))
}

/// 200 when it is taken back, or 202 when that goes on by itself.
async fn undo(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<Response, ApiError> {
    let bulk = services.bulk.undo(&actor, id("Bulk action", &path)?).await?;
    let status = if bulk.status.is_over() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(bulk)).into_response())
}

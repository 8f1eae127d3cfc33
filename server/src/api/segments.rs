//! `/api/segments`: saved rules over leads, with their sizes.

use super::{ApiActor, Deleted, id};
use crate::http::{ApiError, ApiJson, ApiQuery, App};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::{
    Error, LeadId, Problem, SegmentId, Services,
    rule::Rule,
    segments::{Membership, NewSegment, SegmentDetail, SegmentPatch, SizedSegment},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete)).routes(routes!(explain))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SegmentList)]
struct List {
    data: Vec<SizedSegment>,
}

/// All segments, by name. A size is absent while a segment's leads are counted.
#[utoipa::path(get, path = "/api/segments", responses((status = 200, body = List)))]
async fn list(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<List>, ApiError> {
    Ok(Json(List { data: services.segments.list(&actor).await?.data }))
}

/// Adds a segment and counts its leads.
#[utoipa::path(
    post,
    path = "/api/segments",
    request_body(content = NewSegment, example = json!({ "name": "Regulars", "rule": { "field": "visits", "op": "gte", "value": 5 } })),
    responses((status = 201, body = SizedSegment))
)]
async fn create(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(new): ApiJson<NewSegment>,
) -> Result<impl IntoResponse, ApiError> {
    let made = services.segments.create(&actor, new).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/segments/{}", made.segment.id))], Json(made)))
}

/// One segment with its trend, the leads that entered and left last, and where it is in use.
#[utoipa::path(get, path = "/api/segments/{id}", params(("id" = SegmentId, Path)), responses((status = 200, body = SegmentDetail)))]
async fn get(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Json<SegmentDetail>, ApiError> {
    let id: SegmentId = id("Segment", &path)?;
    let found = services.segments.get(&actor, id).await?.ok_or_else(|| Error::not_found("Segment", id))?;
    Ok(Json(found.data))
}

/// Sets only the given fields of a segment. A new rule is counted before the answer.
#[utoipa::path(
    patch,
    path = "/api/segments/{id}",
    params(("id" = SegmentId, Path)),
    request_body(content = SegmentPatch, example = json!({ "description": "At least five visits" })),
    responses((status = 200, body = SizedSegment))
)]
async fn update(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(set): ApiJson<SegmentPatch>,
) -> Result<Json<SizedSegment>, ApiError> {
    Ok(Json(services.segments.edit(&actor, id("Segment", &path)?, set).await?.segment))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Delete {
    /// Also when rules name it, which then match nobody by it. Otherwise that is a conflict, with the places.
    #[serde(default)]
    even_if_used: bool,
}

/// Deletes a segment. Its leads are kept.
#[utoipa::path(
    delete,
    path = "/api/segments/{id}",
    params(("id" = SegmentId, Path), Delete),
    responses(
        (status = 200, body = Deleted),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is in use")
    )
)]
async fn delete(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiQuery(Delete { even_if_used }): ApiQuery<Delete>,
) -> Result<Json<Deleted>, ApiError> {
    let undo = services.segments.delete(&actor, id("Segment", &path)?, even_if_used).await?;
    Ok(Json(Deleted { message: "Segment deleted", undo }))
}

/// A rule and a lead.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ExplainRule)]
struct Explain {
    rule: Rule,
    lead_id: LeadId,
}

/// Says why a lead matches a rule, or does not: the result of each part, with the lead's value.
#[utoipa::path(
    post,
    path = "/api/rules/explain",
    request_body(content = Explain, example = json!({
        "rule": { "field": "visits", "op": "gte", "value": 5 },
        "leadId": "0198c5a2-7b1e-7c44-9f0a-3d2f5b6a7c8d"
    })),
    responses(
        (status = 200, body = Membership),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such lead")
    )
)]
async fn explain(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(Explain { rule, lead_id }): ApiJson<Explain>,
) -> Result<Json<Membership>, ApiError> {
    Ok(Json(services.segments.explain(&actor, rule, lead_id).await?))
}

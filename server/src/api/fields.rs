//! `/api/fields`: definitions of custom fields. Values are in `custom` of leads.

use super::{ApiActor, Deleted, id};
use crate::http::{ApiError, ApiJson, App};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::{
    FieldId, Services,
    fields::{CustomField, FieldPatch, FieldUse, Fields, NewField},
};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, delete)).routes(routes!(uses))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FieldList)]
struct List {
    #[schema(value_type = Vec<CustomField>)]
    data: Fields,
}

/// All definitions, in their order.
#[utoipa::path(get, path = "/api/fields", responses((status = 200, body = List)))]
async fn list(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<List>, ApiError> {
    Ok(Json(List { data: services.fields.list(&actor).await?.data }))
}

/// Defines a custom field, after all others. Values that leads have under its key are now those of this field. For managers.
#[utoipa::path(
    post,
    path = "/api/fields",
    request_body(content = NewField, example = json!({ "label": "Plan", "kind": "choice", "choices": ["Free", "Team", "Enterprise"] })),
    responses((status = 201, body = CustomField))
)]
async fn create(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(new): ApiJson<NewField>,
) -> Result<impl IntoResponse, ApiError> {
    let field = services.fields.create(&actor, new).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/fields/{}", field.id))], Json(field)))
}

/// Sets only the given members of a definition. For managers.
///
/// A new type or a missing choice that values of leads do not fit is refused with their number, unless `keepMisfits` is true.
#[utoipa::path(
    patch,
    path = "/api/fields/{id}",
    params(("id" = FieldId, Path)),
    request_body(content = FieldPatch, example = json!({ "label": "Tariff", "place": 0 })),
    responses((status = 200, body = CustomField))
)]
async fn update(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(set): ApiJson<FieldPatch>,
) -> Result<Json<CustomField>, ApiError> {
    Ok(Json(services.fields.edit(&actor, id("Field", &path)?, set).await?.field))
}

/// Deletes a definition. The values of leads stay, as texts. For managers.
#[utoipa::path(delete, path = "/api/fields/{id}", params(("id" = FieldId, Path)), responses((status = 200, body = Deleted)))]
async fn delete(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<Deleted>, ApiError> {
    let undo = services.fields.delete(&actor, id("Field", &path)?).await?;
    Ok(Json(Deleted { message: "Field deleted", undo }))
}

/// Where a field is used: the number of leads with a value, and with one that does not fit; segments, views, and imports that wait or run.
#[utoipa::path(get, path = "/api/fields/{id}/uses", params(("id" = FieldId, Path)), responses((status = 200, body = FieldUse)))]
async fn uses(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<FieldUse>, ApiError> {
    Ok(Json(services.fields.uses(&actor, id("Field", &path)?).await?))
}

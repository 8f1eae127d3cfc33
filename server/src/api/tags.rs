//! `/api/tags`: which tags leads have, and on how many.

use super::{ApiActor, page::given};
use crate::http::{ApiError, ApiQuery, App};
use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Error, Services,
    tags::{TagCount, TagDetail},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// A part of the name, in any case.
    search: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TagList)]
struct List {
    data: Vec<TagCount>,
    /// Number of all tags that match.
    total: i64,
}

/// The tags that leads have, at most 500: those with the most leads first. They are renamed, merged and deleted by `POST /api/bulk` with
/// `rename_tag` and `remove_tag`.
#[utoipa::path(get, path = "/api/tags", params(Asked), responses((status = 200, body = List)))]
async fn list(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Json<List>, ApiError> {
    let tags = services.tags.list(&actor, &given(asked.search).unwrap_or_default()).await?.data;
    Ok(Json(List { data: tags.tags, total: tags.total }))
}

/// One tag, in any case, with the segments and views that test it.
#[utoipa::path(get, path = "/api/tags/{name}", params(("name" = String, Path)), responses((status = 200, body = TagDetail)))]
async fn get(State(services): State<Services>, ApiActor(actor): ApiActor, Path(name): Path<String>) -> Result<Json<TagDetail>, ApiError> {
    let found = services.tags.get(&actor, &name).await?;
    Ok(Json(found.ok_or_else(|| Error::not_found("Tag", name.chars().take(60).collect::<String>()))?))
}

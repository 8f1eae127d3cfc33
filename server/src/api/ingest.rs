//! `/api/ingest`: how far the queues are, and the items that could not be applied. Batches are sent to the addresses of a contract
//! (`compat::xenocrm`), which take our words too.

use super::{ApiActor, Nothing, id, page::given};
use crate::http::{ApiError, ApiJson, ApiQuery, App};
use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    ActorRef, Error, Services, Timestamp,
    ingest::{IngestState, Parked, ParkedCursor, ParkedId, Queue, WhichParked},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(state))
        .routes(routes!(parked, discard_all))
        .routes(routes!(retry_all))
        .routes(routes!(discard))
        .routes(routes!(retry))
}

/// How far the queues are: what waits, since when, what was applied, and how fast.
#[utoipa::path(get, path = "/api/ingest", responses((status = 200, body = IngestState)))]
async fn state(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<IngestState>, ApiError> {
    Ok(Json(services.ingest.state(&actor).await?.data))
}

#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ParkedQuery {
    /// 1–200; default 50.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ParkedItems)]
struct Page {
    data: Vec<ParkedItem>,
    pagination: Pagination,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ParkedPagination)]
struct Pagination {
    has_more: bool,
    /// Where the next page starts; `null` on the last.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<ParkedCursor>,
}

/// An item that could not be applied.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ParkedItem {
    id: ParkedId,
    queue: Queue,
    reason: String,
    /// As it was accepted: a customer or an order.
    #[schema(value_type = Object)]
    item: serde_json::Value,
    who: ActorRef,
    received_at: Timestamp,
    parked_at: Timestamp,
}

impl From<Parked> for ParkedItem {
    fn from(parked: Parked) -> Self {
        let Parked { id, queue, reason, item, who, received_at, parked_at } = parked;
        Self { id, queue, reason, item: serde_json::from_str(&item).unwrap_or_default(), who, received_at, parked_at }
    }
}

/// Items that could not be applied, newest first.
#[utoipa::path(get, path = "/api/ingest/parked", params(ParkedQuery), responses((status = 200, body = Page)))]
async fn parked(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiQuery(ParkedQuery { limit, cursor }): ApiQuery<ParkedQuery>,
) -> Result<Json<Page>, ApiError> {
    let number = |text: String| text.parse().map_err(|_| Error::invalid("limit", "Write limit as a whole number"));
    let limit = given(limit).map(number).transpose()?.unwrap_or(50);
    let found = services.ingest.parked(&actor, given(cursor).map(ParkedCursor::try_from).transpose()?, limit).await?;
    let pagination = Pagination { has_more: found.next.is_some(), next_cursor: found.next };
    Ok(Json(Page { data: found.items.into_iter().map(ParkedItem::from).collect(), pagination }))
}

/// How many items a request took.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ParkedTaken)]
struct Taken {
    count: i64,
}

/// Puts all parked items back into their queues.
#[utoipa::path(post, path = "/api/ingest/parked/retry", request_body(content = Nothing, example = json!({})), responses((status = 200, body = Taken)))]
async fn retry_all(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(Nothing {}): ApiJson<Nothing>,
) -> Result<Json<Taken>, ApiError> {
    Ok(Json(Taken { count: services.ingest.retry(&actor, WhichParked::All).await? }))
}

/// Deletes all parked items.
#[utoipa::path(delete, path = "/api/ingest/parked", responses((status = 200, body = Taken)))]
async fn discard_all(State(services): State<Services>, ApiActor(actor): ApiActor) -> Result<Json<Taken>, ApiError> {
    Ok(Json(Taken { count: services.ingest.discard(&actor, WhichParked::All).await? }))
}

/// Puts a parked item back into its queue.
#[utoipa::path(post, path = "/api/ingest/parked/{id}/retry", params(("id" = ParkedId, Path)), request_body(content = Nothing, example = json!({})), responses((status = 200, body = Taken)))]
async fn retry(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(Nothing {}): ApiJson<Nothing>,
) -> Result<Json<Taken>, ApiError> {
    Ok(Json(Taken { count: services.ingest.retry(&actor, WhichParked::One(id("Parked item", &path)?)).await? }))
}

/// Deletes a parked item.
#[utoipa::path(delete, path = "/api/ingest/parked/{id}", params(("id" = ParkedId, Path)), responses((status = 200, body = Taken)))]
async fn discard(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<Taken>, ApiError> {
    Ok(Json(Taken { count: services.ingest.discard(&actor, WhichParked::One(id("Parked item", &path)?)).await? }))
}

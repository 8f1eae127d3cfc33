//! `/api/orders`, and the orders of a lead.

use super::{
    ApiActor, Deleted, id,
    page::{Meta, given},
};
use crate::{
    compat::mini_crm::{self, MiniOrder},
    http::{ApiError, ApiJson, ApiQuery, App, fit},
    store::Store,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    ChangeId, Error, LeadId, OrderId, Problem, Services, Timestamp,
    orders::{ListedOrder, NewOrder, Order, OrderCursor, OrderQuery, Outcome},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, delete)).routes(routes!(batch)).routes(routes!(of_lead))
}

/// The list, at an address that Mini CRM has too.
pub fn shared_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Takes an order in our words or in Mini CRM's.
pub fn order_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create))
}

/// Parameters are trimmed; blank ones count as absent.
#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only the orders of this lead.
    #[param(value_type = Option<LeadId>)]
    lead: Option<String>,
    /// Only the orders of this customer: the id of a lead, or a customer number.
    customer: Option<String>,
    /// `true`: only orders that wait for their customer; `false`: only those that do not.
    #[param(value_type = Option<bool>)]
    waiting: Option<String>,
    /// Ordered at this time or later. A date is the beginning of that day in the workspace's time zone.
    from: Option<String>,
    /// Ordered before this time.
    to: Option<String>,
    /// Text in the order id, the customer number or a product.
    search: Option<String>,
    /// 1–1,000; default 50. A page ends earlier once its records have about 2 MiB.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// 1–1,000; default 50. A page ends earlier once its records have about 2 MiB.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderPage)]
struct Page {
    data: Vec<ListedOrder>,
    pagination: Pagination,
    meta: Meta,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderPagination)]
struct Pagination {
    limit: u32,
    has_more: bool,
    /// Where the next page starts; `null` on the last.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<OrderCursor>,
    /// Number of all orders that wait for their customer.
    waiting: i64,
}

/// Orders, newest first.
#[utoipa::path(get, path = "/api/orders", params(ListQuery), responses((status = 200, body = Page)))]
async fn list(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    ApiQuery(asked): ApiQuery<ListQuery>,
) -> Result<Json<Page>, ApiError> {
    let query = asked.read()?;
    let found = services.orders.list(&actor, &query).await?;
    Ok(Json(Page::new(&query, found.data, Meta::new(store.clock.now(), found.as_of))))
}

/// The orders of a lead, newest first.
#[utoipa::path(get, path = "/api/leads/{id}/orders", params(("id" = LeadId, Path), PageQuery), responses((status = 200, body = Page)))]
async fn of_lead(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiQuery(PageQuery { limit, cursor }): ApiQuery<PageQuery>,
) -> Result<Json<Page>, ApiError> {
    let lead: LeadId = id("Lead", &path)?;
    let query = OrderQuery { lead: Some(lead), ..ListQuery { limit, cursor, ..ListQuery::default() }.read()? };
    if services.leads.get(&actor, lead).await?.is_none() {
        return Err(Error::not_found("Lead", lead).into());
    }
    let found = services.orders.list(&actor, &query).await?;
    Ok(Json(Page::new(&query, found.data, Meta::new(store.clock.now(), found.as_of))))
}

impl Page {
    fn new(query: &OrderQuery, found: domain::orders::OrderPage, meta: Meta) -> Self {
        let domain::orders::OrderPage { orders, next, waiting } = found;
        Self { data: orders, pagination: Pagination { limit: query.limit, has_more: next.is_some(), next_cursor: next, waiting }, meta }
    }
}

impl ListQuery {
    fn read(self) -> Result<OrderQuery, Error> {
        let time = |field: &str, text: Option<String>| {
            given(text).map(|text| text.parse::<Timestamp>().map_err(|message| Error::invalid(field, message))).transpose()
        };
        let lead = |text: String| text.parse().map_err(|_| Error::invalid("lead", "Not the id of a lead; use customer for a number"));
        let flag = |text: String| text.parse().map_err(|_| Error::invalid("waiting", "Write waiting as true or false"));
        let limit = |text: String| text.parse().map_err(|_| Error::invalid("limit", "Write limit as a whole number"));
        let usual = OrderQuery::default();
        Ok(OrderQuery {
            lead: given(self.lead).map(lead).transpose()?,
            customer: given(self.customer),
            waiting: given(self.waiting).map(flag).transpose()?,
            from: time("from", self.from)?,
            to: time("to", self.to)?,
            search: given(self.search).unwrap_or_default(),
            cursor: given(self.cursor).map(OrderCursor::try_from).transpose()?,
            limit: given(self.limit).map(limit).transpose()?.unwrap_or(usual.limit),
        })
    }
}

/// A recorded order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SavedOrder)]
struct Saved {
    #[serde(flatten)]
    order: Order,
    /// The change for `POST /api/changes/{id}/undo`; `null` when the order was there already.
    undo: Option<ChangeId>,
}

#[derive(utoipa::ToSchema)]
#[schema(as = EitherOrder)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `create` reads")]
enum Either {
    Ours(NewOrder),
    MiniCrm(MiniOrder),
}

#[derive(utoipa::ToSchema)]
#[schema(as = EitherSaved)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `create` answers")]
enum EitherSaved {
    Ours(Saved),
    MiniCrm(mini_crm::Created),
}

/// Records an order and applies it to its customer, or lets it wait for them.
///
/// The same order sent again, by its `orderId` or else its `messageId`, is not applied again: the response is 200 with the order that is there.
///
/// An order may also be in the words of Mini CRM: `order_id`, `customer_id`, `order_amount` and `order_date`. The response is
/// that contract's then, also for an order that is there already. Unlike in the replaced system, orders move the figures of their
/// customer, and an id that is taken by another order is refused (409).
#[utoipa::path(
    post,
    path = "/api/orders",
    request_body(content = Either, example = json!({ "orderId": "o-1001", "customer": "c00004", "amount": 2933, "lines": [{ "productId": "t-7", "name": "Green tea", "quantity": 1, "price": 2933 }], "orderedAt": "2026-11-21T09:30:00Z" })),
    responses(
        (status = 201, body = EitherSaved),
        (status = 200, body = Saved, description = "It was there already"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "In the contract's words: some fields need attention"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "An order with other content has this id")
    )
)]
async fn create(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(body): ApiJson<Map<String, Value>>,
) -> Result<Response, ApiError> {
    if mini_crm::is_order(&body) {
        return mini_crm::create_order(&services, &actor, body).await;
    }
    let saved = services.orders.add(&actor, fit(Value::Object(body))?).await?;
    let status = if saved.undo.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/api/orders/{}", saved.order.id);
    Ok((status, [(header::LOCATION, location)], Json(Saved { order: saved.order, undo: saved.undo })).into_response())
}

/// One order.
#[utoipa::path(get, path = "/api/orders/{id}", params(("id" = OrderId, Path)), responses((status = 200, body = ListedOrder)))]
async fn get(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<ListedOrder>, ApiError> {
    let id: OrderId = id("Order", &path)?;
    Ok(Json(services.orders.get(&actor, id).await?.ok_or_else(|| Error::not_found("Order", id))?))
}

/// Deletes an order and takes its part from its customer's sums.
#[utoipa::path(delete, path = "/api/orders/{id}", params(("id" = OrderId, Path)), responses((status = 200, body = Deleted)))]
async fn delete(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<Deleted>, ApiError> {
    let undo = services.orders.delete(&actor, id("Order", &path)?).await?;
    Ok(Json(Deleted { message: "Order deleted", undo }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderBatch)]
struct Batch {
    /// At most 10,000.
    #[schema(value_type = Vec<NewOrder>)]
    orders: Vec<Value>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OrderResults)]
struct Results {
    /// Of each order, in their order.
    results: Vec<OrderResult>,
}

/// What became of an order.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum OrderResult {
    /// Its customer's sums include it.
    Applied { id: OrderId },
    /// It waits for its customer.
    Waiting { id: OrderId },
    /// The same order was there already.
    Known { id: OrderId },
    /// Nothing was written of it.
    Rejected { error: Box<Problem> },
}

impl From<Outcome> for OrderResult {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Applied(id) => Self::Applied { id },
            Outcome::Waiting(id) => Self::Waiting { id },
            Outcome::Known(id) => Self::Known { id },
            Outcome::Rejected(error) => Self::Rejected { error: Box::new(error.problem()) },
        }
    }
}

/// Records many orders in one transaction.
///
/// An order that is rejected leaves the others alone.
#[utoipa::path(post, path = "/api/orders/batch", request_body(content = Batch, example = json!({ "orders": [{ "orderId": "o-1002", "customer": "c00004", "amount": 2973 }, { "orderId": "o-1003", "customer": "c00018", "amount": 1496 }] })), responses((status = 200, body = Results)))]
async fn batch(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(batch): ApiJson<Batch>,
) -> Result<Json<Results>, ApiError> {
    let read: Vec<Result<NewOrder, Error>> = batch
        .orders
        .into_iter()
        .map(|order| serde_json::from_value(order).map_err(|error| Error::Malformed(format!("This order cannot be read: {error}"))))
        .collect();
    let orders: Vec<NewOrder> = read.iter().filter_map(|order| order.as_ref().ok().cloned()).collect();
    let mut outcomes = services.orders.apply_batch(&actor, &orders).await?.into_iter();
    let outcome = |order: Result<NewOrder, Error>| match order {
        Ok(_) => outcomes.next().unwrap_or(Outcome::Rejected(Error::Internal)),
        Err(error) => Outcome::Rejected(error),
    };
    Ok(Json(Results { results: read.into_iter().map(outcome).map(OrderResult::from).collect() }))
}

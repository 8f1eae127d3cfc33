//! `POST /api/ingest/orders`.

use super::{
    TAG,
    ingest::{self, Answer, Names, Read, text},
};
use crate::http::{ApiActor, ApiError, ApiJson};
use axum::{extract::State, response::Response};
use domain::{
    Problem, Services, Timestamp,
    ingest::Items,
    orders::{NewOrder, OrderLine},
};
use jiff::{civil, tz::Offset};
use serde::Deserialize;
use serde_json::Value;

const NAMES: Names = Names { item: "order", items: "orders", title: "Orders" };

/// At most 10,000 orders, each in the contract's words or in ours. Other members are ignored.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = IngestOrders)]
pub struct Body {
    #[schema(value_type = Vec<EitherOrder>)]
    #[serde(default)]
    orders: Option<Value>,
}

#[derive(utoipa::ToSchema)]
#[schema(as = IngestOrder)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `read` reads")]
enum EitherOrder {
    Theirs(TheirOrder),
    Ours(NewOrder),
}

/// An order in the contract's words. Prices are in whole units of the workspace's currency, with decimals.
#[derive(utoipa::ToSchema)]
#[schema(as = IngestOrderTheirs)]
#[expect(dead_code, reason = "describes what `read` reads")]
struct TheirOrder {
    /// The id of a lead, or a customer number.
    customer_id: String,
    products: Vec<TheirProduct>,
    total_price: f64,
    /// A date, which is a day of the workspace, or a time; without a zone in UTC.
    order_date: String,
    /// Not in the contract: the shop's own id. An order with an id that is there is not applied again.
    order_id: Option<String>,
}

#[derive(utoipa::ToSchema)]
#[schema(as = IngestProduct)]
#[expect(dead_code, reason = "describes what `read` reads")]
struct TheirProduct {
    product_id: Option<String>,
    name: Option<String>,
    quantity: Option<i64>,
    price: Option<f64>,
}

/// Takes a batch of orders.
///
/// The batch is on disk when it is answered. Orders of unknown customers wait for them. An order without an id of its own is applied once for
/// each request that sends it. In the replaced system a failed order blocks those behind it; here it is parked.
#[utoipa::path(
    post,
    path = "/api/ingest/orders",
    tag = TAG,
    request_body(content = Body, example = json!({ "orders": [{ "customer_id": "c00004", "products": [{ "product_id": "p1", "name": "Green tea", "quantity": 2, "price": 14.5 }], "total_price": 29, "order_date": "2026-11-21T09:30:00Z" }] })),
    responses((status = 202, body = Answer), (status = 400, content((Answer = "application/json"), (Problem = "application/problem+json")), description = "No item is right, or there is no list"))
)]
pub async fn ingest(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(body): ApiJson<Body>,
) -> Result<Response, ApiError> {
    let sent = ingest::list(body.orders, &NAMES)?;
    ingest::accept(&services, &actor, sent, &NAMES, read, Items::Orders).await
}

pub(super) fn read(item: &Value) -> Read<NewOrder> {
    if item.get("customer").is_some() || item.get("amount").is_some() {
        return serde_json::from_value(item.clone()).map_err(|error| error.to_string());
    }
    let customer = text(item, &["customer_id"]);
    let lines = item.get("products").and_then(Value::as_array).filter(|lines| !lines.is_empty());
    let lines: Option<Vec<OrderLine>> = lines.and_then(|lines| lines.iter().map(line).collect());
    let amount = item.get("total_price").filter(|price| price.is_number()).and_then(minor);
    let ordered_at = item.get("order_date").and_then(time);
    let fields = [
        ("customer_id", customer.is_none()),
        ("products", lines.is_none()),
        ("total_price", amount.is_none()),
        ("order_date", ordered_at.is_none()),
    ];
    let wrong: Vec<&str> = fields.into_iter().filter(|(_, wrong)| *wrong).map(|(name, _)| name).collect();
    match (customer, lines) {
        (Some(customer), Some(lines)) if wrong.is_empty() => {
            let order_id = text(item, &["order_id"]);
            Ok(NewOrder { order_id, customer, amount, lines, ordered_at, ..NewOrder::default() })
        }
        _ => Err(format!("Missing or invalid fields: {}", wrong.join(", "))),
    }
}

fn line(line: &Value) -> Option<OrderLine> {
    let product_id = text(line, &["product_id"]);
    let number = |name: &str| line.get(name).filter(|value| !value.is_null());
    Some(OrderLine {
        name: text(line, &["name"]).or_else(|| product_id.clone())?,
        product_id,
        quantity: number("quantity").map_or(Some(1), Value::as_i64)?,
        price: number("price").map_or(Some(0), minor)?,
    })
}

/// Minor units of a number.
fn minor(number: &Value) -> Option<i64> {
    let minor = (number.as_f64()? * 100.0).round();
    (minor.abs() < 9e15).then_some(minor as i64)
}

/// A date, a time with a zone or in UTC, or milliseconds since 1970.
fn time(value: &Value) -> Option<Timestamp> {
    let Some(text) = value.as_str() else { return Some(Timestamp(value.as_i64()?.checked_mul(1_000)?)) };
    let local = || text.trim().parse::<civil::DateTime>().ok().and_then(|at| Offset::UTC.to_timestamp(at).ok());
    text.parse().ok().or_else(|| Some(Timestamp(local()?.as_microsecond())))
}

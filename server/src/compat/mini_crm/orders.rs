//! Orders in the contract's words. `api` has their route, which takes our own orders too.

use super::{
    customers::Created,
    fields::{Fields, date, number, ours, some},
};
use crate::http::ApiError;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Actor, Error, Services, orders::NewOrder};
use serde_json::{Map, Value};

/// The members of our own orders. A body with one of them is ours; any other is the contract's.
const OURS: [&str; 6] = ["orderId", "messageId", "customer", "amount", "lines", "orderedAt"];

/// An order in the contract's words. The amount may be a text.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `create_order` reads")]
pub struct MiniOrder {
    order_id: String,
    /// A customer number, or the id of a lead.
    customer_id: String,
    /// In whole units of the workspace's currency, with decimals.
    order_amount: f64,
    /// `2023-06-12` or `2023/06/12`.
    order_date: String,
}

/// Whether the body is an order in the contract's words.
#[must_use]
pub fn is_order(body: &Map<String, Value>) -> bool {
    !OURS.iter().any(|name| body.contains_key(*name))
}

/// Records an order. The response is 201 also for one that is there already; all that is wrong is told in a 400.
///
/// # Errors
/// `Conflict` when another order has its id.
pub async fn create_order(services: &Services, actor: &Actor, body: Map<String, Value>) -> Result<Response, ApiError> {
    let body = Value::Object(body);
    let mut fields = Fields::of(&body);
    let order_id = fields.read("order_id", "Order ID is required", some);
    let customer = fields.read("customer_id", "Customer ID is required", some);
    let amount = fields.read("order_amount", "Order amount must be a number", number);
    let ordered_at = fields.read("order_date", "Order date is invalid", date);
    if let Some(refused) = fields.refused()? {
        return Ok(refused);
    }
    let order = NewOrder { order_id, customer: customer.unwrap_or_default(), amount, ordered_at, ..NewOrder::default() };
    match services.orders.add(actor, order).await {
        Ok(_) => Ok((StatusCode::CREATED, Json(Created { message: "Order created successfully" })).into_response()),
        Err(Error::Invalid(errors)) => Ok(ours(&errors, &body, theirs)?),
        Err(error) => Err(error.into()),
    }
}

fn theirs(field: &str) -> &'static str {
    match field {
        "customer" => "customer_id",
        "amount" => "order_amount",
        "orderedAt" => "order_date",
        _ => "order_id",
    }
}

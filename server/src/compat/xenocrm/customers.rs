//! `POST /api/ingest/customers`.

use super::{
    TAG,
    ingest::{self, Answer, Names, Read, text},
};
use crate::http::{ApiActor, ApiError, ApiJson};
use axum::{extract::State, response::Response};
use domain::{Problem, Services, ingest::Items, leads::NewCustomer};
use serde::Deserialize;
use serde_json::Value;

const NAMES: Names = Names { item: "customer", items: "customers", title: "Customers" };

/// At most 10,000 customers. Other members are ignored.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = IngestCustomers)]
pub struct Body {
    #[schema(value_type = Vec<CustomerBody>)]
    #[serde(default)]
    customers: Option<Value>,
}

/// The contract has `name` and `email`; the other members are ours. Members that nobody knows are ignored.
#[derive(utoipa::ToSchema)]
#[schema(as = IngestCustomer)]
#[expect(dead_code, reason = "describes what `read` reads")]
struct CustomerBody {
    name: String,
    email: String,
    /// The shop's own number of the customer.
    #[schema(rename = "customerId")]
    customer_id: Option<String>,
}

/// Takes a batch of customers.
///
/// The batch is on disk when it is answered. A customer whose e-mail is known changes nothing, unless our own members say more.
/// The replaced system answers every failure with 500 and a page; here a list without any right item is 400, as its code means to.
#[utoipa::path(
    post,
    path = "/api/ingest/customers",
    tag = TAG,
    request_body(content = Body, example = json!({ "customers": [{ "name": "Asha Rao", "email": "asha@example.com" }, { "name": "No Address" }] })),
    responses((status = 202, body = Answer), (status = 400, content((Answer = "application/json"), (Problem = "application/problem+json")), description = "No item is right, or there is no list"))
)]
pub async fn ingest(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(body): ApiJson<Body>,
) -> Result<Response, ApiError> {
    let sent = ingest::list(body.customers, &NAMES)?;
    ingest::accept(&services, &actor, sent, &NAMES, read, Items::Customers).await
}

pub(super) fn read(item: &Value) -> Read<NewCustomer> {
    let (name, email) = (text(item, &["name"]), text(item, &["email"]));
    let missing: Vec<&str> =
        [("name", &name), ("email", &email)].into_iter().filter(|(_, text)| text.is_none()).map(|(name, _)| name).collect();
    let (Some(name), Some(email)) = (name, email) else { return Err(format!("Missing fields: {}", missing.join(", "))) };
    let mut wrong = Vec::new();
    let customer = NewCustomer {
        name,
        email,
        customer_id: own(item, "customerId", "must be a text", &mut wrong, |_| text(item, &["customerId"])),
        total_spend: own(item, "totalSpend", "must be a whole number, in minor units (cents)", &mut wrong, Value::as_i64),
        visits: own(item, "visits", "must be a whole number", &mut wrong, Value::as_i64),
        last_active_at: own(item, "lastActiveAt", "must be a time such as 2026-11-21T09:30:00Z", &mut wrong, |given| {
            given.as_str()?.parse().ok()
        }),
    };
    if wrong.is_empty() { Ok(customer) } else { Err(wrong.join("; ")) }
}

/// One of our own members. Absent, `null` and blank are not given; what does not fit is told in `wrong`, so that it is not lost.
fn own<T>(item: &Value, name: &str, must: &str, wrong: &mut Vec<String>, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
    let given = item.get(name).filter(|given| !given.is_null() && given.as_str().is_none_or(|text| !text.trim().is_empty()))?;
    let value = read(given);
    if value.is_none() {
        wrong.push(format!("{name} {must}"));
    }
    value
}

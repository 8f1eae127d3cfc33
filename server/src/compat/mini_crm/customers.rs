//! `POST /api/customers`.

use super::{
    TAG,
    fields::{Fields, date, number, ours, some, whole},
};
use crate::http::{ApiActor, ApiError, ApiJson};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Error, Problem, Services, leads::NewCustomer, text::normalise_email};
use serde::Serialize;
use serde_json::{Map, Value};

/// A customer in the contract's words. Numbers may be texts.
#[derive(utoipa::ToSchema)]
#[schema(as = MiniCustomer)]
#[expect(dead_code, reason = "describes what `create` reads")]
struct CustomerBody {
    customer_id: String,
    name: String,
    email: String,
    /// In whole units of the workspace's currency, with decimals.
    total_spends: f64,
    /// `2023-06-12` or `2023/06/12`.
    last_visit_date: String,
    visit_count: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MiniCreated)]
pub struct Created {
    pub message: &'static str,
}

/// Adds a customer, or sets the figures of the one that is there.
///
/// The replaced system accepts the same person again and again; here an e-mail or customer number is one lead, which gets the figures.
#[utoipa::path(
    post,
    path = "/api/customers",
    tag = TAG,
    request_body(content = CustomerBody, example = json!({ "customer_id": "cust010", "name": "Shubh", "email": "shubh@ipu.ac.in", "total_spends": 120_000, "last_visit_date": "2023-06-12", "visit_count": 7 })),
    responses((status = 201, body = Created), (status = 400, body = Problem, content_type = "application/problem+json", description = "Some fields need attention"))
)]
pub async fn create(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(body): ApiJson<Map<String, Value>>,
) -> Result<Response, ApiError> {
    let body = Value::Object(body);
    let mut fields = Fields::of(&body);
    let customer_id = fields.read("customer_id", "Customer ID is required", some);
    let name = fields.read("name", "Name is required", some);
    let email = fields.read("email", "Email is invalid", |text| normalise_email(text).is_ok().then(|| text.to_owned()));
    let total_spend = fields.read("total_spends", "Total spends must be a number", number);
    let last_active_at = fields.read("last_visit_date", "Last visit date is invalid", date);
    let visits = fields.read("visit_count", "Visit count must be an integer", whole);
    if let Some(refused) = fields.refused()? {
        return Ok(refused);
    }
    let (name, email) = (name.unwrap_or_default(), email.unwrap_or_default());
    let customer = NewCustomer { name, email, customer_id, total_spend, visits, last_active_at };
    match services.leads.put_customer(&actor, customer).await {
        Ok(_) => Ok((StatusCode::CREATED, Json(Created { message: "Customer created successfully" })).into_response()),
        Err(Error::Invalid(errors)) => Ok(ours(&errors, &body, theirs)?),
        Err(error) => Err(error.into()),
    }
}

fn theirs(field: &str) -> &'static str {
    match field {
        "name" => "name",
        "email" => "email",
        "totalSpend" => "total_spends",
        "visits" => "visit_count",
        _ => "customer_id",
    }
}

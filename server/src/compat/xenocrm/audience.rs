//! The number of leads in an audience.

use crate::{compat::mini_crm, http::ApiError};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{
    Actor, Result, Services,
    rule::{Rule, parse},
};
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = XenoCrmCount)]
pub struct Counted {
    success: bool,
    count: i64,
    /// The rule as it was understood. In the replaced system it is the filter of its database.
    #[schema(value_type = Object)]
    query: Rule,
}

/// Counts the leads that match groups of conditions, which are joined by OR; the conditions of a group are joined by AND, whatever their
/// `logic` says. `last_active_at` compared with a number means whole days since then, as its label says; the replaced system compares the
/// other way round.
pub async fn count(services: &Services, actor: &Actor, sent: Map<String, Value>) -> Result<Response, ApiError> {
    if !sent.get("rules").is_some_and(Value::is_array) {
        return Ok(mini_crm::refused("Rules are required", Vec::new())?);
    }
    let query = parse(&Value::Object(sent))?;
    let count = services.leads.count(actor, &query).await?;
    Ok(Json(Counted { success: true, count, query }).into_response())
}

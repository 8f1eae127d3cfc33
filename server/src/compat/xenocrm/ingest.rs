//! What both queues have in common: the items of a body, and the answer.

use crate::http::ApiError;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Actor, Error, Services, ingest::Items, text::grouped};
use serde::Serialize;
use serde_json::{Map, Value};

/// An item, or what is wrong with it in the contract's words.
pub type Read<T> = Result<T, String>;

/// The names of a queue in the contract's texts.
pub struct Names {
    /// Name of an item in the list of errors.
    pub item: &'static str,
    /// `customers`, and `Customers`.
    pub items: &'static str,
    pub title: &'static str,
}

/// The answer to a batch.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Ingested)]
pub struct Answer {
    status: u16,
    data: Refused,
    message: String,
    success: bool,
    /// Not in the contract: says that the broker is away.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<&'static str>,
}

/// The batch is as safe as ever, and is applied from the database.
const AWAY: &str = "RabbitMQ takes no messages now; the batch is in the database and is applied from there";

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IngestRefused)]
struct Refused {
    /// Of each item that was not taken: the item (as `customer` or `order`), what is wrong with it, and its index in the request.
    error_array: Vec<Map<String, Value>>,
}

/// The items of a body's list, at most as many as a batch may have.
///
/// # Errors
/// `Malformed` with the contract's text; `Invalid` for too many.
pub fn list(list: Option<Value>, names: &Names) -> Result<Vec<Value>, ApiError> {
    match list {
        Some(Value::Array(items)) if items.len() > domain::ingest::BATCH_MAX => {
            let most = grouped(domain::ingest::BATCH_MAX as i64);
            Err(Error::invalid(names.items, format!("Send at most {most} {} at once", names.items)).into())
        }
        Some(Value::Array(items)) if !items.is_empty() => Ok(items),
        _ => Err(Error::Malformed(format!("Invalid {} data", names.items)).into()),
    }
}

/// Takes the items that are right, and answers with the errors of the others.
pub async fn accept<T>(
    services: &Services,
    actor: &Actor,
    sent: Vec<Value>,
    names: &Names,
    read: impl Fn(&Value) -> Read<T>,
    items: fn(Vec<T>) -> Items,
) -> Result<Response, ApiError> {
    let (mut right, mut places, mut wrong) = (Vec::with_capacity(sent.len()), Vec::with_capacity(sent.len()), Vec::new());
    for (at, item) in sent.iter().enumerate() {
        match read(item) {
            Ok(item) => {
                right.push(item);
                places.push(at);
            }
            Err(why) => wrong.push((at, why)),
        }
    }
    let accepted = services.ingest.accept(actor, items(right)).await?;
    wrong.extend(accepted.errors.into_iter().filter_map(|(at, error)| Some((*places.get(at)?, error.to_string()))));
    wrong.sort_by_key(|(at, _)| *at);
    let error = |(at, why): (usize, String)| {
        let item = sent.get(at).cloned().unwrap_or_default();
        Map::from_iter([(names.item.to_owned(), item), ("error".to_owned(), why.into()), ("index".to_owned(), at.into())])
    };
    let data = Refused { error_array: wrong.into_iter().map(error).collect() };
    let notice = accepted.without_broker.then_some(AWAY);
    let (status, message) = if accepted.batch.is_some() {
        (StatusCode::ACCEPTED, format!("{} queued for ingestion", names.title))
    } else {
        (StatusCode::BAD_REQUEST, format!("No valid {} to insert.", names.items))
    };
    Ok((status, Json(Answer { status: status.as_u16(), data, message, success: status.is_success(), notice })).into_response())
}

/// A text, or a number as one. Blank is absent.
pub fn text(item: &Value, names: &[&str]) -> Option<String> {
    let text = match names.iter().find_map(|name| item.get(name))? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

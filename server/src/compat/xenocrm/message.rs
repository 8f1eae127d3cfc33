//! Messages that programs of the replaced system publish to its queues: one customer or one order each, as in a batch.

use super::{customers, ingest::Read, orders};
use domain::ingest::{Items, Queue};
use serde_json::Value;

/// Reads the body of a message.
///
/// # Errors
/// What is wrong with it, for people.
pub fn message(queue: Queue, body: &[u8]) -> Read<Items> {
    let item: Value = serde_json::from_slice(body).map_err(|error| format!("The message is no JSON: {error}"))?;
    if !item.is_object() {
        return Err("The message is no JSON object; publish each customer or order as a message of its own".to_owned());
    }
    match queue {
        Queue::Customers => customers::read(&item).map(|customer| Items::Customers(vec![customer])),
        Queue::Orders => orders::read(&item).map(|order| Items::Orders(vec![order])),
    }
}

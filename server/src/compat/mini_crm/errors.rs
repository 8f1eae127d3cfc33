//! What is wrong with a body, as the contract tells it: a problem whose `errors` have the contract's members beside ours.

use crate::http::answered;
use axum::response::Response;
use domain::{Error, Result};
use serde::Serialize;
use serde_json::Value;

/// What is wrong with a field.
#[derive(Serialize)]
struct FieldError {
    r#type: &'static str,
    /// What was sent; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    msg: String,
    path: String,
    location: &'static str,
    /// `path` and `msg` by the names of our own errors.
    field: String,
    message: String,
}

/// An entry of the contract's 400.
pub fn flaw(path: &str, msg: &str, value: Option<&Value>) -> Result<Value> {
    let [field, message] = [path, msg].map(str::to_owned);
    let (path, msg) = (field.clone(), message.clone());
    let flaw = FieldError { r#type: "field", value: value.cloned(), msg, path, location: "body", field, message };
    serde_json::to_value(flaw).map_err(|_| Error::Internal)
}

/// A 400 as this contract and XenoCRM's client read it.
pub fn refused(message: &str, errors: Vec<Value>) -> Result<Response> {
    let error = Error::Malformed(message.to_owned());
    let mut body = serde_json::to_value(error.problem()).map_err(|_| Error::Internal)?;
    body["errors"] = errors.into();
    Ok(answered(&error, body))
}

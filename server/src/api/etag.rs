//! Revisions as entity tags, and the response to a stale edit.

use crate::http::answered;
use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::{Error, Problem, Result};
use serde::Serialize;

/// A record with its revision as entity tag.
pub fn tagged(revision: i64, body: impl Serialize) -> Response {
    ([(header::ETAG, format!("\"{revision}\""))], Json(body)).into_response()
}

/// The revision in `If-Match`; `None` without the header, and for `*`, which matches any revision.
pub fn expected(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let revision = text.strip_prefix("W/").unwrap_or(text).trim_matches('"').parse();
    revision.map(Some).map_err(|_| Error::Malformed("If-Match must hold one ETag of this record, such as \"3\"".to_owned()))
}

/// The problem with both versions: `theirs` is the present record, `yours` the fields that this request tried to set.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StaleEdit<R, T> {
    #[serde(flatten)]
    problem: Problem,
    /// Absent when another record has the value already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = R, required = false)]
    theirs: Option<R>,
    /// Absent when another record has the value already.
    #[schema(required = false)]
    yours: T,
}

/// The response to an edit of an old revision.
pub fn stale(error: &Error, theirs: Option<impl Serialize>, yours: impl Serialize) -> Response {
    let problem = Problem { theirs: None, ..error.problem() };
    answered(error, StaleEdit { problem, theirs, yours })
}

//! The native REST API, one file for each entity. Handlers are thin: read the request, ask the service, write the answer.

mod asker;
pub mod leads;

pub use asker::Asker;

use crate::http::ApiError;
use domain::Error;
use std::str::FromStr;

/// An id from a path. One that cannot be an id is as unknown as any other.
fn id<T: FromStr>(entity: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError(Error::not_found(entity, text.chars().take(60).collect::<String>())))
}

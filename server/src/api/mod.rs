//! The native REST API, one file for each entity. Handlers are thin: read the request, ask the service, write the answer.

mod activities;
mod asker;
mod bulk;
mod campaigns;
mod dashboard;
mod etag;
mod imports;
mod leads;
mod page;
mod views;
mod which;

pub use asker::Asker;

use crate::http::{ApiError, App};
use axum::Router;
use domain::{ChangeId, Error};
use serde::Serialize;
use std::str::FromStr;

pub fn routes() -> Router<App> {
    leads::routes()
        .merge(bulk::routes())
        .merge(campaigns::routes())
        .merge(imports::routes())
        .merge(dashboard::routes())
        .merge(activities::routes())
        .merge(views::routes())
}

/// What takes a whole file: streamed, so without the limits on size and time that other requests have.
pub fn uploads() -> Router<App> {
    imports::uploads()
}

/// Answers a deletion.
#[derive(Serialize)]
struct Deleted {
    message: &'static str,
    /// What `POST /api/changes/{id}/undo` takes back.
    undo: ChangeId,
}

/// An id from a path. One that cannot be an id is as unknown as any other.
fn id<T: FromStr>(entity: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError(Error::not_found(entity, text.chars().take(60).collect::<String>())))
}

//! The native REST API, one file for each entity. Handlers are thin: read the request, ask the service, write the answer.

mod activities;
mod asker;
mod bulk;
mod campaigns;
mod changes;
mod dashboard;
mod description;
mod etag;
mod imports;
mod keys;
mod leads;
mod me;
mod page;
mod rules;
mod users;
mod views;
mod which;

pub use asker::Asker;
pub use description::{complete, entered};

use crate::http::{ApiError, App};
use domain::{ChangeId, Error};
use serde::Serialize;
use std::str::FromStr;
use utoipa_axum::router::OpenApiRouter;

pub fn routes() -> OpenApiRouter<App> {
    leads::routes()
        .merge(bulk::routes())
        .merge(campaigns::routes())
        .merge(changes::routes())
        .merge(imports::routes())
        .merge(dashboard::routes())
        .merge(activities::routes())
        .merge(views::routes())
        .merge(users::routes())
        .merge(keys::routes())
        .merge(me::routes())
        .merge(rules::routes())
}

/// What takes a whole file: streamed, so without the limits on size and time that other requests have.
pub fn uploads() -> OpenApiRouter<App> {
    imports::uploads()
}

/// Answers a deletion.
#[derive(Serialize, utoipa::ToSchema)]
struct Deleted {
    message: &'static str,
    /// What `POST /api/changes/{id}/undo` takes back.
    undo: ChangeId,
}

/// A body without a word: what changes something takes JSON, which no form of a page can send.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Confirms what makes an administrator or a key.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Confirm {
    /// The password of whoever is signed in; a key needs none.
    #[serde(default)]
    confirm: String,
}

/// The actor, confirmed when a password came along.
async fn confirmed(services: &domain::Services, actor: domain::Actor, password: &str) -> domain::Result<domain::Actor> {
    if password.is_empty() { Ok(actor) } else { services.accounts.confirm(&actor, password).await }
}

/// An id from a path. One that cannot be an id is as unknown as any other.
fn id<T: FromStr>(entity: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError(Error::not_found(entity, text.chars().take(60).collect::<String>())))
}

//! The native REST API, one file per entity. Handlers are thin: read the request, call the service, write the response.

mod activities;
mod bulk;
mod campaigns;
mod changes;
mod dashboard;
mod description;
mod etag;
mod events;
mod exports;
mod fields;
mod form_file;
mod imports;
mod ingest;
mod keys;
mod leads;
mod me;
mod orders;
mod page;
mod rules;
mod segments;
mod tags;
mod users;
mod views;
mod which;
mod workspace;

pub use description::{complete, entered};
pub use orders::order_routes;

use crate::http::{ApiActor, ApiError, App, Policy, contract_addresses};
use app::accounts::{Contract, Example};
use domain::{ChangeId, Error};
use serde::Serialize;
use std::str::FromStr;
use utoipa_axum::router::OpenApiRouter;

/// Leads, campaigns and orders, at the addresses that contracts have too.
pub fn shared_routes() -> OpenApiRouter<App> {
    leads::shared_routes().merge(campaigns::shared_routes()).merge(orders::shared_routes())
}

pub fn routes() -> OpenApiRouter<App> {
    leads::routes()
        .merge(orders::routes())
        .merge(bulk::routes())
        .merge(campaigns::routes())
        .merge(changes::routes())
        .merge(imports::routes())
        .merge(exports::routes())
        .merge(ingest::routes())
        .merge(dashboard::routes())
        .merge(activities::routes())
        .merge(views::routes())
        .merge(users::routes())
        .merge(keys::routes())
        .merge(me::routes())
        .merge(rules::routes())
        .merge(segments::routes())
        .merge(tags::routes())
        .merge(fields::routes())
        .merge(workspace::routes())
}

/// The native API, as the page of the API describes it.
pub fn contract() -> Contract {
    let text = str::to_owned;
    let [addresses, open_to_sites] = contract_addresses([
        ("/api/", Policy::API),
        ("/api/leads", Policy::SHARED),
        ("/api/campaigns", Policy::SHARED),
        ("/api/orders", Policy::SHARED),
        ("/api/auth/", Policy::SIGN_IN),
        ("/api/health", Policy::PROBE),
    ]);
    let [events, sockets_of_sites] = contract_addresses([("/api/events", Policy::SOCKET), ("/live", Policy::WEB_SOCKET)]);
    Contract {
        name: text("Native"),
        about: text("For new programs: everything that people do here."),
        addresses,
        events,
        guests: Policy::API.guests,
        sites: [open_to_sites, sockets_of_sites].concat(),
        sign_up: false,
        examples: vec![
            Example::new("List leads", "", "/api/leads?limit=5"),
            Example::new("Add a lead", r#"--json '{"name":"Ana Marques","email":"ana.'$(date +%s)'@example.com"}'"#, "/api/leads"),
            Example::new("Hear changes", "-N", "/api/events"),
        ],
    }
}

/// Server-sent events: as long as a socket.
pub fn events(app: &App) -> OpenApiRouter<App> {
    events::routes(app)
}

/// Files: streamed, without the limits of size and time of other requests.
pub fn files() -> OpenApiRouter<App> {
    imports::uploads().merge(exports::downloads())
}

/// The response to a deletion.
#[derive(Serialize, utoipa::ToSchema)]
struct Deleted {
    message: &'static str,
    /// The change for `POST /api/changes/{id}/undo`.
    undo: ChangeId,
}

/// An empty JSON object. Writes require a JSON body, which a form of another site cannot send.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Confirmation by password, for creating administrators and API keys.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Confirm {
    /// The caller's password; not needed with an API key.
    #[serde(default)]
    confirm: String,
}

/// The actor, confirmed if a password was sent.
async fn confirmed(services: &domain::Services, actor: domain::Actor, password: &str) -> domain::Result<domain::Actor> {
    if password.is_empty() { Ok(actor) } else { services.accounts.confirm(&actor, password).await }
}

/// Parses an id from a path. A malformed id is `NotFound`, like an unknown one.
fn id<T: FromStr>(entity: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError(Error::not_found(entity, text.chars().take(60).collect::<String>())))
}

//! The contract "Leads Artisan": `/api/v1/leads/` and the WebSockets `/api/v1/ws`, with bodies and errors as FastAPI writes them.
//!
//! Where this differs from the replaced system, the handler says so.

mod errors;
mod frames;
mod health;
mod input;
mod lead;
mod list;
mod one;
mod places;
mod query;
mod socket;

pub use health::routes as health_routes;

use crate::{
    feed::Feed,
    http::{App, ContractErrors, Errors, Policy, Traffic, contract_addresses},
};
use app::accounts::{Contract, Example};
use axum::{Extension, http::StatusCode, response::Redirect, routing::any};
use frames::LeadFrames;
use places::Places;
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Maximum bytes of a body. It is read as a whole tree of values, and flaws repeat parts of it.
const BODY_MAX: u64 = 64 * 1024;

/// Tag of the contract in the API's description.
const TAG: &str = "Leads Artisan";

const ERRORS: Errors = Errors::Contract(ContractErrors(errors::response));
/// The replaced system asks nobody who they are.
pub const POLICY: Policy = Policy { errors: ERRORS, guests: true, cors: true, traffic: Traffic::Bounded(BODY_MAX), ..Policy::API };
pub const SOCKET_POLICY: Policy = Policy { errors: ERRORS, guests: true, ..Policy::WEB_SOCKET };
pub const HEALTH_POLICY: Policy = Policy { errors: ERRORS, cors: true, ..Policy::HEALTH };

/// The contract, as the page of the API describes it.
pub fn contract() -> Contract {
    let text = str::to_owned;
    let [addresses, open_to_sites] = contract_addresses([("/api/v1/leads/", POLICY), ("/health", HEALTH_POLICY)]);
    let [events, sockets_of_sites] = contract_addresses([("/api/v1/ws", SOCKET_POLICY), ("/api/v1/ws/{client_id}", SOCKET_POLICY)]);
    Contract {
        name: text(TAG),
        about: text("For clients of Leads Artisan."),
        addresses,
        events,
        guests: POLICY.guests,
        sites: [open_to_sites, sockets_of_sites].concat(),
        sign_up: false,
        examples: vec![Example::new("List leads by name", "", "/api/v1/leads/?page_size=5&sort_by=name")],
    }
}

type LeadFeed = Feed<LeadFrames>;

/// The routes of leads, and of the sockets that hear of their changes.
pub fn routes(app: &App) -> (OpenApiRouter<App>, axum::Router<App>) {
    let feed: LeadFeed = Feed::new(app.store.clone(), LeadFrames::new(app.services.leads.clone()));
    let leads = OpenApiRouter::new()
        .routes(routes!(list::list, one::create))
        .routes(routes!(one::get, one::update, one::delete))
        .route("/api/v1/leads", any(with_slash))
        .route("/api/v1/", any(nowhere))
        .route("/api/v1/{*address}", any(nowhere));
    let sockets = axum::Router::new()
        .route("/api/v1/ws", any(socket::open))
        .route("/api/v1/ws/{client_id}", any(socket::open_as))
        .layer(Extension(feed))
        .layer(Extension(Arc::<Places>::default()));
    (errors::described(leads), sockets)
}

/// `/api/v1/leads` is `/api/v1/leads/`, for every method.
async fn with_slash(uri: axum::http::Uri) -> Redirect {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Redirect::temporary(&format!("/api/v1/leads/{query}"))
}

async fn nowhere() -> StatusCode {
    StatusCode::NOT_FOUND
}

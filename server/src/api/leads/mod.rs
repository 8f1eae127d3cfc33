//! `/api/leads`, notes and timelines. The outreach contract has the same address: the bodies are in `compat::kandid`.

mod list;
mod one;

use crate::http::App;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The addresses of the contract.
pub fn shared_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, one::create)).routes(routes!(one::get, one::update, one::delete))
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::board))
        .routes(routes!(one::timeline))
        .routes(routes!(one::add_note))
        .routes(routes!(one::edit_note, one::delete_note))
}

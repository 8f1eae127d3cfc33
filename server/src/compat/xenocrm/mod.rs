//! The contract "XenoCRM": batches of customers and orders, and the number of leads that rules match. The address of the latter is Mini
//! CRM's too, which tells them apart. Its errors are ours, which have the members that it promises.
//!
//! Where this differs from the replaced system, the handler says so.

mod audience;
mod customers;
mod ingest;
mod message;
mod orders;

pub use audience::{Counted, count};
pub use message::message;

use crate::http::{App, Policy, contract_addresses};
use app::accounts::{Contract, Example};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Tag of the contract in the API's description.
const TAG: &str = "XenoCRM";

/// The replaced system asks nobody who they are. Its limit of 16 kB is not promised anywhere: batches may have as much as other requests.
pub const POLICY: Policy = Policy { guests: true, ..Policy::SHARED };

/// The contract, as the page of the API describes it.
pub fn contract() -> Contract {
    let [addresses, open_to_sites] = contract_addresses([("/api/ingest/customers", POLICY), ("/api/ingest/orders", POLICY)]);
    let order = r#"--json '{"orders":[{"customer_id":"c1","products":[{"name":"Tea","quantity":1,"price":4.5}],"total_price":4.5,"order_date":"2026-11-21"}]}'"#;
    Contract {
        name: TAG.to_owned(),
        about: "For clients of XenoCRM. Batches are on disk when they are answered, and applied soon after.".to_owned(),
        addresses,
        events: Vec::new(),
        guests: POLICY.guests,
        sites: open_to_sites,
        sign_up: false,
        examples: vec![Example::new("Send orders", order, "/api/ingest/orders")],
    }
}

/// Routes that take batches.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(customers::ingest)).routes(routes!(orders::ingest))
}

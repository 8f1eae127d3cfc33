//! The contract "Mini CRM": audiences, which are segments; customers, which are leads; and orders, whose address serves our own too.
//!
//! Where this differs from the replaced system, the handler says so.

mod audience;
mod customers;
mod errors;
mod fields;
mod orders;

pub use customers::Created;
pub use errors::refused;
pub use orders::{MiniOrder, create_order, is_order};

use crate::http::{App, Policy, Traffic, contract_addresses};
use app::accounts::{Contract, Example};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Tag of the contract in the API's description.
const TAG: &str = "Mini CRM";

/// Maximum bytes of a body.
const BODY_MAX: u64 = 64 * 1024;

/// The replaced system asks nobody who they are.
pub const POLICY: Policy = Policy { guests: true, traffic: Traffic::Bounded(BODY_MAX), ..Policy::SHARED };

/// Orders in our own words may be larger.
pub const ORDER_POLICY: Policy = Policy { guests: true, ..Policy::SHARED };

/// The contract, as the page of the API describes it.
pub fn contract() -> Contract {
    let [addresses, open_to_sites] = contract_addresses([
        ("/api/audience", POLICY),
        ("/api/audience/size", POLICY),
        ("/api/customers", POLICY),
        ("/api/orders", ORDER_POLICY),
    ]);
    let order = r#"--json '{"order_id":"o-'$(date +%s)'","customer_id":"c1","order_amount":200,"order_date":"2026-11-21"}'"#;
    Contract {
        name: TAG.to_owned(),
        about: "For clients of Mini CRM. An audience is a segment; orders move the figures of their customer.".to_owned(),
        addresses,
        events: Vec::new(),
        guests: POLICY.guests,
        sites: open_to_sites,
        sign_up: false,
        examples: vec![
            Example::new(
                "Size of an audience",
                r#"--json '{"rules":[{"field":"visit_count","operator":">=","value":4}],"logic":"AND"}'"#,
                "/api/audience/size",
            ),
            Example::new("Add an order", order, "/api/orders"),
        ],
    }
}

pub fn routes() -> OpenApiRouter<App> {
    audience::routes().routes(routes!(customers::create))
}

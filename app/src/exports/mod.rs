//! Exports of leads and orders as files: links to the form, the form, and the live list of this person's files.

mod api;
mod link;
mod list;
mod new;
mod routes;

pub use link::{ExportPicked, leads_link, orders_link, rule_link};
pub use list::ExportList;
pub use new::NewExportPage;
pub use routes::{ExportRoutes, NAV};

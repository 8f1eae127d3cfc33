//! The dashboard: figures of leads and campaigns, live.

mod api;
mod campaigns;
mod chart;
mod figures;
mod links;
mod page;
mod pipeline;
pub mod plot;
mod routes;
mod view;

pub use page::DashboardPage;
pub use routes::{DashboardRoutes, NAV};

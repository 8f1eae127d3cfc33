//! Campaigns: their list.

pub mod api;
mod list;
mod routes;
mod words;

pub use routes::CampaignRoutes;

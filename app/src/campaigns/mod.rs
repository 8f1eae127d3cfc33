//! Campaigns: the list, the form for a new one, and a live page per campaign.

mod activity_tab;
mod add;
pub mod api;
mod ending;
mod enrolled;
mod figures;
mod form;
mod leads_tab;
mod list;
mod listing;
mod order;
mod overview;
mod page;
mod remove;
mod routes;
mod save;
mod search;
mod sequence;
mod settings;
mod status_actions;
mod step_fields;
mod steps_form;
#[cfg(any(feature = "ssr", test))]
mod steps_typed;
mod tab;
mod table;
mod words;

pub use form::NewCampaignPage;
pub use list::CampaignListPage;
pub use page::CampaignPage;
pub use routes::{CampaignRoutes, NAV};
pub use words::{StateOf, StatusOf};

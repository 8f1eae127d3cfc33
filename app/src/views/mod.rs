//! Saved views: tabs over the list of leads, and links in the sidebar.

pub mod api;
mod bar;
mod count;
mod edit;
mod name;
pub mod save;
mod sidebar;
mod store;

pub use bar::ViewTabs;
pub use sidebar::SavedViews;
pub use store::Views;

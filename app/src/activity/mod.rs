//! Activities in plain sentences: the activity log, a campaign's activity tab, and the lines that other pages show.

pub mod api;
mod filter_bar;
mod line;
mod list;
mod page;
mod routes;
mod view;

pub use line::{Lines, Sentence};
pub use list::{ActivityList, Bar, LiveActivities};
pub use page::ActivityLogPage;
pub use routes::{ActivityRoutes, NAV};
pub use view::View;

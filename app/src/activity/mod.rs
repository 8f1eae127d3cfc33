//! Activities in plain sentences: the activity log, a campaign's activity tab, and the lines that other pages show.

pub mod api;
mod line;
mod list;
mod narrow;
mod page;
mod routes;
mod view;

pub use line::{Lines, Sentence};
pub use list::{ActivityList, Bar, Fresh};
pub use routes::ActivityRoutes;
pub use view::View;

//! What happened, in plain sentences: the log's own page, a campaign's, and the lines that others show.

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

//! Segments: the list, and a page per segment with the builder of its rule.

pub mod api;
mod builder;
mod choices;
mod drag;
mod editing;
mod editor;
mod explanation;
mod group;
mod list;
mod moves;
mod nodes;
mod page;
mod refresh;
mod remove;
mod result;
mod routes;
mod sample;
mod save;
mod test_row;
mod trend;
mod used;
mod why;

pub use list::SegmentListPage;
pub use page::{NewSegmentPage, SegmentPage};
pub use routes::{NAV, SegmentRoutes};

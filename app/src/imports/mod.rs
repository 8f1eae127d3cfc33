//! Imports of leads and orders from files: the list, the upload, and a live page per import.

pub mod api;
mod done;
mod list;
mod mapping;
mod page;
mod progress;
mod rejected;
mod routes;
mod upload;
mod words;

pub use list::ImportList;
pub use page::ImportPage;
pub use routes::{ImportRoutes, NAV};
pub use upload::NewImport;
pub use words::bytes;

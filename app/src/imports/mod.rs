//! Bringing leads in from a file: the list of imports, the upload, and one page per import that follows its status.

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

pub use routes::ImportRoutes;

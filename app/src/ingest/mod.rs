//! `/settings/ingestion`: what waits in the queues, and the items that could not be applied.

mod api;
mod page;
mod parked;

pub use page::IngestionPage;

//! The Linnet server: the only crate with axum, sqlx and tokio.

pub mod clock;
pub mod http;
pub mod live;
pub mod store;

//! The Linnet server: the only crate with axum, sqlx and tokio.

pub mod accounts;
pub mod clock;
pub mod config;
pub mod http;
pub mod live;
pub mod store;

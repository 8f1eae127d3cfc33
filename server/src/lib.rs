//! The Linnet server: the only crate with axum, sqlx and tokio.

pub mod accounts;
pub mod activity;
pub mod api;
pub mod background;
pub mod bulk;
pub mod campaigns;
pub mod changes;
pub mod clock;
pub mod commands;
pub mod config;
pub mod core;
pub mod dashboard;
pub mod demo;
pub mod http;
pub mod imports;
pub mod jobs;
pub mod leads;
pub mod live;
pub mod node;
pub mod private;
pub mod prune;
pub mod refold;
pub mod serve;
pub mod served;
pub mod store;
pub mod views;

//! Signing in, the first start, and settings.

pub mod api;
mod gate;
mod people;
mod routes;
mod sessions;
mod settings;
mod setup;
mod signin;

pub use routes::{AccountRoutes, GateRoutes};

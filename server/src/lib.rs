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
pub mod compat;
pub mod config;
mod contracts;
pub mod core;
pub mod dashboard;
pub mod demo;
pub mod feed;
mod followers;
pub mod http;
pub mod imports;
pub mod jobs;
pub mod leads;
pub mod live;
pub mod node;
pub mod private;
pub mod profiles;
pub mod prune;
pub mod refold;
pub mod route_groups;
pub mod serve;
pub mod served;
pub mod socket;
pub mod store;
pub mod views;

/// The statements of each room, which a test prepares on both databases.
pub const STATEMENTS: &[&[store::Sql]] = &[
    accounts::sql::STATEMENTS,
    accounts::key_sql::STATEMENTS,
    activity::STATEMENTS,
    bulk::STATEMENTS,
    campaigns::STATEMENTS,
    dashboard::STATEMENTS,
    imports::STATEMENTS,
    leads::STATEMENTS,
    profiles::STATEMENTS,
    refold::STATEMENTS,
    refold::CLASH_STATEMENTS,
    served::STATEMENTS,
    store::TEXT_STATEMENTS,
    views::STATEMENTS,
];

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
mod current;
pub mod dashboard;
pub mod demo;
pub mod exports;
pub mod feed;
pub mod fields;
mod followers;
pub mod http;
pub mod imports;
pub mod ingest;
pub mod jobs;
pub mod leads;
pub mod live;
mod named_rules;
pub mod node;
pub mod orders;
pub mod private;
pub mod profiles;
pub mod prune;
pub mod refold;
pub mod route_groups;
pub mod segments;
pub mod serve;
pub mod served;
pub mod socket;
pub mod store;
pub mod tags;
mod token_bucket;
pub mod views;
pub mod workspace;
pub mod zones;

/// The statements of each room, which a test prepares on both databases.
pub const STATEMENTS: &[&[store::Sql]] = &[
    accounts::sql::STATEMENTS,
    accounts::key_sql::STATEMENTS,
    activity::STATEMENTS,
    bulk::STATEMENTS,
    campaigns::STATEMENTS,
    dashboard::STATEMENTS,
    exports::STATEMENTS,
    fields::STATEMENTS,
    imports::STATEMENTS,
    ingest::STATEMENTS,
    leads::STATEMENTS,
    named_rules::STATEMENTS,
    orders::STATEMENTS,
    profiles::STATEMENTS,
    refold::STATEMENTS,
    refold::CLASH_STATEMENTS,
    segments::STATEMENTS,
    served::STATEMENTS,
    store::MEMORY_STATEMENTS,
    store::TEXT_STATEMENTS,
    tags::STATEMENTS,
    views::STATEMENTS,
    workspace::STATEMENTS,
];

//! Tests through the services and the front door, each on both databases.

#[macro_use]
mod common;

mod leads;
mod lists;
mod rules;
mod statements;
mod imports;
mod store;

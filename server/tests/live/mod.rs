//! The live layer through real sockets: every client ends with the state of the database.

mod enrolled;
mod named;
mod queries;
mod random;
mod sockets;
pub mod tab;
mod totals;
mod zones;

//! The live layer through real sockets: every client ends with the state of the database.

mod enrolled;
mod queries;
mod random;
mod sockets;
mod tab;
mod totals;

//! The live layer through real sockets: every client ends with what the database holds.

mod queries;
mod random;
mod sockets;
mod tab;
mod totals;

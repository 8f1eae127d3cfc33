//! Limits: one user, program or stranger cannot starve the others.

mod concurrency;
mod connections;
mod reads;
mod sockets;

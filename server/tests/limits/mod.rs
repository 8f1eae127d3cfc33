//! Limits: one user, program or stranger cannot starve the others.

mod connections;
mod flights;
mod reads;
mod sockets;

//! Limits: one user, program or stranger cannot starve the others.

mod connections;
mod reads;
mod sockets;

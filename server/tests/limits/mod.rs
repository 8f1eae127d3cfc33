//! What one person, program or stranger cannot do to the others.

mod connections;
mod reads;
mod sockets;

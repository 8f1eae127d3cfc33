//! What one person, program or stranger cannot do to the others.

mod reads;
mod sockets;

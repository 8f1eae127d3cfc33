//! RabbitMQ between the inbox and the consumers.
//!
//! A message of ours names a batch of the inbox. The batch's rows are what is to be applied, and the transaction that applies them deletes
//! them; so a message may come twice, late or never. What other programs publish becomes rows of the inbox first. While the broker is away,
//! the consumers read the inbox alone.

mod address;
mod link;
mod messages;

pub use address::BrokerAddress;
pub use link::Broker;
pub(super) use link::{ANSWER, Deliveries};
pub use messages::Decode;
pub(super) use messages::Sorted;

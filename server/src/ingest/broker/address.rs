//! Where the broker is, and what went wrong with it in plain words. The password is in no text from here.

use domain::{Error, Result, ingest::Queue};
use lapin::{
    ErrorKind,
    protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError},
    types::ShortString,
    uri::{AMQPScheme, AMQPUri},
};
use std::{fmt, io};

const EXAMPLE: &str = "amqp://USER:PASSWORD@HOST:5672/VHOST";

/// Seconds between heartbeats, and milliseconds in which a connection must be there, unless the URL says otherwise.
const HEARTBEAT: u16 = 10;
const CONNECT: u64 = 10_000;

/// The broker's URL, and what its queues' names begin with.
#[derive(Clone)]
pub struct BrokerAddress {
    pub(super) uri: AMQPUri,
    prefix: String,
}

impl BrokerAddress {
    /// `prefix` goes before the name of each queue, for installations that share a virtual host.
    ///
    /// # Errors
    /// `Unavailable`, with a remedy and without the URL.
    pub fn parse(url: &str, prefix: &str) -> Result<Self> {
        let bad = |why: &str| Error::Unavailable(format!("The URL of --broker {why}; write {EXAMPLE} (%2F is the virtual host /)"));
        let mut uri: AMQPUri = url.trim().parse().map_err(|_| bad("cannot be read"))?;
        if uri.authority.host.is_empty() {
            return Err(bad("names no host"));
        }
        // The reader of these URLs takes such an address for this machine.
        if url.contains('[') {
            return Err(bad("names its host by an IPv6 address, which cannot be used; give the host a name"));
        }
        if prefix.len() > 100 || prefix.chars().any(char::is_control) {
            return Err(Error::Unavailable("--broker-prefix has at most 100 bytes, without control characters".to_owned()));
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        uri.query.connection_timeout.get_or_insert(CONNECT);
        Ok(Self { uri, prefix: prefix.to_owned() })
    }

    /// The durable queue of customers, or of orders. The names are those of the replaced system, whose programs publish to them.
    pub(super) fn queue(&self, queue: Queue) -> ShortString {
        let name = match queue {
            Queue::Customers => "customer_ingest_queue",
            Queue::Orders => "order_ingest_queue",
        };
        format!("{}{name}", self.prefix).into()
    }

    /// The durable queue of the messages that could not be read.
    pub(super) fn dead_letters(&self) -> ShortString {
        format!("{}linnet_dead_letters", self.prefix).into()
    }

    /// Why there is no connection, for people.
    pub(super) fn reason(&self, error: &lapin::Error) -> String {
        let at = format!("{}:{}", self.uri.authority.host, self.uri.authority.port);
        match error.kind() {
            ErrorKind::ProtocolError(told) => match told.kind() {
                AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => {
                    format!("RabbitMQ at {at} refuses this user: check name, password and permissions")
                }
                AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => {
                    format!("RabbitMQ at {at} has no virtual host {}, or this user may not use it", self.uri.vhost)
                }
                AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => {
                    format!("A queue exists with other properties (durable, without arguments is needed): {}", told.get_message())
                }
                AMQPErrorKind::Hard(AMQPHardError::CONNECTIONFORCED) => format!("RabbitMQ at {at} was stopped"),
                _ => format!("RabbitMQ at {at} says: {}", told.get_message()),
            },
            ErrorKind::IOError(error) if error.kind() == io::ErrorKind::ConnectionRefused => format!("Nothing answers at {at}"),
            ErrorKind::IOError(error) => format!("The connection to {at} broke: {error}"),
            ErrorKind::MissingHeartbeatError => format!("RabbitMQ at {at} does not answer any more"),
            _ => format!("The connection to {at} ended"),
        }
    }
}

/// Host and virtual host, without user and password.
impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.uri.scheme {
            AMQPScheme::AMQP => "amqp",
            AMQPScheme::AMQPS => "amqps",
        };
        write!(f, "{scheme}://{}:{}/{}", self.uri.authority.host, self.uri.authority.port, self.uri.vhost)
    }
}

impl fmt::Debug for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_in_no_text() {
        for url in
            ["amqp://ana:secret@broker:1/shop", "http://ana:secret@broker", "amqp://ana:secret@broker:port", "ana:secret@broker", "amqp://"]
        {
            let text = BrokerAddress::parse(url, "").map_or_else(|error| error.to_string(), |address| format!("{address} {address:?}"));
            assert!(!text.contains("secret") && !text.contains("ana"), "{text}");
        }
        let address = BrokerAddress::parse("amqp://ana:secret@broker:1/shop", "two_").unwrap();
        assert_eq!(
            (address.to_string().as_str(), address.queue(Queue::Orders).as_str()),
            ("amqp://broker:1/shop", "two_order_ingest_queue")
        );
        assert!(BrokerAddress::parse("amqp://ana:secret@[fd00::5]/shop", "").is_err_and(|error| error.to_string().contains("IPv6")));
        assert!(BrokerAddress::parse("http://broker", "").is_err_and(|error| error.to_string().contains(EXAMPLE)));
    }
}

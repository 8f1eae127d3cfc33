//! What failures are counted by: keys of a fixed size, whatever a stranger sends.

use domain::text::normalise_email;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Bytes of a known device's random part.
pub(super) const NONCE: usize = 16;

/// An e-mail as 128 bits, however long it is.
pub(super) type Account = [u8; 16];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Address {
    V4([u8; 4]),
    /// The first 64 bits: whoever has one of its addresses has them all.
    V6([u8; 8]),
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Address(Address),
    Account(Account),
    Both(Address, Account),
    Device([u8; NONCE]),
    /// Links to choose a password, tried from this address.
    Link(Address),
}

pub(super) fn account(email: &str) -> Account {
    // As the account is looked up; what is no address is a key too.
    let email = normalise_email(email).unwrap_or_else(|_| email.to_owned());
    let hash: [u8; 32] = Sha256::digest(email.as_bytes()).into();
    let mut account = Account::default();
    account.copy_from_slice(&hash[..16]);
    account
}

pub(super) fn address(ip: Option<IpAddr>) -> Address {
    match ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(ip)) => Address::V4(ip.octets()),
        Some(IpAddr::V6(ip)) => {
            let mut network = [0; 8];
            network.copy_from_slice(&ip.octets()[..8]);
            Address::V6(network)
        }
        None => Address::Unknown,
    }
}

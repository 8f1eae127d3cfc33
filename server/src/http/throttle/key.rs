//! Keys of failure counts. Their size is fixed, whatever a client sends.

use domain::text::normalise_email;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Bytes of a device token's nonce.
pub(super) const NONCE: usize = 16;

/// 128-bit hash of an e-mail.
pub(in crate::http) type Account = [u8; 16];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::http) enum Address {
    V4([u8; 4]),
    /// The first 64 bits: one customer usually has the whole /64.
    V6([u8; 8]),
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Address(Address),
    Account(Account),
    Both(Address, Account),
    Device([u8; NONCE]),
    /// All known devices of the account.
    Devices(Account),
    /// Tries of password links from this address.
    Link(Address),
    /// Sign-ups from this address.
    SignUp(Address),
}

pub(super) fn account(email: &str) -> Account {
    // Normalised as for the account look-up; an invalid e-mail is a key too.
    let email = normalise_email(email).unwrap_or_else(|_| email.to_owned());
    let hash: [u8; 32] = Sha256::digest(email.as_bytes()).into();
    let mut account = Account::default();
    account.copy_from_slice(&hash[..16]);
    account
}

pub(in crate::http) fn address(ip: Option<IpAddr>) -> Address {
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

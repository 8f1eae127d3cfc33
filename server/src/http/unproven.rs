//! Counts sockets that no session or key counts: those of guests, and those of a protocol that brings the credential after the connect.

use super::{AddressSlot, Addresses, Peer};
use domain::{Error, Result};
use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Maximum sockets of one address. It may be a whole office.
const EACH: usize = 256;
/// Maximum sockets of all addresses.
const ALL: usize = 4_096;
/// Seconds after which a refused client may try again.
const RETRY: u32 = 10;

/// Those whose connection brought a credential have limits of their own, so that strangers cannot use these up.
pub struct Unproven {
    strangers: Addresses,
    signed_in: Addresses,
}

impl Default for Unproven {
    fn default() -> Self {
        let addresses = || Addresses::new(Some(EACH), ALL);
        Self { strangers: addresses(), signed_in: addresses() }
    }
}

impl Unproven {
    /// A socket that has no credential yet, or never.
    ///
    /// # Errors
    /// `TooMany` when the address, or all together, have the maximum.
    pub fn enter(&self, peer: &Peer) -> Result<AddressSlot> {
        Self::slot(&self.strangers, peer.ip)
    }

    /// A connection whose socket is admitted later; `signed_in`: its request brought a valid credential.
    ///
    /// # Errors
    /// As `enter`.
    pub fn open(&self, peer: &Peer, signed_in: bool) -> Result<Opened> {
        let addresses = if signed_in { &self.signed_in } else { &self.strangers };
        let slot = Self::slot(addresses, peer.ip)?;
        Ok(Opened { addresses: addresses.clone(), ip: peer.ip, slot: Mutex::new(Some(slot)) })
    }

    fn slot(addresses: &Addresses, ip: Option<IpAddr>) -> Result<AddressSlot> {
        addresses.enter(ip).ok_or(Error::TooMany { retry_after: RETRY })
    }
}

/// An open connection, counted while it has no admitted socket.
pub struct Opened {
    addresses: Addresses,
    ip: Option<IpAddr>,
    slot: Mutex<Option<AddressSlot>>,
}

impl Opened {
    /// Its socket was admitted, and is counted at its session or key.
    pub fn admitted(&self) {
        self.set(None);
    }

    /// Its socket has ended, but the connection may stay.
    pub fn ended(&self) {
        self.set(Some(AddressSlot::again(&self.addresses, self.ip)));
    }

    fn set(&self, slot: Option<AddressSlot>) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = slot;
    }
}

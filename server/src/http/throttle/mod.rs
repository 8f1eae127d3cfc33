//! Throttling of failed sign-ins. Only wrong passwords count; each node counts for itself.
//!
//! - One address may fail 10 times a minute at one account, and 100 times over all accounts. An IPv6 network (/64) is one address.
//! - After 100 failures a minute at one account, from any addresses, each address has 1 try a minute there. This slows an attack from many
//!   addresses, and the owner can still sign in.
//! - A browser that has signed in before is known by a cookie and has its own 10 tries in a separate table, so others cannot use them up.
//!   All known devices of one account have 30 tries together.
//! - One address may try 10 wrong password links a minute, and sign up 10 people.

mod counts;
mod device;
mod key;
#[cfg(test)]
mod tests;

use crate::clock::SharedClock;
use counts::{Admission, Table};
use domain::{Error, Result};
pub(super) use key::{Account, Address, address};
use key::{Key, account};
use std::{net::IpAddr, sync::Arc};

/// Cheap to clone.
#[derive(Clone)]
pub struct Throttle(Arc<Shared>);

struct Shared {
    clock: SharedClock,
    /// HMAC key of device tokens.
    secret: String,
    strangers: Table,
    devices: Table,
}

impl Throttle {
    /// Key of the secret in table `meta`; shared by all nodes.
    pub const SECRET: &str = "device_secret";

    pub fn new(clock: SharedClock, secret: String) -> Self {
        Self(Arc::new(Shared { clock, secret, strangers: Table::default(), devices: Table::default() }))
    }

    /// A new device token for a browser that signed in with this e-mail. It gives no access.
    pub fn device(&self, email: &str) -> String {
        device::token(&self.0.secret, account(email), &self.0.clock.secret())
    }

    /// The account in which the browser with this device token has signed in.
    pub(super) fn account_of(&self, device: &str) -> Option<Account> {
        device::account(&self.0.secret, device)
    }

    /// Begins a sign-in try. Waits while the remaining tries are all running. The caller reports the outcome to the `Attempt`.
    ///
    /// # Errors
    /// `TooMany` when this address or device failed too often in the last minute.
    pub async fn attempt(&self, ip: Option<IpAddr>, email: &str, device: Option<&str>) -> Result<Attempt> {
        let account = account(email);
        if let Some(device) = device.and_then(|device| device::known(&self.0.secret, account, device)) {
            return self.begin(vec![Key::Device(device), Key::Devices(account)], true).await;
        }
        let address = address(ip);
        self.begin(vec![Key::Both(address, account), Key::Address(address), Key::Account(account)], false).await
    }

    /// Begins a try of a password link.
    ///
    /// # Errors
    /// `TooMany` when this address tried too many wrong links in the last minute.
    pub async fn link(&self, ip: Option<IpAddr>) -> Result<Attempt> {
        self.begin(vec![Key::Link(address(ip))], false).await
    }

    /// Begins a sign-up. Each counts, also one that succeeds, because each costs a hash.
    ///
    /// # Errors
    /// `TooMany` when this address signed up too many in the last minute.
    pub async fn sign_up(&self, ip: Option<IpAddr>) -> Result<Attempt> {
        self.begin(vec![Key::SignUp(address(ip))], false).await
    }

    async fn begin(&self, keys: Vec<Key>, known: bool) -> Result<Attempt> {
        let table = self.table(known);
        loop {
            // Registered before the check, so that a try that ends in between wakes this one.
            let ended = table.ended.notified();
            match table.admit(&keys, self.0.clock.now()) {
                Admission::Go => return Ok(Attempt { throttle: self.clone(), keys, known, failed: true }),
                Admission::Wait => ended.await,
                Admission::Refused(retry_after) => return Err(Error::TooMany { retry_after }),
            }
        }
    }

    fn table(&self, known: bool) -> &Table {
        if known { &self.0.devices } else { &self.0.strangers }
    }
}

/// A try of a sign-in or a password link. Dropping it (a disconnect) counts as a failure.
pub struct Attempt {
    throttle: Throttle,
    keys: Vec<Key>,
    known: bool,
    failed: bool,
}

impl Attempt {
    /// The browser has signed in to this account before.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// The password or the link was wrong.
    #[expect(clippy::unused_self, reason = "one that is dropped has failed")]
    pub fn failed(self) {}

    /// The try was right, or its outcome is unknown: not counted.
    pub fn forget(mut self) {
        self.failed = false;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.throttle.table(self.known).end(&self.keys, self.failed, self.throttle.0.clock.now());
    }
}

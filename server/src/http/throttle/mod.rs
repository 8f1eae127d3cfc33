//! How often a sign-in may fail. Wrong passwords are counted, right ones never; each node counts by itself.
//!
//! - One address may fail 10 times a minute at one account, and 100 times at all accounts together. An IPv6 network (/64) is one address.
//! - After 100 failures in a minute at one account, wherever from, each address has 1 try a minute there: an attack by many addresses is
//!   slowed, and its owner gets in.
//! - A browser that signed in before is known by a cookie and has 10 tries of its own, in a table of its own: whatever others do.
//! - One address may try 10 wrong links to choose a password in a minute.

mod counts;
mod device;
mod key;
#[cfg(test)]
mod tests;

use crate::clock::SharedClock;
use counts::{Admission, Table};
use domain::{Error, Result};
use key::{Key, account, address};
use std::{net::IpAddr, sync::Arc};

/// Cheap to clone.
#[derive(Clone)]
pub struct Throttle(Arc<Shared>);

struct Shared {
    clock: SharedClock,
    /// Proves that a device's token is ours.
    secret: String,
    strangers: Table,
    devices: Table,
}

impl Throttle {
    /// The name under which the database keeps the secret; all nodes share it.
    pub const SECRET: &str = "device_secret";

    pub fn new(clock: SharedClock, secret: String) -> Self {
        Self(Arc::new(Shared { clock, secret, strangers: Table::default(), devices: Table::default() }))
    }

    /// A new token for a browser that signed in with this e-mail. It opens nothing: it is only known by it.
    pub fn device(&self, email: &str) -> String {
        device::token(&self.0.secret, account(email), &self.0.clock.secret())
    }

    /// Begins a try to sign in, which says when it is over how it ended. Waits while too many others are under way.
    ///
    /// # Errors
    /// `TooMany`, when this address or this device failed too often in the last minute.
    pub async fn attempt(&self, ip: Option<IpAddr>, email: &str, device: Option<&str>) -> Result<Attempt> {
        let account = account(email);
        if let Some(device) = device.and_then(|device| device::known(&self.0.secret, account, device)) {
            return self.begin(vec![Key::Device(device)], true).await;
        }
        let address = address(ip);
        self.begin(vec![Key::Both(address, account), Key::Address(address), Key::Account(account)], false).await
    }

    /// Begins a try to use a link to choose a password.
    ///
    /// # Errors
    /// `TooMany`, when links from this address were wrong too often in the last minute.
    pub async fn link(&self, ip: Option<IpAddr>) -> Result<Attempt> {
        self.begin(vec![Key::Link(address(ip))], false).await
    }

    async fn begin(&self, keys: Vec<Key>, known: bool) -> Result<Attempt> {
        let table = self.table(known);
        loop {
            // Before looking: what ends in between wakes us all the same.
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

/// A try to sign in or to use a link. One that is dropped, as when its caller hangs up, failed.
pub struct Attempt {
    throttle: Throttle,
    keys: Vec<Key>,
    known: bool,
    failed: bool,
}

impl Attempt {
    /// From a browser that signed in to this account before.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// The password or the link was wrong.
    #[expect(clippy::unused_self, reason = "one that is dropped has failed")]
    pub fn failed(self) {}

    /// It was right, or nobody found out.
    pub fn forget(mut self) {
        self.failed = false;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.throttle.table(self.known).end(&self.keys, self.failed, self.throttle.0.clock.now());
    }
}

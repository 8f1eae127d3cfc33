//! Counts connections and sockets per address, and in all.

use super::throttle::{Address, address};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

#[derive(Clone)]
pub struct Addresses {
    open: Arc<Mutex<Open>>,
    each: Option<usize>,
    all: usize,
}

#[derive(Default)]
struct Open {
    /// Only addresses with something open.
    of: HashMap<Address, usize>,
    all: usize,
}

/// One that is counted; dropping it decrements the counts.
pub struct AddressSlot {
    of: Addresses,
    address: Address,
}

impl Addresses {
    /// `each`: most per address, `None`: unlimited; `all`: most of all addresses together.
    pub fn new(each: Option<usize>, all: usize) -> Self {
        Self { open: Arc::default(), each, all }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when the address, or all together, have the maximum.
    pub fn enter(&self, ip: Option<IpAddr>) -> Option<AddressSlot> {
        let address = address(ip);
        let open = self.open();
        let count = open.of.get(&address).copied().unwrap_or_default();
        if open.all >= self.all || self.each.is_some_and(|each| count >= each) {
            return None;
        }
        Some(self.count(open, address))
    }

    fn count(&self, mut open: MutexGuard<'_, Open>, address: Address) -> AddressSlot {
        *open.of.entry(address).or_default() += 1;
        open.all += 1;
        AddressSlot { of: self.clone(), address }
    }
}

impl AddressSlot {
    /// Counts one more of this address, even beyond the maximum: it is open already.
    pub fn again(of: &Addresses, ip: Option<IpAddr>) -> Self {
        of.count(of.open(), address(ip))
    }
}

impl Drop for AddressSlot {
    fn drop(&mut self) {
        let mut open = self.of.open();
        open.all -= 1;
        if let Some(count) = open.of.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.of.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as callers give it")]
    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_network_has_its_own_places() {
        let addresses = Addresses::new(Some(2), usize::MAX);
        let first = addresses.enter(ip("2001:db8::1")).unwrap();
        let _second = addresses.enter(ip("2001:db8::ffff:2")).unwrap();
        assert!(addresses.enter(ip("2001:db8::3")).is_none());
        let _other = addresses.enter(ip("2001:db8:0:1::1")).unwrap();
        drop(first);
        let _third = addresses.enter(ip("2001:db8::3")).unwrap();
        let mapped = [addresses.enter(ip("10.0.0.1")).unwrap(), addresses.enter(ip("::ffff:10.0.0.1")).unwrap()];
        assert!(addresses.enter(ip("10.0.0.1")).is_none());
        drop(mapped);
        assert!(!addresses.open().of.contains_key(&address(ip("10.0.0.1"))), "no trace is left");
    }

    #[test]
    fn all_addresses_together_have_a_limit() {
        let addresses = Addresses::new(Some(2), 3);
        let three: Vec<_> = ["10.0.0.1", "10.0.0.1", "10.0.0.2"].iter().map(|one| addresses.enter(ip(one)).unwrap()).collect();
        assert!(addresses.enter(ip("10.0.0.3")).is_none());
        let over = AddressSlot::again(&addresses, ip("10.0.0.3"));
        drop(three);
        let _next = addresses.enter(ip("10.0.0.3")).unwrap();
        assert!(addresses.enter(ip("10.0.0.3")).is_none(), "the one beyond the maximum counts");
        drop(over);
        assert!(addresses.enter(ip("10.0.0.3")).is_some());
    }
}

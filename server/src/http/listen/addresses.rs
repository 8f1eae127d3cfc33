//! Counts connections per address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

#[derive(Clone)]
pub(super) struct Addresses {
    /// Only addresses with open connections.
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    each: Option<usize>,
}

/// One counted connection; dropping it decrements the count.
pub(super) struct AddressSlot {
    of: Addresses,
    address: IpAddr,
}

impl Addresses {
    /// `each`: connections per address; `None`: unlimited.
    pub(super) fn new(each: Option<usize>) -> Self {
        Self { open: Arc::default(), each }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when the address has the maximum.
    pub(super) fn enter(&self, address: IpAddr) -> Option<AddressSlot> {
        let address = network(address);
        let mut open = self.open();
        let count = open.entry(address).or_default();
        if self.each.is_some_and(|each| *count >= each) {
            return None;
        }
        *count += 1;
        Some(AddressSlot { of: self.clone(), address })
    }
}

impl Drop for AddressSlot {
    fn drop(&mut self) {
        let mut open = self.of.open();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// The key of an address: an IPv6 /64 belongs to one customer and counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_has_its_own_places() {
        let addresses = Addresses::new(Some(2));
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let first = addresses.enter(ip("2001:db8::1")).unwrap();
        let _second = addresses.enter(ip("2001:db8::ffff:2")).unwrap();
        assert!(addresses.enter(ip("2001:db8::3")).is_none());
        let _other = addresses.enter(ip("2001:db8:0:1::1")).unwrap();
        drop(first);
        let _third = addresses.enter(ip("2001:db8::3")).unwrap();
        let mapped = [addresses.enter(ip("10.0.0.1")).unwrap(), addresses.enter(ip("::ffff:10.0.0.1")).unwrap()];
        assert!(addresses.enter(ip("10.0.0.1")).is_none());
        drop(mapped);
        assert!(!addresses.open().contains_key(&ip("10.0.0.1")), "no trace is left");
    }
}

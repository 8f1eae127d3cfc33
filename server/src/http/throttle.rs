//! How often a sign-in may fail. Wrong passwords are counted, right ones never; each node counts by itself.
//!
//! - One address may fail 10 times a minute at one account, and 100 times at all accounts together. An IPv6 network (/64) is one address.
//! - After 100 failures in a minute at one account, wherever from, each address has 1 try a minute there: an attack by many addresses is
//!   slowed, and its owner gets in.
//! - A browser that signed in before is known by a cookie and has 10 tries of its own, whatever others do.
//!
//! A key of these counts has a fixed size, counts are forgotten after a minute, and there are at most 50,000.

use crate::clock::SharedClock;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Error, Result, Timestamp,
    text::normalise_email,
    time::{MINUTE, SECOND},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

/// Failures per minute of one address, or of one known device, at one account.
const TRIES: u32 = 10;
/// Failures per minute of one address at all accounts.
const TRIES_OF_ADDRESS: u32 = 100;
/// Failures per minute at one account, after which each address has one try.
const ATTACK: u32 = 100;
const KEPT: usize = 50_000;
/// Old counts are looked for this often at most, however full it is.
const SWEEP: i64 = SECOND;

/// Bytes of a device's random part and of its proof.
const NONCE: usize = 16;
const PROOF: usize = 32;

/// An e-mail as 128 bits, however long it is.
type Account = [u8; 16];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Address {
    V4([u8; 4]),
    /// The first 64 bits: whoever has one of its addresses has them all.
    V6([u8; 8]),
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Address(Address),
    Account(Account),
    Both(Address, Account),
    Device([u8; NONCE]),
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    failed: u32,
    /// Of the first failure that counts.
    since: Timestamp,
    /// Tries whose outcome is not known yet. They count, so that a thousand at once are not a thousand tries.
    running: u32,
}

impl Count {
    fn failed(&self, now: Timestamp) -> u32 {
        if self.is_old(now) { 0 } else { self.failed }
    }

    fn is_old(&self, now: Timestamp) -> bool {
        !(0..MINUTE).contains(&(now.0 - self.since.0))
    }
}

#[derive(Default)]
struct Counts {
    of: HashMap<Key, Count>,
    swept: Timestamp,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Throttle(Arc<Shared>);

struct Shared {
    clock: SharedClock,
    /// Proves that a device's token is ours.
    secret: String,
    counts: Mutex<Counts>,
    /// A try came to its end.
    ended: Notify,
}

enum Turn {
    Go,
    /// As many tries are running as are left.
    Wait,
    Refused(u32),
}

impl Throttle {
    /// The name under which the database keeps the secret; all nodes share it.
    pub const SECRET: &str = "device_secret";

    pub fn new(clock: SharedClock, secret: String) -> Self {
        Self(Arc::new(Shared { clock, secret, counts: Mutex::default(), ended: Notify::new() }))
    }

    /// A new token for a browser that signed in with this e-mail. It opens nothing: it is only known by it.
    pub fn device(&self, email: &str) -> String {
        let random = self.0.clock.secret();
        let mut token = random[..NONCE].to_vec();
        token.extend(self.proof(account(email), &random[..NONCE]).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    fn proof(&self, account: Account, nonce: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let proof = Hmac::<Sha256>::new_from_slice(self.0.secret.as_bytes()).expect("a key of any length");
        proof.chain_update(account).chain_update(nonce)
    }

    fn known(&self, account: Account, device: &str) -> Option<[u8; NONCE]> {
        // A longer one is none of ours; it is not even decoded.
        let token = (device.len() <= 80).then(|| URL_SAFE_NO_PAD.decode(device).ok()).flatten()?;
        let (nonce, proof) = token.split_at_checked(NONCE).filter(|(_, proof)| proof.len() == PROOF)?;
        self.proof(account, nonce).verify_slice(proof).ok()?;
        nonce.try_into().ok()
    }

    /// Begins a try to sign in, which says when it is over how it ended. Waits while too many others are under way.
    ///
    /// # Errors
    /// `TooMany`, when this address or this device failed too often in the last minute.
    pub async fn attempt(&self, ip: Option<IpAddr>, email: &str, device: Option<&str>) -> Result<Attempt> {
        let account = account(email);
        let keys = if let Some(device) = device.and_then(|device| self.known(account, device)) {
            vec![Key::Device(device)]
        } else {
            let address = address(ip);
            vec![Key::Both(address, account), Key::Address(address), Key::Account(account)]
        };
        loop {
            // Before looking: what ends in between wakes us all the same.
            let ended = self.0.ended.notified();
            match self.turn(&keys) {
                Turn::Go => return Ok(Attempt { throttle: self.clone(), keys, failed: true }),
                Turn::Wait => ended.await,
                Turn::Refused(retry_after) => return Err(Error::TooMany { retry_after }),
            }
        }
    }

    fn turn(&self, keys: &[Key]) -> Turn {
        let now = self.0.clock.now();
        let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.of.len() + keys.len() > KEPT && now.0 - counts.swept.0 >= SWEEP {
            counts.swept = now;
            counts.of.retain(|_, count| count.running > 0 || !count.is_old(now));
        }
        if counts.of.len() + keys.len() > KEPT {
            return Turn::Refused((MINUTE / SECOND) as u32);
        }
        let attacked =
            keys.iter().any(|key| matches!(key, Key::Account(_)) && counts.of.get(key).is_some_and(|count| count.failed(now) >= ATTACK));
        let mut turn = Turn::Go;
        for key in keys {
            let limit = match key {
                Key::Both(..) if attacked => 1,
                Key::Both(..) | Key::Device(_) => TRIES,
                Key::Address(_) => TRIES_OF_ADDRESS,
                Key::Account(_) => continue,
            };
            let Some(count) = counts.of.get(key) else { continue };
            let failed = count.failed(now);
            if failed >= limit {
                return Turn::Refused(((count.since.0 + MINUTE - now.0) / SECOND + 1) as u32);
            }
            if failed + count.running >= limit {
                turn = Turn::Wait;
            }
        }
        if matches!(turn, Turn::Go) {
            for key in keys {
                counts.of.entry(*key).or_default().running += 1;
            }
        }
        turn
    }

    fn end(&self, keys: &[Key], failed: bool) {
        let now = self.0.clock.now();
        let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let Some(count) = counts.of.get_mut(key) else { continue };
            count.running = count.running.saturating_sub(1);
            if failed {
                if count.is_old(now) {
                    (count.failed, count.since) = (0, now);
                }
                count.failed = count.failed.saturating_add(1);
            }
            if count.running == 0 && count.failed(now) == 0 {
                counts.of.remove(key);
            }
        }
        drop(counts);
        self.0.ended.notify_waiters();
    }
}

/// A try to sign in. One that is dropped, as when its caller hangs up, failed.
pub struct Attempt {
    throttle: Throttle,
    keys: Vec<Key>,
    failed: bool,
}

impl Attempt {
    /// The password was wrong.
    #[expect(clippy::unused_self, reason = "one that is dropped has failed")]
    pub fn failed(self) {}

    /// It was right, or nobody found out.
    pub fn forget(mut self) {
        self.failed = false;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.throttle.end(&self.keys, self.failed);
    }
}

fn account(email: &str) -> Account {
    // As the account is looked up; what is no address is a key too.
    let email = normalise_email(email).unwrap_or_else(|_| email.to_owned());
    let hash: [u8; 32] = Sha256::digest(email.as_bytes()).into();
    let mut account = Account::default();
    account.copy_from_slice(&hash[..16]);
    account
}

fn address(ip: Option<IpAddr>) -> Address {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};
    use std::sync::atomic::{AtomicI64, Ordering};

    const ANA: &str = "ana@example.com";

    /// Time that only goes when told to.
    #[derive(Default)]
    struct Still(AtomicI64);

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::SeqCst))
        }
        fn id(&self) -> uuid::Uuid {
            SystemClock.id()
        }
        fn secret(&self) -> [u8; 32] {
            SystemClock.secret()
        }
    }

    fn throttle() -> (Throttle, Arc<Still>) {
        let clock = Arc::new(Still(AtomicI64::new(1_000 * MINUTE)));
        (Throttle::new(clock.clone(), "secret".to_owned()), clock)
    }

    #[expect(clippy::unnecessary_wraps, reason = "as callers give it")]
    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    async fn fails(throttle: &Throttle, from: &str, email: &str, device: Option<&str>) -> bool {
        throttle.attempt(ip(from), email, device).await.map(Attempt::failed).is_ok()
    }

    #[tokio::test]
    async fn an_address_fails_ten_times_at_an_account_and_others_go_on() {
        let (throttle, clock) = throttle();
        for _ in 0..10 {
            assert!(fails(&throttle, "10.0.0.1", ANA, None).await);
        }
        let refused = throttle.attempt(ip("10.0.0.1"), " ANA@example.com ", None).await.err();
        assert!(matches!(refused, Some(Error::TooMany { retry_after: 1..=61 })), "however the e-mail is written: {refused:?}");
        assert!(fails(&throttle, "10.0.0.2", ANA, None).await, "the right person, from where they are");
        assert!(fails(&throttle, "10.0.0.1", "ben@example.com", None).await, "someone else in the same house");
        clock.0.fetch_add(MINUTE, Ordering::SeqCst);
        assert!(fails(&throttle, "10.0.0.1", ANA, None).await, "a minute later");
    }

    #[tokio::test]
    async fn a_network_is_one_address() {
        let (throttle, _) = throttle();
        for n in 0..10 {
            assert!(fails(&throttle, &format!("2001:db8:0:1::{n}"), ANA, None).await);
        }
        assert!(!fails(&throttle, "2001:db8:0:1:ffff:1:2:3", ANA, None).await);
        assert!(fails(&throttle, "2001:db8:0:2::1", ANA, None).await);
        for _ in 0..10 {
            assert!(fails(&throttle, "10.0.0.1", ANA, None).await);
        }
        assert!(!fails(&throttle, "::ffff:10.0.0.1", ANA, None).await, "an IPv4 address in IPv6 letters");
    }

    #[tokio::test]
    async fn right_passwords_are_never_counted() {
        let (throttle, _) = throttle();
        for _ in 0..500 {
            throttle.attempt(ip("10.0.0.1"), ANA, None).await.unwrap().forget();
        }
        assert!(throttle.0.counts.lock().unwrap().of.is_empty(), "nothing is left of them");
        // Twenty in the same moment: the eleventh waits for an outcome, and is not refused.
        let tries = (0..20).map(|_| {
            let throttle = throttle.clone();
            tokio::spawn(async move {
                let attempt = throttle.attempt(ip("10.0.0.1"), ANA, None).await?;
                tokio::task::yield_now().await;
                attempt.forget();
                Ok::<_, Error>(())
            })
        });
        for tried in futures::future::join_all(tries).await {
            tried.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn many_at_once_are_not_more_than_are_left() {
        let (throttle, _) = throttle();
        let tries = (0..50).map(|_| fails(&throttle, "10.0.0.1", ANA, None));
        assert_eq!(futures::future::join_all(tries).await.into_iter().filter(|tried| *tried).count(), 10);
        let dropped = throttle.attempt(ip("10.0.0.2"), ANA, None).await.unwrap();
        drop(dropped);
        assert_eq!(
            throttle.0.counts.lock().unwrap().of[&Key::Both(address(ip("10.0.0.2")), account(ANA))].failed,
            1,
            "who hangs up failed"
        );
    }

    #[tokio::test]
    async fn a_known_device_gets_in_whatever_others_do() {
        let (throttle, _) = throttle();
        let device = throttle.device(ANA);
        for n in 0..300 {
            fails(&throttle, &format!("10.0.{}.1", n % 200), ANA, None).await;
            fails(&throttle, "10.1.0.1", &format!("a{n}@example.com"), None).await;
        }
        assert!(!fails(&throttle, "10.1.0.1", ANA, None).await, "an address that tried everyone");
        assert!(fails(&throttle, "10.2.0.1", ANA, None).await, "a new address has one try");
        assert!(!fails(&throttle, "10.2.0.1", ANA, None).await, "and no second");
        for _ in 0..10 {
            assert!(fails(&throttle, "10.1.0.1", ANA, Some(&device)).await);
        }
        assert!(!fails(&throttle, "10.1.0.1", ANA, Some(&device)).await, "ten tries it has itself");
        let other = throttle.device("ben@example.com");
        let mut forged = throttle.device(ANA);
        forged.replace_range(..1, if forged.starts_with('A') { "B" } else { "A" });
        let foreign = Throttle::new(Arc::new(SystemClock), "another".to_owned()).device(ANA);
        for unknown in ["", "x", &"A".repeat(64), &"A".repeat(100_000), &other, &forged, &foreign] {
            assert!(!fails(&throttle, "10.2.0.1", ANA, Some(unknown)).await, "{}", &unknown[..unknown.len().min(80)]);
        }
    }

    #[tokio::test]
    async fn what_strangers_send_is_bounded() {
        let (throttle, clock) = throttle();
        let long = "x".repeat(1_900_000);
        for n in 0..20_000_u32 {
            let from = IpAddr::from(n.to_be_bytes());
            let tried = throttle.attempt(Some(from), if n == 0 { &long } else { ANA }, None).await.map(Attempt::failed);
            clock.0.fetch_add(1, Ordering::SeqCst);
            assert!(tried.is_ok());
        }
        for n in 20_000..60_000_u32 {
            drop(throttle.attempt(Some(IpAddr::from(n.to_be_bytes())), ANA, None).await);
        }
        assert!(throttle.0.counts.lock().unwrap().of.len() <= KEPT);
        assert!(!fails(&throttle, "10.0.0.1", "ben@example.com", None).await, "full");
        clock.0.fetch_add(MINUTE, Ordering::SeqCst);
        assert!(fails(&throttle, "10.0.0.1", "ben@example.com", None).await);
        assert!(throttle.0.counts.lock().unwrap().of.len() <= 3, "old counts are forgotten");
    }
}

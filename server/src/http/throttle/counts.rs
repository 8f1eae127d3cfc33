//! Failures of the last minute per key: at most 50,000 keys; old ones are swept.

use super::key::Key;
use domain::{
    Timestamp,
    time::{MINUTE, SECOND},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Failures per minute: per address and account, per known device, and per address for links and for sign-ups.
const TRIES: u32 = 10;
/// Failures per minute of all known devices of one account, since whoever knows the password can make any number of them.
const TRIES_OF_DEVICES: u32 = 30;
/// Failures per minute of one address over all accounts.
const TRIES_OF_ADDRESS: u32 = 100;
/// Failures per minute at one account after which each address has only 1 try.
const ATTACK: u32 = 100;
pub(super) const KEPT: usize = 50_000;
/// Minimum time between two sweeps.
const SWEEP: i64 = SECOND;

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Count {
    pub failed: u32,
    /// Time of the first failure in this minute.
    since: Timestamp,
    /// Running tries. They count against the limit, so that 1,000 concurrent tries are not allowed.
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
pub(super) struct Counts {
    pub of: HashMap<Key, Count>,
    swept: Timestamp,
}

/// A table of counts, and a notification for waiters.
#[derive(Default)]
pub(super) struct Table {
    counts: Mutex<Counts>,
    /// A try ended.
    pub ended: Notify,
}

pub(super) enum Admission {
    Go,
    /// All remaining tries are running.
    Wait,
    /// Seconds until the next try.
    Refused(u32),
}

impl Table {
    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a try under all keys, if each has one left.
    pub(super) fn admit(&self, keys: &[Key], now: Timestamp) -> Admission {
        let mut counts = self.counts();
        if counts.of.len() + keys.len() > KEPT && now.0 - counts.swept.0 >= SWEEP {
            counts.swept = now;
            counts.of.retain(|_, count| count.running > 0 || !count.is_old(now));
        }
        if counts.of.len() + keys.len() > KEPT {
            return Admission::Refused((MINUTE / SECOND) as u32);
        }
        let attacked =
            keys.iter().any(|key| matches!(key, Key::Account(_)) && counts.of.get(key).is_some_and(|count| count.failed(now) >= ATTACK));
        let mut admission = Admission::Go;
        for key in keys {
            let limit = match key {
                Key::Both(..) if attacked => 1,
                Key::Both(..) | Key::Device(_) | Key::Link(_) | Key::SignUp(_) => TRIES,
                Key::Address(_) => TRIES_OF_ADDRESS,
                Key::Devices(_) => TRIES_OF_DEVICES,
                Key::Account(_) => continue,
            };
            let Some(count) = counts.of.get(key) else { continue };
            let failed = count.failed(now);
            if failed >= limit {
                return Admission::Refused(((count.since.0 + MINUTE - now.0) / SECOND + 1) as u32);
            }
            if failed + count.running >= limit {
                admission = Admission::Wait;
            }
        }
        if matches!(admission, Admission::Go) {
            for key in keys {
                counts.of.entry(*key).or_default().running += 1;
            }
        }
        admission
    }

    pub(super) fn end(&self, keys: &[Key], failed: bool, now: Timestamp) {
        let mut counts = self.counts();
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
        self.ended.notify_waiters();
    }
}

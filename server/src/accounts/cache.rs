//! Caches the actor of a session or key for 1 second, so that a page's many requests read the database once.

use domain::{Actor, Timestamp, time::SECOND};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Lifetime of an entry. A change on this node clears the cache at once; a change on another node is seen after this time. Short, because
/// a socket, which checks every few seconds, must close within 5 seconds.
const KEPT: i64 = SECOND;
/// Maximum entries; a full cache is cleared.
const SIZE: usize = 20_000;

#[derive(Default)]
pub(super) struct Cache(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    actors: HashMap<[u8; 32], (Actor, Timestamp)>,
    /// Incremented by `clear`: an actor read from the database before a `clear` must not be cached after it.
    generation: u64,
}

impl Cache {
    /// The cached actor, or the generation to pass to `keep`.
    pub(super) fn get(&self, secret: &[u8; 32], now: Timestamp) -> Result<Actor, u64> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.actors.get(secret) {
            Some((actor, at)) if (0..KEPT).contains(&(now.0 - at.0)) => Ok(actor.clone()),
            _ => Err(entries.generation),
        }
    }

    pub(super) fn keep(&self, secret: [u8; 32], actor: Actor, now: Timestamp, generation: u64) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.generation == generation {
            if entries.actors.len() >= SIZE {
                entries.actors.clear();
            }
            entries.actors.insert(secret, (actor, now));
        }
    }

    /// Called after a sign-out, an ended session or a new role.
    pub(super) fn clear(&self) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.actors.clear();
        entries.generation += 1;
    }
}

//! Who is behind a secret, remembered for a moment, so that a page's many requests ask the database once.

use domain::{Actor, Timestamp, time::SECOND};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// A change on another node is seen after this long at the latest; one on this node at once. Short, because sockets that
/// ask again every few seconds have five for it all.
const KEPT: i64 = SECOND;
/// Sessions in use at one moment; past it, it starts anew.
const SIZE: usize = 20_000;

#[derive(Default)]
pub(super) struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    actors: HashMap<[u8; 32], (Actor, Timestamp)>,
    /// Counts `clear`, so that an answer read before one is not kept after it.
    generation: u64,
}

impl Cache {
    /// The actor, or the generation to hand to `keep`.
    pub(super) fn get(&self, secret: &[u8; 32], now: Timestamp) -> Result<Actor, u64> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.actors.get(secret) {
            Some((actor, at)) if (0..KEPT).contains(&(now.0 - at.0)) => Ok(actor.clone()),
            _ => Err(kept.generation),
        }
    }

    pub(super) fn keep(&self, secret: [u8; 32], actor: Actor, now: Timestamp, generation: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.generation == generation {
            if kept.actors.len() >= SIZE {
                kept.actors.clear();
            }
            kept.actors.insert(secret, (actor, now));
        }
    }

    /// Someone signed out, lost a session or got another role.
    pub(super) fn clear(&self) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.actors.clear();
        kept.generation += 1;
    }
}

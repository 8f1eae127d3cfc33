//! Open sockets by client id: the second connection of a client id replaces the first.

use domain::{Actor, ActorRef};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// The account, because one account must not close the sockets of another, and the client id.
type Key = (String, String);

#[derive(Default)]
pub struct Places(Mutex<HashMap<Key, CancellationToken>>);

/// A socket's place. On drop it is free again.
pub struct Place {
    places: Arc<Places>,
    key: Key,
    replaced: CancellationToken,
}

impl Places {
    fn open(&self) -> MutexGuard<'_, HashMap<Key, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn take(self: &Arc<Self>, actor: &Actor, client_id: String) -> Place {
        let account = match &actor.who {
            ActorRef::User { id, .. } => id.to_string(),
            ActorRef::Key { id, .. } => id.to_string(),
            ActorRef::Guest | ActorRef::System => String::new(),
        };
        let (key, replaced) = ((account, client_id), CancellationToken::new());
        let mut open = self.open();
        if let Some(former) = open.insert(key.clone(), replaced.clone()) {
            former.cancel();
        }
        drop(open);
        Place { places: self.clone(), key, replaced }
    }
}

impl Place {
    /// Returns when another connection has taken the place.
    pub async fn replaced(self) {
        self.replaced.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Under the lock, as the replacement is: otherwise the place of another could be removed.
        let mut open = self.places.open();
        if !self.replaced.is_cancelled() {
            open.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_freed_by_its_last_holder_alone() {
        let places: Arc<Places> = Arc::default();
        let first = places.take(&Actor::guest(), "a".to_owned());
        let second = places.take(&Actor::guest(), "a".to_owned());
        assert!(first.replaced.is_cancelled() && !second.replaced.is_cancelled());
        drop(first);
        assert_eq!(places.open().len(), 1);
        // Taken by many at once: each end frees its own place or none.
        drop(second);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..2_000).for_each(|_| drop(places.take(&Actor::guest(), "a".to_owned()))));
            }
        });
        assert!(places.open().is_empty());
    }
}

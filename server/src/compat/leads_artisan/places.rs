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
        if let Some(former) = self.open().insert(key.clone(), replaced.clone()) {
            former.cancel();
        }
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
        if !self.replaced.is_cancelled() {
            self.places.open().remove(&self.key);
        }
    }
}

//! The change log for programs that do not speak `/live`: sockets of the contracts, and server-sent events. `Follow` reads each committed
//! change once and in order. A `Feed` encodes it once for all of its listeners.
//!
//! A carrier admits its clients by `socket::Listener`, and closes those that lag.

mod follow;

pub use follow::Follow;

use crate::store::Store;
use domain::{Change, Entity, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Frames that a listener may lag behind. All listeners share them, so that a slow one costs no memory of its own.
const CAPACITY: usize = 1_024;

/// Writes changes as the frames of one contract.
pub trait Encoder: Send + Sync + 'static {
    /// Cheap to clone: each listener gets a clone.
    type Frame: Clone + Send + 'static;

    /// The frames of these changes, in their order. A change that the contract does not know has none.
    ///
    /// # Errors
    /// Errors of the database. All listeners are disconnected then, because they would miss a frame.
    fn encode(&self, changes: &[Arc<Change>]) -> impl Future<Output = Result<Vec<Self::Frame>>> + Send;
}

/// The frames of one contract. Cheap to clone.
pub struct Feed<E: Encoder>(Arc<Shared<E>>);

struct Shared<E: Encoder> {
    store: Store,
    encoder: E,
    /// Present while a task encodes.
    frames: Mutex<Option<broadcast::Sender<E::Frame>>>,
}

impl<E: Encoder> Clone for Feed<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Encoder> Feed<E> {
    /// Nothing is encoded while nobody listens.
    pub fn new(store: Store, encoder: E) -> Self {
        Self(Arc::new(Shared { store, encoder, frames: Mutex::default() }))
    }

    /// The frames of all changes from now on. After `Lagged` frames are missing: close the client, or let it read again. After `Closed` it
    /// must connect again.
    pub fn listen(&self) -> broadcast::Receiver<E::Frame> {
        let mut running = self.0.running();
        if let Some(frames) = &*running {
            return frames.subscribe();
        }
        let (frames, receiver) = broadcast::channel(CAPACITY);
        *running = Some(frames.clone());
        // Follows from here on, and not from when the task starts.
        let changes = Follow::begin(&self.0.store);
        tokio::spawn(self.0.clone().run(changes, frames));
        receiver
    }
}

impl<E: Encoder> Shared<E> {
    fn running(&self) -> MutexGuard<'_, Option<broadcast::Sender<E::Frame>>> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Encodes until nobody listens.
    async fn run(self: Arc<Self>, mut changes: Follow, frames: broadcast::Sender<E::Frame>) {
        loop {
            let encoded = tokio::select! {
                encoded = self.next(&mut changes) => encoded,
                () = frames.closed() => Ok(Vec::new()),
            };
            let Ok(encoded) = encoded else {
                // Dropping `frames` disconnects the listeners.
                *self.running() = None;
                return;
            };
            for frame in encoded {
                drop(frames.send(frame));
            }
            let mut running = self.running();
            if frames.receiver_count() == 0 {
                *running = None;
                return;
            }
        }
    }

    async fn next(&self, changes: &mut Follow) -> Result<Vec<E::Frame>> {
        let mut batch = changes.next().await?;
        batch.retain(|change| is_shown(change));
        if batch.is_empty() { Ok(Vec::new()) } else { self.encoder.encode(&batch).await }
    }
}

/// Whether feeds have this change: leads and campaigns, one by one or as a set.
pub fn is_shown(change: &Change) -> bool {
    change.record().is_some_and(|record| matches!(record.entity(), Entity::Lead | Entity::Campaign | Entity::Set))
}

//! Permits for reads that may take long, such as filters and counts over all leads: few at once, fewer per caller, first come first served.
//! A caller with many reads waits behind their own reads, and does not delay other callers.

use super::Value;
use domain::{Actor, ActorRef, Error, Result};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Most long reads of one caller at once.
const EACH: usize = 2;
/// Most reads of one caller that run or wait; more are refused.
const MOST: usize = 64;

/// The user or API key whose reads are limited together. All guests are one; nil is the server itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requester(Uuid);

impl From<&Actor> for Requester {
    fn from(actor: &Actor) -> Self {
        Self::from(&actor.who)
    }
}

impl From<&ActorRef> for Requester {
    fn from(who: &ActorRef) -> Self {
        Self(match *who {
            ActorRef::User { id, .. } => id.0,
            ActorRef::Key { id, .. } => id.0,
            ActorRef::Guest => Uuid::max(),
            ActorRef::System => Uuid::nil(),
        })
    }
}

impl From<Requester> for Value {
    fn from(requester: Requester) -> Self {
        Self::Id(Some(requester.0))
    }
}

#[derive(Clone)]
pub(super) struct ReadPermits {
    all: Arc<Semaphore>,
    /// The callers with running or waiting reads.
    requesters: Arc<Mutex<HashMap<Requester, Queue>>>,
}

struct Queue {
    permits: Arc<Semaphore>,
    here: usize,
}

tokio::task_local! {
    /// Whose permit the task holds around what it does.
    static TURN: Requester;
}

/// A permit for a long read, released on drop. Nothing inside of a turn of the same caller, which holds one already.
pub struct ReadPermit {
    _held: Option<Held>,
}

struct Held {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _entry: QueueEntry,
}

/// An entry in the queue of a caller, removed on drop.
struct QueueEntry {
    of: ReadPermits,
    requester: Requester,
}

impl ReadPermits {
    /// `at_once`: most long reads at once, over all callers.
    pub(super) fn new(at_once: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(at_once)), requesters: Arc::default() }
    }

    fn requesters(&self) -> MutexGuard<'_, HashMap<Requester, Queue>> {
        self.requesters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    /// `TooMany` when too many reads of this caller are waiting.
    pub(super) async fn take(&self, requester: Requester) -> Result<ReadPermit> {
        if TURN.try_with(|turn| *turn == requester).unwrap_or(false) {
            return Ok(ReadPermit { _held: None });
        }
        let (entry, permits) = self.queue(requester)?;
        // The semaphores are never closed.
        let own = permits.acquire_owned().await.map_err(|_| Error::Internal)?;
        let all = self.all.clone().acquire_owned().await.map_err(|_| Error::Internal)?;
        Ok(ReadPermit { _held: Some(Held { _all: all, _own: own, _entry: entry }) })
    }

    /// Runs `work` while it holds a permit; long reads in it need no other.
    ///
    /// # Errors
    /// As `take`.
    pub(super) async fn in_turn<T>(&self, requester: Requester, work: impl Future<Output = T>) -> Result<T> {
        let _permit = self.take(requester).await?;
        Ok(TURN.scope(requester, work).await)
    }

    fn queue(&self, requester: Requester) -> Result<(QueueEntry, Arc<Semaphore>)> {
        let mut requesters = self.requesters();
        let queue = requesters.entry(requester).or_insert_with(|| Queue { permits: Arc::new(Semaphore::new(EACH)), here: 0 });
        if queue.here >= MOST {
            return Err(Error::TooMany { retry_after: 1 });
        }
        queue.here += 1;
        Ok((QueueEntry { of: self.clone(), requester }, queue.permits.clone()))
    }
}

impl Drop for QueueEntry {
    fn drop(&mut self) {
        let mut requesters = self.of.requesters();
        if let Some(queue) = requesters.get_mut(&self.requester) {
            queue.here -= 1;
            if queue.here == 0 {
                requesters.remove(&self.requester);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn requester(n: u128) -> Requester {
        Requester(Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn one_asker_leaves_room_for_others_and_no_trace() {
        let permits = ReadPermits::new(3);
        let first = permits.take(requester(1)).await.unwrap();
        let second = permits.take(requester(1)).await.unwrap();
        assert!(permits.take(requester(1)).now_or_never().is_none(), "a third at once");
        let mut waiting: Vec<_> = (2..MOST).map(|_| Box::pin(permits.take(requester(1)))).collect();
        for wait in &mut waiting {
            assert!(wait.now_or_never().is_none());
        }
        assert!(matches!(permits.take(requester(1)).await, Err(Error::TooMany { .. })));
        let other = permits.take(requester(2)).now_or_never().expect("others do not wait").unwrap();
        drop(waiting);
        drop((first, second, other));
        let reads = permits.in_turn(requester(1), async {
            for _ in 0..=EACH {
                std::mem::forget(permits.take(requester(1)).await.unwrap());
            }
            let other = permits.take(requester(2)).await.unwrap();
            assert_eq!(permits.all.available_permits(), 1, "one for the whole turn, and that of another");
            other
        });
        drop(reads.await.unwrap());
        assert!(permits.requesters().is_empty());
        assert_eq!(permits.all.available_permits(), 3);
    }
}

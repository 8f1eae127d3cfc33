//! Every change, once and in order: from memory, and what was missed there from the log.

use crate::store::{Store, log};
use domain::{Change, Error, Result};
use std::sync::Arc;
use tokio::sync::broadcast::{
    Receiver,
    error::{RecvError, TryRecvError},
};

/// Most changes at once.
const BATCH: usize = 500;

pub struct Follow {
    store: Store,
    feed: Receiver<Arc<Change>>,
    /// Changes that were dropped from memory before the next one there.
    missed: i64,
    /// Changes to read from the log: after the first, up to and including the second.
    gap: Option<(i64, i64)>,
}

impl Follow {
    /// Begins with the next change.
    pub fn begin(store: &Store) -> Self {
        Self { store: store.clone(), feed: store.feed(), missed: 0, gap: None }
    }

    /// The next changes.
    ///
    /// # Errors
    /// Errors of the database; `Unavailable` when the log no longer has a missed change, or the store closes.
    pub async fn next(&mut self) -> Result<Vec<Arc<Change>>> {
        let mut batch = Vec::new();
        while self.gap.is_none() && batch.is_empty() {
            match self.feed.recv().await {
                Ok(change) => self.take(change, &mut batch),
                Err(RecvError::Lagged(count)) => self.missed += count as i64,
                Err(RecvError::Closed) => return Err(Error::Unavailable("The database was closed".to_owned())),
            }
        }
        while self.gap.is_none() && batch.len() < BATCH {
            match self.feed.try_recv() {
                Ok(change) => self.take(change, &mut batch),
                Err(TryRecvError::Lagged(count)) => self.missed += count as i64,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if batch.is_empty() { self.read().await } else { Ok(batch) }
    }

    /// Appends the change, or notes that it and those before it must be read.
    fn take(&mut self, change: Arc<Change>, batch: &mut Vec<Arc<Change>>) {
        match (std::mem::take(&mut self.missed), change.seq) {
            (missed @ 1.., Some(seq)) => self.gap = Some((seq - 1 - missed, seq)),
            _ => batch.push(change),
        }
    }

    /// The next changes of the gap.
    async fn read(&mut self) -> Result<Vec<Arc<Change>>> {
        let Some((after, upto)) = self.gap else { return Ok(Vec::new()) };
        let changes = self.store.read(move |conn| Box::pin(log::since(conn, after, upto, BATCH as i64))).await?;
        if changes.first().and_then(|change| change.seq) != Some(after + 1) {
            return Err(Error::Unavailable("The log no longer has all changes since then".to_owned()));
        }
        let last = after + changes.len() as i64;
        self.gap = (last < upto).then_some((last, upto));
        Ok(changes.into_iter().map(Arc::new).collect())
    }
}

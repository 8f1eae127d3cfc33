//! The connections that read from SQLite. Each is a pool of one, so that it is known which `Deadline` stops it.

use super::{
    deadline::{Deadline, INSTRUCTIONS},
    failures::failed,
};
use domain::Result;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Longest wait for a connection; after that the database counts as busy.
const WAIT: Duration = Duration::from_secs(10);

pub(super) struct Readers {
    all: Vec<Reader>,
    /// Indexes of the free readers; the one that was returned first is in front.
    free: Mutex<VecDeque<usize>>,
    permits: Semaphore,
}

struct Reader {
    pool: SqlitePool,
    brake: Arc<Deadline>,
}

/// A reader in use. On drop, a statement that it still runs is interrupted.
pub(super) struct ReaderGuard<'r> {
    of: &'r Readers,
    at: usize,
    _permit: SemaphorePermit<'r>,
}

impl Readers {
    pub(super) fn new(options: &SqliteConnectOptions, count: usize) -> Self {
        Self {
            all: (0..count).map(|_| Reader::new(options.clone())).collect(),
            free: Mutex::new((0..count).collect()),
            permits: Semaphore::new(count),
        }
    }

    /// Waits for a free reader, in the order of calls.
    pub(super) async fn take(&self) -> Result<ReaderGuard<'_>> {
        let busy = || failed(&sqlx::Error::PoolTimedOut);
        let permit = tokio::time::timeout(WAIT, self.permits.acquire()).await.map_err(|_| busy())?;
        let permit = permit.map_err(|_| failed(&sqlx::Error::PoolClosed))?;
        let at = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        // There is one permit per reader, so that one is free.
        Ok(ReaderGuard { of: self, at: at.ok_or_else(busy)?, _permit: permit })
    }

    pub(super) async fn close(&self) {
        self.permits.close();
        for reader in &self.all {
            reader.pool.close().await;
        }
    }
}

impl Reader {
    fn new(options: SqliteConnectOptions) -> Self {
        let brake = Arc::new(Deadline::new());
        let its = brake.clone();
        // A file does not disconnect: there is nothing to test before a read.
        let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false).after_connect(move |conn, _| {
            let brake = its.clone();
            Box::pin(async move {
                conn.lock_handle().await?.set_progress_handler(INSTRUCTIONS, move || brake.may_continue());
                Ok(())
            })
        });
        Self { pool: pool.connect_lazy_with(options), brake }
    }
}

impl ReaderGuard<'_> {
    pub(super) fn pool(&self) -> &SqlitePool {
        &self.of.all[self.at].pool
    }

    /// Lets the connection run statements for `time`. Call it after the pool has handed out the connection: only then has the previous
    /// statement ended.
    pub(super) fn release(&self, time: Duration) {
        self.of.all[self.at].brake.release(time);
    }
}

impl Drop for ReaderGuard<'_> {
    fn drop(&mut self) {
        self.of.all[self.at].brake.pull();
        self.of.free.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.at);
    }
}

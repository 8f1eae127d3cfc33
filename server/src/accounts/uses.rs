//! Last uses of keys and sessions, written in the background, so that no request waits for the writer.

use crate::{
    background::Background,
    store::{Query, Store},
};
use async_trait::async_trait;
use domain::{Actor, Result};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Mutex as AsyncMutex;
use uuid::Uuid;

/// Clones share their uses.
#[derive(Clone)]
pub struct LastUses {
    store: Store,
    /// Statements that are to be written, by key or session.
    waiting: Arc<Mutex<HashMap<Uuid, Query>>>,
    /// Held during a write.
    writing: Arc<AsyncMutex<()>>,
}

impl LastUses {
    pub(super) fn new(store: Store) -> Self {
        Self { store, waiting: Arc::default(), writing: Arc::default() }
    }

    /// Writes the use of `id` soon. While an earlier use waits to be written, this one is left out.
    pub(super) fn note(&self, id: Uuid, used: Query) {
        let first = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let first = waiting.is_empty();
            waiting.entry(id).or_insert(used);
            first
        };
        if first {
            let this = self.clone();
            tokio::spawn(async move { this.flush().await });
        }
    }

    /// Returns when all uses noted until now are written. After a failure they are lost: the keys and sessions only look unused for longer.
    pub async fn flush(&self) {
        let _one = self.writing.lock().await;
        let uses = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if uses.is_empty() {
            return;
        }
        // In one order on every server, so that two writes do not wait for each other.
        let mut uses: Vec<_> = uses.into_iter().collect();
        uses.sort_unstable_by_key(|(id, _)| *id);
        let uses = uses.into_iter().map(|(_, used)| used).collect();
        if let Err(error) = self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run_all(uses).await })).await {
            tracing::warn!(%error, "last uses of keys and sessions were not noted");
        }
    }
}

#[async_trait]
impl Background for LastUses {
    async fn resume(&self) -> Result<()> {
        Ok(())
    }

    async fn shutdown(&self) {
        self.flush().await;
    }
}

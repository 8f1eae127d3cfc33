//! The queries that are kept, and their totals.

use super::Task;
use crate::live::{
    count,
    frame::Item,
    query::{Kept, Waiting},
};
use domain::{
    Result, Snapshot,
    live::{Query, Total},
};
use std::sync::atomic::Ordering;
use tokio::{sync::oneshot, time::Instant};

impl Task {
    pub(super) fn count_or_forget(&mut self, name: u64) {
        if self.queries.get(&name).is_some_and(Kept::is_idle) {
            self.forget(name);
        } else {
            self.count(name);
        }
    }

    /// Counts in the background; the answer comes to `take_count`.
    pub(super) fn count(&mut self, name: u64) {
        let Some(kept) = self.queries.get_mut(&name) else { return };
        if kept.has_total() && kept.tally.begin() {
            let (store, query, counts) = (self.store.clone(), kept.asked.query.clone(), self.counts.clone());
            tokio::spawn(async move {
                let count = count::count(&store, query).await;
                // Nobody listens when the hub has stopped.
                drop(counts.send((name, count)));
            });
        }
    }

    pub(super) fn take_count(&mut self, name: u64, count: Result<Snapshot<Total>>) {
        let Some(kept) = self.queries.get_mut(&name) else { return };
        let Ok(count) = count else {
            // The next second tries again.
            kept.tally.failed();
            return;
        };
        let before = kept.tally.total();
        let again = kept.tally.counted(count);
        let now = kept.tally.total();
        kept.counted_at = Instant::now();
        // Leads came or went, and no change said so.
        if std::mem::take(&mut kept.touched) || (kept.asked.timed && before.is_some() && before != now) {
            kept.items.push(Item::bulk(self.head));
        }
        if before != now || !kept.items.is_empty() {
            self.dirty.insert(name);
        }
        if again {
            self.count(name);
        }
    }

    pub(super) fn total(&mut self, query: Query, as_of: i64, answer: oneshot::Sender<Total>) {
        let name = self.keep(query);
        if let Some(kept) = self.queries.get_mut(&name) {
            kept.waiting.push(Waiting { as_of, answer });
        }
    }

    /// Gives totals to those who wait for them.
    pub(super) fn answer(&mut self) {
        // Batches that no change tells yet are counted first.
        if !self.shared.signals.touched.load(Ordering::Relaxed) {
            for kept in self.queries.values_mut() {
                kept.answer(self.head);
            }
        }
    }

    /// The query's name, new or known.
    pub(super) fn keep(&mut self, query: Query) -> u64 {
        let key = query.key();
        if let Some(name) = self.names.get(&key) {
            if let Some(kept) = self.queries.get_mut(name) {
                kept.used = Instant::now();
            }
            return *name;
        }
        let name = self.next;
        self.next += 1;
        let kept = Kept::new(key.clone(), query, self.head, self.store.clock.now());
        self.names.insert(key, name);
        self.queries.insert(name, kept);
        self.shared.counts.queries.store(self.queries.len() as u64, Ordering::Relaxed);
        self.count(name);
        name
    }

    pub(super) fn forget(&mut self, name: u64) {
        if let Some(kept) = self.queries.remove(&name) {
            self.names.remove(&kept.key);
            self.dirty.remove(&name);
            self.shared.counts.queries.store(self.queries.len() as u64, Ordering::Relaxed);
        }
    }
}

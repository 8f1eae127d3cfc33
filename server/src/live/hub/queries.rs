//! The hub's queries and their totals.

use super::{Counted, Task};
use crate::{
    live::{
        count,
        frame::Item,
        query::{Counting, HubQuery, Waiting},
    },
    store::Requester,
};
use domain::{
    Snapshot,
    live::{Query, Total},
};
use std::{collections::HashSet, sync::atomic::Ordering, time::Duration};
use tokio::{sync::oneshot, time::Instant};
use tokio_util::task::AbortOnDropHandle;

/// Maximum distinct queries; each is evaluated for every change.
const QUERIES: usize = 4_000;
/// Maximum total bytes of the query keys: 8 MiB.
const BYTES: usize = 8 * 1024 * 1024;
/// One asker may use at most 1/4 of both limits.
const SHARE: usize = 4;
/// Maximum back-off after failed counts: 1 s, doubled with each failure, up to 1 minute.
const PATIENCE: Duration = Duration::from_mins(1);

impl Task {
    pub(super) fn count_or_forget(&mut self, name: u64) {
        if self.queries.get(&name).is_some_and(HubQuery::is_idle) {
            self.forget(name);
        } else {
            self.count(name);
        }
    }

    /// Queues a count for every asker that wants it. The first to get a slot runs it.
    pub(super) fn count(&mut self, name: u64) {
        let Some(kept) = self.queries.get_mut(&name).filter(|kept| kept.has_total()) else { return };
        kept.tally.request_count();
        if kept.tally.is_counting() {
            return;
        }
        let connections = kept.subscribers.iter().filter_map(|socket| self.connections.get(socket)).map(|connection| connection.asker);
        let askers: HashSet<Requester> = connections.chain(kept.waiting.iter().map(|waiting| waiting.asker)).collect();
        for asker in askers {
            self.queue.push(asker, name);
        }
    }

    /// Another asker wants the total: if a count is owed, queues it for this asker too.
    pub(super) fn count_for(&mut self, name: u64, asker: Requester) {
        let Some(kept) = self.queries.get_mut(&name).filter(|kept| kept.has_total()) else { return };
        if kept.tally.total().is_none() && !kept.tally.is_counting() {
            kept.tally.request_count();
        }
        if kept.tally.is_count_due() {
            self.queue.push(asker, name);
        }
    }

    /// Starts the next counts in the background; `take_count` receives the results. Skips queries that nobody needs any more.
    pub(super) fn begin_counts(&mut self) {
        while let Some((asker, name)) = self.queue.next() {
            let Some(kept) = self.queries.get_mut(&name).filter(|kept| kept.tally.is_count_due()) else {
                self.queue.ended(asker);
                continue;
            };
            kept.waiting.retain(|waiting| !waiting.answer.is_closed());
            if kept.is_idle() {
                self.queue.ended(asker);
                self.drop_count(name);
                continue;
            }
            kept.tally.begin();
            self.shared.counts.counted.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("linnet_live_counts_total").increment(1);
            let (store, query, counts) = (self.store.clone(), kept.compiled.query.clone(), self.counts.clone());
            let id = self.next_count;
            self.next_count += 1;
            let now = self.store.clock.now();
            let over = kept.crossings.as_mut().filter(|crossings| crossings.is_over(now));
            let with_next = over.is_some();
            if let Some(crossings) = over {
                crossings.begin();
            }
            let counting = tokio::spawn(async move {
                let count = count::count(&store, query, with_next).await;
                // The receiver is closed when the hub has stopped.
                drop(counts.send(Counted { name, id, count }));
            });
            kept.counting = Some(Counting { id, asker, began: Instant::now(), _task: AbortOnDropHandle::new(counting) });
        }
    }

    /// Without subscribers and waiting callers: cancels a running count, also in the database, and drops a query that has no total.
    pub(super) fn drop_count(&mut self, name: u64) {
        let Some(kept) = self.queries.get_mut(&name).filter(|kept| kept.has_total() && kept.is_idle()) else { return };
        if let Some(counting) = kept.counting.take() {
            self.queue.ended(counting.asker);
            kept.tally.failed();
        }
        if kept.tally.settled().is_none() {
            self.forget(name);
        }
    }

    pub(super) fn take_count(&mut self, Counted { name, id, count }: Counted) {
        let Some(kept) = self.queries.get_mut(&name) else { return };
        let Some(counting) = kept.counting.take_if(|counting| counting.id == id) else { return };
        self.queue.ended(counting.asker);
        kept.counted_at = Instant::now();
        kept.count_took = counting.began.elapsed();
        let Ok(Snapshot { as_of, pending, data: count }) = count else {
            kept.tally.failed();
            kept.failures = kept.failures.saturating_add(1);
            return;
        };
        kept.failures = 0;
        let before = kept.tally.total();
        let again = kept.tally.counted(Snapshot { as_of, pending, data: count.total });
        let now = kept.tally.total();
        // Later changes are evaluated with the "now" of the count.
        kept.compiled.refresh(count.now);
        if let (Some(crossings), Some(next)) = (&mut kept.crossings, count.next) {
            crossings.set_next(next);
        }
        // Leads entered or left without a change: subscribers must read again.
        if std::mem::take(&mut kept.touched) || (kept.compiled.timed && before.is_some() && before != now) {
            kept.items.push(Item::bulk(self.head));
        }
        if before != now || !kept.items.is_empty() {
            self.dirty.insert(name);
        }
        if again {
            self.count(name);
        }
    }

    pub(super) fn total(&mut self, asker: Requester, query: Query, as_of: i64, answer: oneshot::Sender<Total>) {
        // The dropped `answer` means no total to the caller.
        let Some(name) = self.keep(asker, query) else { return };
        if let Some(kept) = self.queries.get_mut(&name) {
            kept.waiting.push(Waiting { asker, as_of, answer });
        }
        self.count_for(name, asker);
    }

    /// Answers callers that wait for totals.
    pub(super) fn answer(&mut self) {
        // A batch without its change yet must be counted first.
        let signals = &self.shared.signals;
        if signals.touched.load(Ordering::Relaxed) {
            return;
        }
        let restarts = self.enrolled.is_lost() || signals.enrollments_touched.load(Ordering::Relaxed);
        for kept in self.queries.values_mut() {
            if !kept.compiled.enrolled {
                kept.answer(self.head);
            } else if !restarts {
                kept.answer(self.enrolled.upto);
            }
        }
    }

    /// The hub's id of the query, new or known. `None` when there are too many queries.
    pub(super) fn keep(&mut self, asker: Requester, query: Query) -> Option<u64> {
        let key = query.key();
        if let Some(name) = self.names.get(&key) {
            if let Some(kept) = self.queries.get_mut(name) {
                kept.used = Instant::now();
            }
            return Some(*name);
        }
        if self.queries.len() >= QUERIES || self.query_bytes + key.len() > BYTES {
            tracing::warn!(queries = self.queries.len(), bytes = self.query_bytes, "too many live queries are kept, and no other is begun");
            return None;
        }
        let own = || self.queries.values().filter(|kept| kept.asker == asker);
        if own().count() >= QUERIES / SHARE || own().map(|kept| kept.key.len()).sum::<usize>() + key.len() > BYTES / SHARE {
            tracing::warn!("too many live queries of one person or key are kept, and no other of theirs is begun");
            return None;
        }
        self.query_bytes += key.len();
        let name = self.next;
        self.next += 1;
        let mut kept = HubQuery::new(key.clone(), asker, query, self.head, self.store.clock.now());
        if kept.compiled.enrolled {
            kept.since = self.enrolled.upto;
        }
        self.names.insert(key, name);
        self.queries.insert(name, kept);
        self.shared.counts.queries.store(self.queries.len() as u64, Ordering::Relaxed);
        Some(name)
    }

    pub(super) fn forget(&mut self, name: u64) {
        if let Some(kept) = self.queries.remove(&name) {
            if let Some(counting) = &kept.counting {
                self.queue.ended(counting.asker);
            }
            self.names.remove(&kept.key);
            self.query_bytes -= kept.key.len();
            self.dirty.remove(&name);
            self.shared.counts.queries.store(self.queries.len() as u64, Ordering::Relaxed);
        }
    }
}

impl HubQuery {
    /// Whether the back-off after failed counts is over.
    pub(super) fn may_try(&self) -> bool {
        let rest = Duration::from_secs(1 << self.failures.min(6)).min(PATIENCE);
        self.failures == 0 || self.counted_at.elapsed() >= rest
    }
}

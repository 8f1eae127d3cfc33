//! The hub's queries and their totals.

use super::{Counted, Task};
use crate::{
    live::{
        count,
        frame::Item,
        load::{Full, Load},
        query::{CompiledQuery, Counting, HubQuery, Waiting},
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

    /// Queues a count for every requester that wants it. The first to get a slot runs it.
    pub(super) fn count(&mut self, name: u64) {
        let Some(entry) = self.queries.get_mut(&name).filter(|entry| entry.has_total()) else { return };
        entry.tally.request_count();
        if entry.tally.is_counting() {
            return;
        }
        let connections = entry.subscribers.iter().filter_map(|socket| self.connections.get(socket)).map(|connection| connection.requester);
        let requesters: HashSet<Requester> = connections.chain(entry.waiting.iter().map(|waiting| waiting.requester)).collect();
        for requester in requesters {
            self.queue.push(requester, name);
        }
    }

    /// Another requester wants the total: if a count is owed, queues it for this requester too.
    pub(super) fn count_for(&mut self, name: u64, requester: Requester) {
        let Some(entry) = self.queries.get_mut(&name).filter(|entry| entry.has_total()) else { return };
        if entry.tally.total().is_none() && !entry.tally.is_counting() {
            entry.tally.request_count();
        }
        if entry.tally.is_count_due() {
            self.queue.push(requester, name);
        }
    }

    /// Starts the next counts in the background; `take_count` receives the results. Skips queries that nobody needs any more.
    pub(super) fn begin_counts(&mut self) {
        while let Some((requester, name)) = self.queue.next() {
            let Some(entry) = self.queries.get_mut(&name).filter(|entry| entry.tally.is_count_due()) else {
                self.queue.ended(requester);
                continue;
            };
            entry.waiting.retain(|waiting| !waiting.answer.is_closed());
            if entry.is_idle() {
                self.queue.ended(requester);
                self.drop_count(name);
                continue;
            }
            entry.tally.begin();
            self.shared.counts.counted.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("linnet_live_counts_total").increment(1);
            let (store, query, counts) = (self.store.clone(), entry.compiled.query.clone(), self.counts.clone());
            let id = self.next_count;
            self.next_count += 1;
            let now = self.store.clock.now();
            let over = entry.crossings.as_mut().filter(|crossings| crossings.is_over(now));
            let with_next = over.is_some();
            if let Some(crossings) = over {
                crossings.begin();
            }
            let counting = tokio::spawn(async move {
                let count = count::count(&store, query, with_next).await;
                // The receiver is closed when the hub has stopped.
                drop(counts.send(Counted { name, id, count }));
            });
            entry.counting = Some(Counting { id, requester, began: Instant::now(), _task: AbortOnDropHandle::new(counting) });
        }
    }

    /// Without subscribers and waiting callers: cancels a running count, also in the database, and drops a query that has no total.
    pub(super) fn drop_count(&mut self, name: u64) {
        let Some(entry) = self.queries.get_mut(&name).filter(|entry| entry.has_total() && entry.is_idle()) else { return };
        if let Some(counting) = entry.counting.take() {
            self.queue.ended(counting.requester);
            entry.tally.failed();
        }
        if entry.tally.settled().is_none() {
            self.forget(name);
        }
    }

    pub(super) fn take_count(&mut self, Counted { name, id, count }: Counted) {
        let Some(entry) = self.queries.get_mut(&name) else { return };
        let Some(counting) = entry.counting.take_if(|counting| counting.id == id) else { return };
        self.queue.ended(counting.requester);
        entry.counted_at = Instant::now();
        entry.count_took = counting.began.elapsed();
        let Ok(Snapshot { as_of, pending, data: count }) = count else {
            entry.tally.failed();
            entry.failures = entry.failures.saturating_add(1);
            return;
        };
        entry.failures = 0;
        let before = entry.tally.total();
        let again = entry.tally.counted(Snapshot { as_of, pending, data: count.total });
        let now = entry.tally.total();
        // Later changes are evaluated with the "now" of the count.
        entry.compiled.refresh(&self.store.moment_of(count.at.now));
        if let (Some(crossings), Some(next)) = (&mut entry.crossings, count.next) {
            crossings.set_next(next);
        }
        // Leads entered or left without a change: subscribers must read again.
        if std::mem::take(&mut entry.touched) || (entry.compiled.timed && before.is_some() && before != now) {
            entry.items.push(Item::bulk(self.head));
        }
        if before != now || !entry.items.is_empty() {
            self.dirty.insert(name);
        }
        if again {
            self.count(name);
        }
    }

    pub(super) fn total(&mut self, requester: Requester, query: Query, as_of: i64, answer: oneshot::Sender<Total>) {
        // The dropped `answer` means no total to the caller.
        let Ok(name) = self.keep(requester, query) else { return };
        if let Some(entry) = self.queries.get_mut(&name) {
            entry.waiting.push(Waiting { requester, as_of, answer });
        }
        self.count_for(name, requester);
    }

    /// Answers callers that wait for totals.
    pub(super) fn answer(&mut self) {
        // A batch without its change yet must be counted first.
        let signals = &self.shared.signals;
        if signals.touched.load(Ordering::Relaxed) {
            return;
        }
        let restarts = self.enrolled.is_lost() || signals.enrollments_touched.load(Ordering::Relaxed);
        for entry in self.queries.values_mut() {
            if !entry.compiled.enrolled {
                entry.answer(self.head);
            } else if !restarts {
                entry.answer(self.enrolled.upto);
            }
        }
    }

    /// The hub's id of the query, new or known.
    ///
    /// # Errors
    /// `Full` when there is too much to do, also without the queries that nobody uses any more.
    pub(super) fn keep(&mut self, requester: Requester, query: Query) -> Result<u64, Full> {
        let key = query.key();
        if let Some(name) = self.names.get(&key) {
            if let Some(entry) = self.queries.get_mut(name) {
                entry.used = Instant::now();
            }
            return Ok(*name);
        }
        let compiled = CompiledQuery::new(query, &self.store.current.segments(), self.store.moment());
        let load = Load::of(&key, compiled.rule());
        // Whose share is full, theirs make room; when the node is full, everyone's.
        if self.check(requester, load) == Err(Full::Own) {
            self.forget_idle(|entry| entry.requester == requester);
        }
        if self.check(requester, load) == Err(Full::Node) {
            self.forget_idle(|_| true);
        }
        self.check(requester, load).inspect_err(|full| tracing::warn!(?full, load = ?self.load, "no other live query is begun"))?;
        self.load = self.load.plus(load);
        let name = self.next;
        self.next += 1;
        let mut entry = HubQuery::new(key.clone(), requester, self.head, compiled);
        if entry.compiled.enrolled {
            entry.since = self.enrolled.upto;
        }
        self.names.insert(key, name);
        self.queries.insert(name, entry);
        self.shared.counts.queries.store(self.queries.len() as u64, Ordering::Relaxed);
        Ok(name)
    }

    fn check(&self, requester: Requester, more: Load) -> Result<(), Full> {
        let own = self.queries.values().filter(|entry| entry.requester == requester).map(|entry| entry.load);
        Load::check(more, self.load, own.fold(Load::default(), Load::plus))
    }

    /// Drops those of these queries that are kept without a user of theirs.
    fn forget_idle(&mut self, these: impl Fn(&HubQuery) -> bool) {
        let idle = self.queries.iter().filter(|(_, entry)| entry.is_idle() && these(entry));
        let idle: Vec<u64> = idle.map(|(name, _)| *name).collect();
        for name in idle {
            self.forget(name);
        }
    }

    pub(super) fn forget(&mut self, name: u64) {
        if let Some(entry) = self.queries.remove(&name) {
            if let Some(counting) = &entry.counting {
                self.queue.ended(counting.requester);
            }
            self.names.remove(&entry.key);
            self.load = self.load.minus(entry.load);
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

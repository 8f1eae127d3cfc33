//! Periodic work: every tick (250 ms) and every second.

use super::{Subscription, Task};
use crate::live::{SocketId, frame};
use domain::live::ServerMessage;
use std::{collections::HashSet, sync::atomic::Ordering, time::Duration};
use tokio::time::Instant;

/// Ticks per second.
const SECOND: u64 = 4;
/// A query without subscribers is kept this long after its last use.
const LINGER: Duration = Duration::from_mins(1);
/// With more queries than this, those without subscribers are dropped at once.
const QUERIES: usize = 2_000;
/// Minimum pause between two counts of a query that leads enter or leave as time passes.
const REST: Duration = Duration::from_secs(1);
/// The pause is also at least this many times the duration of the last count.
const SHARE: u32 = 4;

impl Task {
    pub(super) fn tick(&mut self) {
        self.progress();
        self.read_news();
        self.time_passes();
        self.ticks += 1;
        if self.ticks.is_multiple_of(SECOND) {
            self.second();
        }
    }

    pub(super) fn progress(&self) {
        for (_, progress) in self.shared.take_progress() {
            let subscribers: HashSet<SocketId> = progress
                .queries()
                .iter()
                .filter_map(|query| self.queries.get(self.names.get(&query.key())?))
                .flat_map(|entry| entry.subscribers.iter().copied())
                .collect();
            let frame = self.shared.encoded(frame::message(&ServerMessage::Progress { progress }));
            self.shared.deliver(&frame, subscribers.iter().filter_map(|socket| self.connections.get(socket)));
        }
    }

    pub(super) fn second(&mut self) {
        self.sweep();
        if let Some(people) = self.presence.news() {
            let people = people.to_vec();
            self.tell_all(&self.shared.encoded(frame::message(&ServerMessage::Presence { people })));
        }
        if self.shared.signals.touched.swap(false, Ordering::Relaxed) {
            self.touched();
        }
        if self.shared.signals.enrollments_touched.swap(false, Ordering::Relaxed) {
            self.enrolled.lose();
        }
        let at = self.store.moment();
        self.day_began(&at);
        let (mut due, mut stale) = (Vec::new(), Vec::new());
        for (name, entry) in &mut self.queries {
            entry.compiled.refresh(&at);
            if entry.stale && !entry.tally.is_counting() {
                entry.stale = false;
                stale.push(*name);
            } else if entry.tally.is_count_due() && !entry.is_idle() && entry.may_try() {
                due.push(*name);
            }
        }
        for name in due {
            self.count(name);
        }
        for name in stale {
            self.count_or_forget(name);
        }
        if self.seen_by_all() > self.announced {
            self.announced = self.seen_by_all();
            self.tell_all(&self.shared.encoded(frame::message(&ServerMessage::Head { seq: self.announced })));
        }
    }

    /// Counts time-dependent queries again after leads entered or left as time passed.
    fn time_passes(&mut self) {
        let now = self.store.clock.now();
        let mut due = Vec::new();
        for (name, entry) in &mut self.queries {
            let Some(crossings) = &mut entry.crossings else { continue };
            entry.crossed |= crossings.passed(now);
            let rest = REST.max(entry.count_took * SHARE);
            let due_now = entry.crossed || crossings.is_over(now);
            if due_now && entry.tally.settled().is_some() && entry.counted_at.elapsed() >= rest {
                entry.crossed = false;
                due.push(*name);
            }
        }
        for name in due {
            self.count_or_forget(name);
        }
    }

    pub(super) fn touched(&mut self) {
        self.dashboards_changed();
        self.enrolled.lose();
        let mut leads = Vec::new();
        for (name, entry) in self.queries.iter_mut().filter(|(_, entry)| entry.has_total() && !entry.compiled.enrolled) {
            entry.touched = true;
            if let Some(crossings) = &mut entry.crossings {
                crossings.forget();
            }
            if entry.tally.is_counting() {
                // Batches arrive faster than the count ends: try again in a second.
                self.shared.signals.touched.store(true, Ordering::Relaxed);
            } else {
                leads.push(*name);
            }
        }
        for name in leads {
            self.count_or_forget(name);
        }
    }

    /// Drops closed sockets and queries that nobody uses.
    pub(super) fn sweep(&mut self) {
        let gone: Vec<SocketId> =
            self.connections.iter().filter(|(_, connection)| connection.send_queue.is_closed()).map(|(socket, _)| *socket).collect();
        for socket in gone {
            self.presence.remove(socket);
            let Some(connection) = self.connections.remove(&socket) else { continue };
            for Subscription { name, .. } in connection.subscriptions.into_values() {
                if let Some(entry) = self.queries.get_mut(&name) {
                    entry.subscribers.remove(&socket);
                    entry.used = Instant::now();
                    self.drop_count(name);
                }
            }
        }
        let linger = if self.queries.len() > QUERIES { Duration::ZERO } else { LINGER };
        let idle: Vec<u64> =
            self.queries.iter().filter(|(_, entry)| entry.is_idle() && entry.used.elapsed() >= linger).map(|(name, _)| *name).collect();
        for name in idle {
            self.forget(name);
        }
    }
}

//! Queries over enrollments. A change does not say which campaigns its lead is in, so these queries are evaluated a moment later: the
//! enrollments are read for all waiting changes at once.

use super::Task;
use crate::live::{
    frame::Item,
    lead_facts::LeadFacts,
    ready::Ready,
    walk::{Walk, Wanted, concern},
};
use domain::{Change, ChangeId, LeadId, Record, Result, Snapshot, leads::Lead, record::Concerned};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// Minimum time between two readings.
const EACH: Duration = Duration::from_millis(100);
/// Maximum number of waiting changes. With more, reading the pages again is cheaper.
const MOST: usize = 4_000;
/// Maximum bytes of the leads in them.
const MOST_BYTES: usize = 32 << 20;
/// Minimum time between two restarts, each of which counts all queries again and lets all watchers read again.
const REST: Duration = Duration::from_secs(1);

pub(super) struct Enrolled {
    /// The queries were evaluated for all changes up to this one.
    pub(super) upto: i64,
    /// The frames of the queries include all changes up to this one.
    pub(super) sent: i64,
    /// Changes that wait for their evaluation, with their `seq`.
    changes: VecDeque<(i64, Arc<Change>)>,
    /// Bytes of their leads.
    bytes: usize,
    reading: Option<Reading>,
    /// Names readings.
    next: u64,
    /// Start of the last reading.
    began: Option<Instant>,
    /// A change after `upto` did not name its leads. The next restart counts and reads everything again; until then nothing is evaluated.
    lost: bool,
    /// Time of the last restart.
    restarted: Option<Instant>,
}

struct Reading {
    id: u64,
    answer: Option<Snapshot<HashMap<LeadId, LeadFacts>>>,
    /// Before the answer: changes since the reading began. After it: changes that the answer includes and that the hub has not received.
    ids: HashSet<ChangeId>,
    _task: AbortOnDropHandle<()>,
}

/// The result of a reading.
pub(super) struct Answered {
    id: u64,
    read: Result<Snapshot<HashMap<LeadId, LeadFacts>>>,
}

impl Reading {
    fn hear(&mut self, change: ChangeId) {
        if self.answer.is_none() {
            self.ids.insert(change);
        } else {
            self.ids.remove(&change);
        }
    }

    /// Whether the hub has received all changes that the answer includes.
    fn is_whole(&self, head: i64) -> bool {
        self.ids.is_empty() && self.answer.as_ref().is_some_and(|answer| answer.as_of <= head)
    }
}

impl Enrolled {
    pub(super) fn new(head: i64) -> Self {
        Self {
            upto: head,
            sent: head,
            changes: VecDeque::new(),
            bytes: 0,
            reading: None,
            next: 0,
            began: None,
            lost: false,
            restarted: None,
        }
    }

    /// Time of the next reading; `None` if none is needed.
    pub(super) fn read_at(&self) -> Option<Instant> {
        let waits = !self.changes.is_empty() && self.reading.is_none();
        waits.then(|| self.began.map_or_else(Instant::now, |began| began + EACH))
    }

    /// Skips the changes up to `head` while there are no such queries.
    pub(super) fn rest(&mut self, head: i64) {
        if self.upto < head {
            self.start_anew(head);
        }
    }

    /// Continues after `head`, without the changes that wait.
    pub(super) fn start_anew(&mut self, head: i64) {
        (self.changes, self.bytes) = (VecDeque::new(), 0);
        self.reading = None;
        self.lost = false;
        self.upto = head;
    }

    pub(super) fn take(&mut self, change: &Arc<Change>, seq: i64) {
        if let Some(reading) = &mut self.reading {
            reading.hear(change.id);
        }
        match concern(change) {
            _ if self.lost => {}
            Concerned::Lead(_) if self.changes.len() < MOST && self.bytes < MOST_BYTES => {
                self.bytes += bytes(change);
                self.changes.push_back((seq, change.clone()));
            }
            Concerned::Lead(_) | Concerned::Anyone => self.lose(),
            Concerned::Nobody if self.changes.is_empty() => self.upto = seq,
            Concerned::Nobody => {}
        }
    }

    /// Whether a restart is due.
    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Unknown leads were written.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        (self.changes, self.bytes) = (VecDeque::new(), 0);
        self.reading = None;
    }
}

/// Bytes of the leads in a change.
fn bytes(change: &Change) -> usize {
    [&change.before, &change.after].into_iter().flatten().filter_map(Record::as_lead).map(Lead::size).sum()
}

impl Task {
    /// Starts a restart, an evaluation and a reading, whichever is due.
    pub(super) fn ask_enrolled(&mut self) {
        if self.enrolled.lost {
            self.restart_enrolled();
        }
        self.ask_of_read();
        self.read_enrolled();
    }

    fn restart_enrolled(&mut self) {
        if self.enrolled.restarted.is_some_and(|at| at.elapsed() < REST) {
            return;
        }
        self.enrolled.restarted = Some(Instant::now());
        self.enrolled.start_anew(self.head);
        let mut names = Vec::new();
        for (name, entry) in self.queries.iter_mut().filter(|(_, entry)| entry.compiled.enrolled) {
            if let Some(crossings) = &mut entry.crossings {
                crossings.forget();
            }
            if !entry.subscribers.is_empty() {
                entry.items.push(Item::bulk(self.head));
                self.dirty.insert(*name);
            }
            // A count that takes longer is not followed by the next at once.
            entry.stale = entry.tally.is_counting();
            if !entry.stale {
                names.push(*name);
            }
        }
        for name in names {
            self.count_or_forget(name);
        }
    }

    fn read_enrolled(&mut self) {
        if self.enrolled.read_at().is_none_or(|at| at > Instant::now()) {
            return;
        }
        let wanted = Wanted::new(self.enrolled.changes.iter().map(|(_, change)| &**change));
        let id = self.enrolled.next;
        let (store, answers) = (self.store.clone(), self.enrolled_reads.clone());
        let task = tokio::spawn(async move {
            let read = store.snapshot(move |conn| Box::pin(wanted.read(conn))).await;
            // The receiver is gone only when the hub has stopped.
            drop(answers.send(Answered { id, read }));
        });
        self.enrolled.next += 1;
        self.enrolled.began = Some(Instant::now());
        self.enrolled.reading = Some(Reading { id, answer: None, ids: HashSet::new(), _task: AbortOnDropHandle::new(task) });
    }

    pub(super) fn take_enrolled(&mut self, Answered { id, read }: Answered) {
        let Some(reading) = self.enrolled.reading.as_mut().filter(|reading| reading.id == id) else { return };
        let Ok(answer) = read else {
            // The store logged the error. A restart, at most one per second, tries again.
            self.enrolled.lose();
            return;
        };
        let came = std::mem::take(&mut reading.ids);
        reading.ids = answer.pending.iter().copied().filter(|id| !came.contains(id)).collect();
        reading.answer = Some(answer);
    }

    /// Evaluates the changes whose leads were read, when the reading is whole.
    fn ask_of_read(&mut self) {
        let head = self.head;
        let Some(reading) = self.enrolled.reading.take_if(|reading| reading.is_whole(head)) else { return };
        let Some(Snapshot { data: read, .. }) = reading.answer else { return };
        let mut changes = std::mem::take(&mut self.enrolled.changes);
        let mut walk = Walk::new(&read, changes.iter().map(|(_, change)| &**change));
        let mut evaluated = 0;
        for (seq, change) in &changes {
            // It came after the reading began, and needs the next one.
            let Some((before, after)) = walk.step(change) else { break };
            let ready = Ready::of_known(change, *seq, &before, &after);
            for (name, entry) in self.queries.iter_mut().filter(|(_, entry)| entry.compiled.enrolled) {
                if entry.take(&ready).is_some() {
                    self.dirty.insert(*name);
                }
            }
            evaluated += 1;
        }
        self.enrolled.bytes -= changes.drain(..evaluated).map(|(_, change)| bytes(&change)).sum::<usize>();
        self.enrolled.upto = changes.front().map_or(head, |(seq, _)| seq - 1);
        self.enrolled.changes = changes;
    }
}

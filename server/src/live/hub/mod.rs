//! The task that owns the queries: follows the changes, evaluates each distinct query once, and queues frames for sockets. It waits only
//! for the database.

mod connections;
mod enrolled;
mod news;
mod queries;
mod queue;
mod ticks;

pub(super) use news::NewsState;

use super::{
    Command, Shared, SocketId,
    count::Count,
    frame,
    load::Load,
    presence::Presence,
    query::HubQuery,
    ready::Ready,
    send_queue::{Outgoing, SendQueue},
};
use crate::{
    fields, named_rules,
    store::{Requester, Store, log},
    workspace,
};
use axum::extract::ws::Utf8Bytes;
use domain::{
    Change, Epoch, Record, Result, Snapshot,
    live::{DeltaOp, Person, ServerMessage},
    zone::Day,
};
use enrolled::Enrolled;
use queue::CountQueue;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::DropGuard;

/// Minimum time between two frames of a query. The first frame after a pause is sent at once.
const BATCH: Duration = Duration::from_millis(50);
/// The hub's tick; progress frames are sent this often.
const TICK: Duration = Duration::from_millis(250);
/// Maximum changes taken from the feed, or read from the log, before other work.
const CHUNK: i64 = 500;

pub(super) fn spawn(store: Store, shared: Arc<Shared>, queue: mpsc::Receiver<Command>) {
    // Subscribe before the head is read, so that no change is missed.
    let feed = store.feed();
    tokio::spawn(async move {
        let stop = shared.stop.clone();
        let work = async {
            let (epoch, head) = start(&store).await;
            store.current.seen(head);
            Task::new(store, shared, epoch, head).run(feed, queue).await;
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    });
}

async fn start(store: &Store) -> (Epoch, i64) {
    loop {
        let read = store
            .snapshot(|conn| {
                Box::pin(async move {
                    let segments = named_rules::segments(conn).await?;
                    Ok((log::epoch(conn).await?, workspace::read(conn).await?, fields::read(conn).await?, segments))
                })
            })
            .await;
        match read {
            Ok(Snapshot { as_of, pending, data: (epoch, workspace, fields, segments) }) => {
                store.current.set(&workspace);
                store.current.set_fields(Snapshot { as_of, pending, data: fields });
                store.current.set_segments(segments);
                return (epoch, as_of);
            }
            // The error is already logged. Sockets wait for their `Welcome`.
            Err(_) => tokio::time::sleep(TICK * 4).await,
        }
    }
}

struct Connection {
    requester: Requester,
    send_queue: Arc<SendQueue>,
    person: Option<Person>,
    /// By the client's ids.
    subscriptions: HashMap<u32, Subscription>,
}

struct Subscription {
    /// The hub's id of the query.
    name: u64,
    /// Ends the replay with the subscription.
    _replaying: DropGuard,
}

struct Task {
    store: Store,
    shared: Arc<Shared>,
    epoch: Epoch,
    /// Changes up to `head` are evaluated, up to `sent` queued for the subscribers; `announced` was last announced to all sockets as `Head`.
    head: i64,
    sent: i64,
    announced: i64,
    /// The positions of queries over enrollments, which are evaluated later.
    enrolled: Enrolled,
    queries: HashMap<u64, HubQuery>,
    names: HashMap<String, u64>,
    /// Of all queries.
    load: Load,
    next: u64,
    /// Queries with deltas or a new total to send.
    dirty: HashSet<u64>,
    flushed: Instant,
    connections: HashMap<SocketId, Connection>,
    presence: Presence,
    queue: CountQueue,
    /// Next id of a count.
    next_count: u64,
    counts: mpsc::UnboundedSender<Counted>,
    counted: mpsc::UnboundedReceiver<Counted>,
    ticks: u64,
    reads: mpsc::UnboundedSender<news::Read>,
    read: mpsc::UnboundedReceiver<news::Read>,
    enrolled_reads: mpsc::UnboundedSender<enrolled::Answered>,
    enrolled_read: mpsc::UnboundedReceiver<enrolled::Answered>,
    today: Day,
}

/// The result of a count.
struct Counted {
    /// The hub's id of the query.
    name: u64,
    id: u64,
    count: Result<Snapshot<Count>>,
}

impl Task {
    fn new(store: Store, shared: Arc<Shared>, epoch: Epoch, head: i64) -> Self {
        let (counts, counted) = mpsc::unbounded_channel();
        let (reads, read) = mpsc::unbounded_channel();
        let (enrolled_reads, enrolled_read) = mpsc::unbounded_channel();
        let today = store.moment().today();
        Self {
            store,
            shared,
            epoch,
            head,
            sent: head,
            announced: head,
            enrolled: Enrolled::new(head),
            queries: HashMap::new(),
            names: HashMap::new(),
            load: Load::default(),
            next: 1,
            dirty: HashSet::new(),
            flushed: Instant::now(),
            connections: HashMap::new(),
            presence: Presence::default(),
            queue: CountQueue::default(),
            next_count: 0,
            counts,
            counted,
            ticks: 0,
            reads,
            read,
            enrolled_reads,
            enrolled_read,
            today,
        }
    }

    async fn run(mut self, mut feed: broadcast::Receiver<Arc<Change>>, mut commands: mpsc::Receiver<Command>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (due, read_at) = (self.flushed + BATCH, self.enrolled.read_at());
            tokio::select! {
                change = feed.recv() => match change {
                    Ok(change) => {
                        self.change(&change).await;
                        // Changes that are already queued go into the same frame.
                        for _ in 0..CHUNK {
                            let Ok(change) = feed.try_recv() else { break };
                            self.change(&change).await;
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up().await,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                Some(command) = commands.recv() => self.command(command),
                Some(count) = self.counted.recv() => self.take_count(count),
                Some(read) = self.read.recv() => self.take_news(read),
                Some(read) = self.enrolled_read.recv() => self.take_enrolled(read),
                _ = tick.tick() => self.tick(),
                () = tokio::time::sleep_until(due), if !self.dirty.is_empty() => {}
                () = tokio::time::sleep_until(read_at.unwrap_or(due)), if read_at.is_some() => {}
            }
            self.ask_enrolled();
            self.answer();
            self.begin_counts();
            if self.dirty.is_empty() {
                self.sent = self.head;
                self.enrolled.sent = self.enrolled.upto;
            } else if Instant::now() >= self.flushed + BATCH {
                self.flush();
            }
        }
    }

    async fn change(&mut self, change: &Arc<Change>) {
        let Some(seq) = change.seq else { return };
        if seq > self.head + 1 {
            self.catch_up().await;
        }
        if seq == self.head + 1 {
            self.evaluate(change, seq);
        }
    }

    /// Reads changes from the log that the feed did not deliver.
    async fn catch_up(&mut self) {
        loop {
            let head = self.head;
            // The error is already logged; the next change tries again.
            let Ok(changes) = self.store.read(move |conn| Box::pin(log::since(conn, head, i64::MAX, CHUNK))).await else { return };
            if changes.is_empty() {
                return;
            }
            for change in changes {
                let Some(seq) = change.seq else { return };
                if seq > self.head + 1 {
                    // As above: with old settings, lists would be wrong until the next gap.
                    let Ok(()) = self.read_settings().await else { return };
                    self.start_anew(seq - 1);
                    self.compile_anew(|_| true);
                }
                self.evaluate(&Arc::new(change), seq);
            }
            self.flush();
        }
    }

    /// Reads what rules mean, which changes that were missed may have changed.
    async fn read_settings(&self) -> Result<()> {
        workspace::load(&self.store).await?;
        fields::load(&self.store).await?;
        let segments = self.store.read(|conn| Box::pin(named_rules::segments(conn))).await?;
        self.store.current.set_segments(segments);
        Ok(())
    }

    /// The log was pruned before its changes were evaluated: all subscribers read again.
    fn start_anew(&mut self, head: i64) {
        self.head = head;
        self.sent = head;
        self.enrolled.start_anew(head);
        let reset = ServerMessage::Reset { id: None, reason: "Changes were missed; read again".to_owned() };
        self.tell_all(&self.shared.encoded(frame::message(&reset)));
        let all: Vec<u64> = self.queries.keys().copied().collect();
        for name in all {
            self.count(name);
        }
    }

    fn evaluate(&mut self, change: &Arc<Change>, seq: i64) {
        self.head = seq;
        if matches!(change.record(), Some(Record::User(_) | Record::ApiKey(_))) {
            // A role may have changed, also on another node.
            self.shared.sessions.send_modify(|times| *times += 1);
        }
        self.store.current.take(change, seq);
        if change.is_of_zone() {
            // The time zone may be another one: what is evaluated from now on has its days.
            self.compile_anew(|_| true);
        } else if matches!(change.record(), Some(Record::Segment(_))) {
            self.compile_anew(|entry| entry.compiled.follows(change));
        }
        self.store.current.seen(seq);
        let ready = Ready::new(change, seq);
        let (mut bulk, mut later) = (Vec::new(), false);
        for (name, entry) in &mut self.queries {
            if entry.compiled.enrolled {
                later = true;
                continue;
            }
            match entry.take(&ready) {
                None => continue,
                Some(DeltaOp::Bulk) if entry.compiled.by_orders => entry.stale = true,
                Some(DeltaOp::Bulk) => bulk.push(*name),
                Some(_) => {}
            }
            self.dirty.insert(*name);
        }
        if later {
            self.enrolled.take(change, seq);
        } else {
            self.enrolled.rest(seq);
        }
        for name in bulk {
            self.count_or_forget(name);
        }
    }

    /// Compiles these queries as of the present settings and segments. Those over enrollments are counted and read again; the others take the
    /// change itself.
    fn compile_anew(&mut self, these: impl Fn(&HubQuery) -> bool) {
        let (segments, at) = (self.store.current.segments(), self.store.moment());
        let mut enrolled = false;
        for entry in self.queries.values_mut().filter(|entry| entry.has_total() && these(entry)) {
            let was_enrolled = entry.compiled.enrolled;
            self.load = self.load.minus(entry.load);
            entry.compile_anew(&segments, &at);
            self.load = self.load.plus(entry.load);
            if entry.compiled.enrolled != was_enrolled {
                entry.since = if was_enrolled { self.head } else { self.enrolled.upto };
            }
            enrolled |= entry.compiled.enrolled;
        }
        if enrolled {
            self.enrolled.lose();
        }
    }

    fn flush(&mut self) {
        self.sent = self.head;
        self.enrolled.sent = self.enrolled.upto;
        self.flushed = Instant::now();
        for name in self.dirty.drain() {
            let Some(entry) = self.queries.get_mut(&name) else { continue };
            let items = std::mem::take(&mut entry.items);
            if entry.subscribers.is_empty() {
                continue;
            }
            let sent = if entry.compiled.enrolled { self.enrolled.sent } else { self.sent };
            for frame in frame::deltas(name, sent, entry.tally.total(), &items) {
                let frame = self.shared.encoded(frame);
                self.shared.deliver(&frame, entry.subscribers.iter().filter_map(|socket| self.connections.get(socket)));
            }
        }
    }

    /// All watchers have received the changes up to this one.
    fn seen_by_all(&self) -> i64 {
        self.sent.min(self.enrolled.sent)
    }

    fn tell_all(&self, frame: &Utf8Bytes) {
        self.shared.deliver(frame, self.connections.values());
    }
}

impl Shared {
    /// Queues a frame, counted before: whoever has received it finds it in the metrics.
    fn deliver<'a>(&self, frame: &Utf8Bytes, connections: impl Iterator<Item = &'a Connection>) {
        for connection in connections {
            self.counts.delivered.fetch_add(1, Ordering::Relaxed);
            connection.send_queue.push(Outgoing::Frame(frame.clone()));
        }
    }
}

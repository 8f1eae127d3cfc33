//! The task that owns the queries: follows the changes, asks each distinct query once, and puts frames into mailboxes.
//! It waits for nobody but the database.

use super::{
    Command, Join, Shared, SocketId, Subscribe, count, frame,
    frame::Item,
    mailbox::{Mailbox, Post},
    presence::Presence,
    query::{Asked, Kept},
    ready::Ready,
    replay::{REPLAY_MAX, Replay},
};
use crate::store::{Store, log};
use axum::extract::ws::Utf8Bytes;
use domain::{
    Change, Epoch, Record, Result, Snapshot,
    live::{DeltaOp, Person, Query, ServerMessage},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::{Instant, MissedTickBehavior},
};

/// Frames of one query are at least this far apart; the first after a rest goes at once.
const BATCH: Duration = Duration::from_millis(50);
/// Progress is told this often.
const BEAT: Duration = Duration::from_millis(250);
/// Everything that may be a second late happens every so many beats.
const SECOND: u64 = 4;
/// A total that nobody watches is kept this long after its last use.
const LINGER: Duration = Duration::from_mins(1);
/// With more queries than this, those that nobody watches go at once.
const QUERIES: usize = 2_000;
/// Queries that depend on time are counted again this often.
const TIMED: Duration = Duration::from_mins(1);
/// Subscriptions of one socket.
const SUBSCRIPTIONS: usize = 64;
/// Changes taken from the feed, or read from the log, before others have their turn.
const CHUNK: i64 = 500;

pub(super) fn spawn(store: Store, shared: Arc<Shared>, queue: mpsc::Receiver<Command>) {
    // Before the head is read, so that no change falls between the two.
    let feed = store.feed();
    tokio::spawn(async move {
        let stop = shared.stop.clone();
        let work = async {
            let (epoch, head) = start(&store).await;
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
        let read = store.read(|conn| Box::pin(async move { Ok((log::epoch(conn).await?, log::head(conn).await?)) })).await;
        match read {
            Ok(start) => return start,
            // Logged where it happened. Sockets wait for their welcome.
            Err(_) => tokio::time::sleep(BEAT * 4).await,
        }
    }
}

struct Seat {
    mailbox: Arc<Mailbox>,
    person: Option<Person>,
    /// The socket's names for its subscriptions, and ours.
    subscriptions: HashMap<u32, u64>,
}

struct Task {
    store: Store,
    shared: Arc<Shared>,
    epoch: Epoch,
    /// Changes up to here were evaluated; up to `sent` they were put into mailboxes; up to `told` everyone knows.
    head: i64,
    sent: i64,
    told: i64,
    queries: HashMap<u64, Kept>,
    names: HashMap<String, u64>,
    next: u64,
    /// Queries with something to tell.
    dirty: HashSet<u64>,
    flushed: Instant,
    seats: HashMap<SocketId, Seat>,
    presence: Presence,
    counts: mpsc::UnboundedSender<(u64, Result<Snapshot<i64>>)>,
    counted: mpsc::UnboundedReceiver<(u64, Result<Snapshot<i64>>)>,
    beats: u64,
}

impl Task {
    fn new(store: Store, shared: Arc<Shared>, epoch: Epoch, head: i64) -> Self {
        let (counts, counted) = mpsc::unbounded_channel();
        Self {
            store,
            shared,
            epoch,
            head,
            sent: head,
            told: head,
            queries: HashMap::new(),
            names: HashMap::new(),
            next: 1,
            dirty: HashSet::new(),
            flushed: Instant::now(),
            seats: HashMap::new(),
            presence: Presence::default(),
            counts,
            counted,
            beats: 0,
        }
    }

    async fn run(mut self, mut feed: broadcast::Receiver<Arc<Change>>, mut commands: mpsc::Receiver<Command>) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.flushed + BATCH;
            tokio::select! {
                change = feed.recv() => match change {
                    Ok(change) => {
                        self.change(&change).await;
                        // Others that are here already go into the same frame.
                        for _ in 0..CHUNK {
                            let Ok(change) = feed.try_recv() else { break };
                            self.change(&change).await;
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up().await,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                Some(command) = commands.recv() => self.command(command),
                Some((name, count)) = self.counted.recv() => self.take_count(name, count),
                _ = beat.tick() => self.beat(),
                () = tokio::time::sleep_until(due), if !self.dirty.is_empty() => {}
            }
            if self.dirty.is_empty() {
                self.sent = self.head;
            } else if Instant::now() >= self.flushed + BATCH {
                self.flush();
            }
        }
    }

    // ── changes ──

    async fn change(&mut self, change: &Change) {
        let Some(seq) = change.seq else { return };
        if seq > self.head + 1 {
            self.catch_up().await;
        }
        if seq == self.head + 1 {
            self.evaluate(change, seq);
        }
    }

    /// Reads from the log what the feed did not tell.
    async fn catch_up(&mut self) {
        loop {
            let head = self.head;
            // A refusal was logged; the next change or beat tries again.
            let Ok(changes) = self.store.read(move |conn| Box::pin(log::since(conn, head, i64::MAX, CHUNK))).await else { return };
            if changes.is_empty() {
                return;
            }
            for change in &changes {
                let Some(seq) = change.seq else { return };
                if seq > self.head + 1 {
                    self.start_anew(seq - 1);
                }
                self.evaluate(change, seq);
            }
            self.flush();
        }
    }

    /// The log lost changes that were never told: everyone reads again.
    fn start_anew(&mut self, head: i64) {
        self.head = head;
        self.sent = head;
        let reset = ServerMessage::Reset { id: None, reason: "Changes were missed; read again".to_owned() };
        self.tell_all(&self.shared.encoded(frame::message(&reset)));
        let all: Vec<u64> = self.queries.keys().copied().collect();
        for name in all {
            self.count(name);
        }
    }

    fn evaluate(&mut self, change: &Change, seq: i64) {
        self.head = seq;
        if matches!(change.record(), Some(Record::User(_) | Record::ApiKey(_))) {
            // A role may have changed, also through another node.
            self.shared.sessions.send_modify(|times| *times += 1);
        }
        let ready = Ready::new(change, seq);
        let mut bulk = Vec::new();
        for (name, kept) in &mut self.queries {
            match kept.take(&ready) {
                None => continue,
                Some(DeltaOp::Bulk) => bulk.push(*name),
                Some(_) => {}
            }
            self.dirty.insert(*name);
        }
        for name in bulk {
            self.count_or_forget(name);
        }
    }

    fn flush(&mut self) {
        self.sent = self.head;
        self.flushed = Instant::now();
        for name in self.dirty.drain() {
            let Some(kept) = self.queries.get_mut(&name) else { continue };
            let items = std::mem::take(&mut kept.items);
            if kept.watchers.is_empty() {
                continue;
            }
            let frame = self.shared.encoded(frame::deltas(name, self.sent, kept.tally.total(), &items));
            for socket in &kept.watchers {
                if let Some(seat) = self.seats.get(socket) {
                    seat.mailbox.push(Post::Frame(frame.clone()));
                }
            }
            self.shared.counts.delivered.fetch_add(kept.watchers.len() as u64, Ordering::Relaxed);
        }
    }

    fn tell_all(&self, frame: &Utf8Bytes) {
        for seat in self.seats.values() {
            seat.mailbox.push(Post::Frame(frame.clone()));
        }
        self.shared.counts.delivered.fetch_add(self.seats.len() as u64, Ordering::Relaxed);
    }

    // ── totals ──

    fn count_or_forget(&mut self, name: u64) {
        if self.queries.get(&name).is_some_and(Kept::is_idle) {
            self.forget(name);
        } else {
            self.count(name);
        }
    }

    /// Counts in the background; the answer comes to `take_count`.
    fn count(&mut self, name: u64) {
        let Some(kept) = self.queries.get_mut(&name) else { return };
        let Query::Leads { rule } = &kept.asked.query else { return };
        if kept.tally.begin() {
            let (store, rule, counts) = (self.store.clone(), rule.clone(), self.counts.clone());
            tokio::spawn(async move {
                let count = count::count(&store, rule).await;
                // Nobody listens when the hub has stopped.
                drop(counts.send((name, count)));
            });
        }
    }

    fn take_count(&mut self, name: u64, count: Result<Snapshot<i64>>) {
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
        if let Some(total) = now {
            for waiting in kept.waiting.drain(..) {
                // Who waited too long went on without it.
                let _ = waiting.send(total);
            }
        }
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

    // ── what sockets and services ask ──

    fn command(&mut self, command: Command) {
        match command {
            Command::Total(rule, answer) => self.total(Query::Leads { rule }, answer),
            Command::Join(join) => self.join(join),
            Command::Subscribe(subscribe) => self.subscribe(subscribe),
            Command::Unsubscribe { socket, id } => self.unsubscribe(socket, id),
            Command::Presence { socket, page, record } => {
                if let Some(person) = self.seats.get(&socket).and_then(|seat| seat.person.as_ref()) {
                    self.presence.set(socket, Person { page, record, ..person.clone() });
                }
            }
        }
    }

    fn total(&mut self, query: Query, answer: oneshot::Sender<i64>) {
        let name = self.keep(query);
        let Some(kept) = self.queries.get_mut(&name) else { return };
        match kept.tally.total() {
            Some(total) => {
                let _ = answer.send(total);
            }
            None => kept.waiting.push(answer),
        }
    }

    /// The query's name, new or known.
    fn keep(&mut self, query: Query) -> u64 {
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

    fn forget(&mut self, name: u64) {
        if let Some(kept) = self.queries.remove(&name) {
            self.names.remove(&kept.key);
            self.dirty.remove(&name);
            self.shared.counts.queries.store(self.queries.len() as u64, Ordering::Relaxed);
        }
    }

    fn join(&mut self, Join { socket, mailbox, person, epoch }: Join) {
        let tell = |message: ServerMessage| mailbox.push(Post::Frame(frame::message(&message)));
        tell(ServerMessage::Welcome { epoch: self.epoch, head: self.sent });
        if epoch.is_some_and(|epoch| epoch != self.epoch) {
            tell(ServerMessage::Reset { id: None, reason: "The database was restored; read again".to_owned() });
        }
        if !self.presence.told().is_empty() {
            tell(ServerMessage::Presence { people: self.presence.told().to_vec() });
        }
        self.seats.insert(socket, Seat { mailbox, person, subscriptions: HashMap::new() });
    }

    fn subscribe(&mut self, Subscribe { socket, id, query, since }: Subscribe) {
        self.unsubscribe(socket, id);
        let Some(seat) = self.seats.get(&socket) else { return };
        if seat.subscriptions.len() >= SUBSCRIPTIONS {
            let reason = format!("At most {SUBSCRIPTIONS} subscriptions on one connection; end another first");
            seat.mailbox.push(Post::Frame(frame::message(&ServerMessage::Reset { id: Some(id), reason })));
            return;
        }
        let name = self.keep(query.clone());
        let (Some(seat), Some(kept)) = (self.seats.get_mut(&socket), self.queries.get_mut(&name)) else { return };
        seat.subscriptions.insert(id, name);
        kept.watchers.insert(socket);
        // What the query's next frame begins after.
        let upto = self.sent.max(kept.since);
        let total = kept.tally.total();
        seat.mailbox.push(Post::Answer(frame::message(&ServerMessage::Subscribed { id, query: name, seq: since, total })));
        if upto - since > REPLAY_MAX {
            let reason = format!("More than {REPLAY_MAX} changes since then; read again");
            seat.mailbox.push(Post::Frame(frame::message(&ServerMessage::Reset { id: Some(id), reason })));
        } else if since < upto {
            let asked = Asked::new(query, self.store.clock.now());
            seat.mailbox.push(Post::Replay(Box::new(Replay::new(id, name, asked, since, upto))));
        }
    }

    fn unsubscribe(&mut self, socket: SocketId, id: u32) {
        let Some(seat) = self.seats.get_mut(&socket) else { return };
        let Some(name) = seat.subscriptions.remove(&id) else { return };
        // Two views of one tab may watch the same query.
        if !seat.subscriptions.values().any(|other| *other == name)
            && let Some(kept) = self.queries.get_mut(&name)
        {
            kept.watchers.remove(&socket);
            kept.used = Instant::now();
        }
    }

    // ── time ──

    fn beat(&mut self) {
        self.progress();
        self.beats += 1;
        if self.beats.is_multiple_of(SECOND) {
            self.second();
        }
    }

    fn progress(&self) {
        for (_, import) in self.shared.take_progress() {
            let queries = [Query::Imports, Query::Import { id: import.id }];
            let watchers: HashSet<SocketId> = queries
                .iter()
                .filter_map(|query| self.queries.get(self.names.get(&query.key())?))
                .flat_map(|kept| kept.watchers.iter().copied())
                .collect();
            let frame = self.shared.encoded(frame::message(&ServerMessage::Progress { import }));
            for seat in watchers.iter().filter_map(|socket| self.seats.get(socket)) {
                seat.mailbox.push(Post::Frame(frame.clone()));
            }
        }
    }

    fn second(&mut self) {
        self.sweep();
        if let Some(people) = self.presence.news() {
            let people = people.to_vec();
            self.tell_all(&self.shared.encoded(frame::message(&ServerMessage::Presence { people })));
        }
        if self.shared.signals.touched.swap(false, Ordering::Relaxed) {
            self.touched();
        }
        let now = self.store.clock.now();
        let mut due = Vec::new();
        for (name, kept) in &mut self.queries {
            kept.asked.refresh(now);
            if kept.tally.is_owed() || (kept.asked.timed && kept.counted_at.elapsed() >= TIMED) {
                due.push(*name);
            }
        }
        for name in due {
            self.count(name);
        }
        if self.sent > self.told {
            self.told = self.sent;
            self.tell_all(&self.shared.encoded(frame::message(&ServerMessage::Head { seq: self.sent })));
        }
    }

    fn touched(&mut self) {
        let mut leads = Vec::new();
        for (name, kept) in self.queries.iter_mut().filter(|(_, kept)| kept.has_total()) {
            kept.touched = true;
            if kept.tally.is_counting() {
                // Counting takes longer than batches do: it has a second's rest in between.
                self.shared.signals.touched.store(true, Ordering::Relaxed);
            } else {
                leads.push(*name);
            }
        }
        for name in leads {
            self.count_or_forget(name);
        }
    }

    /// Forgets sockets that are gone and queries that nobody needs.
    fn sweep(&mut self) {
        let gone: Vec<SocketId> = self.seats.iter().filter(|(_, seat)| seat.mailbox.is_closed()).map(|(socket, _)| *socket).collect();
        for socket in gone {
            self.presence.remove(socket);
            let Some(seat) = self.seats.remove(&socket) else { continue };
            for name in seat.subscriptions.values() {
                if let Some(kept) = self.queries.get_mut(name) {
                    kept.watchers.remove(&socket);
                    kept.used = Instant::now();
                }
            }
        }
        let linger = if self.queries.len() > QUERIES { Duration::ZERO } else { LINGER };
        let idle: Vec<u64> =
            self.queries.iter().filter(|(_, kept)| kept.is_idle() && kept.used.elapsed() >= linger).map(|(name, _)| *name).collect();
        for name in idle {
            self.forget(name);
        }
    }
}

//! Live queries over one WebSocket per tab. `hub` follows the change log and evaluates each distinct query once;
//! `socket` carries the frames. The hub never waits for a socket: a mailbox that is full starts anew with a `Reset`.

mod budget;
mod count;
mod credential;
mod crossings;
mod frame;
mod hub;
mod mailbox;
mod presence;
mod query;
mod ready;
mod replay;
mod socket;
mod tally;

use crate::{
    http::App,
    store::{Asker, Store},
};
use axum::{Router, extract::ws::Utf8Bytes, routing::any};
use credential::Credentials;
use domain::{
    Epoch,
    live::{Person, Progress, Query, Total},
};
use mailbox::Mailbox;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// Commands that may wait for the hub before sockets wait to give more.
const COMMANDS: usize = 1_024;
/// Sockets get this long to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// The handle to this node's live layer. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

/// `/live`.
pub fn routes() -> Router<App> {
    Router::new().route("/live", any(socket::open))
}

struct Shared {
    store: Store,
    commands: mpsc::Sender<Command>,
    signals: Signals,
    /// Counts the calls of `sessions_changed`.
    sessions: watch::Sender<u64>,
    credentials: Credentials,
    stop: CancellationToken,
    sockets: TaskTracker,
    counts: Counts,
}

/// What others tell the hub without waiting: coalesced, so that it cannot pile up.
#[derive(Default)]
struct Signals {
    progress: Mutex<HashMap<Uuid, Progress>>,
    touched: AtomicBool,
}

#[derive(Default)]
struct Counts {
    /// Names for sockets.
    next: AtomicU64,
    sockets: AtomicU64,
    queries: AtomicU64,
    encoded: AtomicU64,
    delivered: AtomicU64,
}

/// What the live layer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveCounts {
    pub sockets: u64,
    /// Distinct queries kept.
    pub queries: u64,
    /// Frames made since the start.
    pub encoded: u64,
    /// Frames put into mailboxes since the start; over `encoded` it is the fan-out.
    pub delivered: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct SocketId(u64);

enum Command {
    /// What a query adds up to, as soon as it holds every change up to `as_of`.
    Total {
        asker: Asker,
        query: Query,
        as_of: i64,
        answer: oneshot::Sender<Total>,
    },
    Join(Join),
    Subscribe(Subscribe),
    Unsubscribe {
        socket: SocketId,
        id: u32,
    },
    Presence {
        socket: SocketId,
        page: Option<String>,
        record: Option<Uuid>,
    },
}

struct Join {
    socket: SocketId,
    asker: Asker,
    mailbox: Arc<Mailbox>,
    person: Option<Person>,
    /// The history that the client knows from before.
    epoch: Option<Epoch>,
    /// It saw changes that the database does not have.
    lost: bool,
}

struct Subscribe {
    socket: SocketId,
    id: u32,
    /// Checked, and written in the one canonical way.
    query: Query,
    since: i64,
}

impl Shared {
    /// Waits while the hub is busy: who asks much waits, and nothing piles up.
    async fn command(&self, command: Command) {
        // The hub goes only when the server does.
        drop(self.commands.send(command).await);
    }

    fn new_socket(&self) -> SocketId {
        SocketId(self.counts.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Counts the frame.
    fn encoded(&self, frame: Utf8Bytes) -> Utf8Bytes {
        self.counts.encoded.fetch_add(1, Ordering::Relaxed);
        frame
    }

    fn progress(&self) -> MutexGuard<'_, HashMap<Uuid, Progress>> {
        self.signals.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_progress(&self) -> HashMap<Uuid, Progress> {
        std::mem::take(&mut *self.progress())
    }
}

impl Hub {
    /// Follows the store's changes until `shutdown`.
    pub fn start(store: Store) -> Self {
        let (commands, queue) = mpsc::channel(COMMANDS);
        let shared = Arc::new(Shared {
            store: store.clone(),
            commands,
            signals: Signals::default(),
            sessions: watch::Sender::new(0),
            credentials: Credentials::default(),
            stop: CancellationToken::new(),
            sockets: TaskTracker::new(),
            counts: Counts::default(),
        });
        hub::spawn(store, shared.clone(), queue);
        Self { shared }
    }

    /// What a query about leads adds up to, with every change up to `as_of`, that is, no older than what was read then. It is
    /// kept up to date by the changes, until a minute after its last use. `None` where counting takes longer than `wait`: the
    /// first time, and after many leads were written at once. Who asks waits behind their own other counts.
    pub async fn total(&self, asker: impl Into<Asker>, query: Query, as_of: i64, wait: Duration) -> Option<Total> {
        let (answer, answered) = oneshot::channel();
        let asker = asker.into();
        let asked = async {
            self.shared.commands.send(Command::Total { asker, query, as_of, answer }).await.ok()?;
            answered.await.ok()
        };
        tokio::time::timeout(wait, asked).await.ok().flatten()
    }

    /// How something that takes a while is doing: told at most four times a second, and the last word always.
    pub fn progress(&self, progress: Progress) {
        self.shared.progress().insert(progress.id(), progress);
    }

    /// Leads were written by a batch whose change record comes later: totals are counted again, at most once a second.
    pub fn leads_touched(&self) {
        self.shared.signals.touched.store(true, Ordering::Relaxed);
    }

    /// A session ended or a role changed: every socket checks its credential now.
    pub fn sessions_changed(&self) {
        self.shared.sessions.send_modify(|times| *times += 1);
    }

    pub fn metrics(&self) -> LiveCounts {
        let Counts { sockets, queries, encoded, delivered, .. } = &self.shared.counts;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        LiveCounts { sockets: read(sockets), queries: read(queries), encoded: read(encoded), delivered: read(delivered) }
    }

    /// Asks every browser to come back later, and waits a moment for them to be told.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.sockets.close();
        // Who does not take the message in time sees the connection drop, which says the same.
        drop(tokio::time::timeout(GOODBYE, self.shared.sockets.wait()).await);
    }
}

//! Live queries. `hub` follows the change log and evaluates each distinct query once; sockets are its clients and send the frames.
//! The hub never waits for a socket: a full queue is emptied and gets a `Reset`.

mod budgets;
mod client;
mod count;
mod credential;
mod crossings;
mod frame;
mod hub;
mod lead_facts;
mod load;
mod presence;
mod query;
mod ready;
mod replay;
mod send_queue;
mod tally;
mod walk;

pub use client::HubClient;
pub use frame::message;
pub use send_queue::Outgoing;

use crate::{
    leads::Totals,
    store::{Requester, Store},
};
use async_trait::async_trait;
use axum::extract::ws::Utf8Bytes;
use budgets::Budgets;
use credential::Credentials;
use domain::{
    Actor, Epoch,
    live::{Person, Progress, Query, Total},
};
use send_queue::SendQueue;
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

/// Capacity of the hub's command queue. When it is full, sockets wait.
const COMMANDS: usize = 1_024;

/// Handle to this node's hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    commands: mpsc::Sender<Command>,
    signals: Signals,
    /// Number of calls of `sessions_changed`.
    sessions: watch::Sender<u64>,
    credentials: Credentials,
    budgets: Budgets,
    stop: CancellationToken,
    sockets: TaskTracker,
    counts: Counts,
}

/// Signals to the hub that never block. Coalesced, so that they cannot pile up.
#[derive(Default)]
struct Signals {
    progress: Mutex<HashMap<Uuid, Progress>>,
    touched: AtomicBool,
    enrollments_touched: AtomicBool,
}

#[derive(Default)]
struct Counts {
    /// Next `SocketId`.
    next: AtomicU64,
    sockets: AtomicU64,
    queries: AtomicU64,
    counted: AtomicU64,
    encoded: AtomicU64,
    delivered: AtomicU64,
}

/// Metrics of the live layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveCounts {
    pub sockets: u64,
    /// Distinct queries.
    pub queries: u64,
    /// Counts of totals in the database that began since the start.
    pub counted: u64,
    /// Frames encoded since the start.
    pub encoded: u64,
    /// Frames queued to sockets since the start. Divided by `encoded` this is the fan-out.
    pub delivered: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct SocketId(u64);

enum Command {
    /// Answers with the query's total, as soon as it includes every change up to `as_of`.
    Total {
        requester: Requester,
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
    requester: Requester,
    send_queue: Arc<SendQueue>,
    person: Option<Person>,
    /// Epoch of the client's last connection.
    epoch: Option<Epoch>,
    /// The client saw changes that the database does not have: the database was restored.
    lost: bool,
}

struct Subscribe {
    socket: SocketId,
    id: u32,
    /// Checked and in canonical form.
    query: Query,
    since: i64,
}

impl Shared {
    /// Counts an encoded frame.
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
    /// Starts the hub. It follows the store's changes until `shutdown`.
    pub fn start(store: Store) -> Self {
        let (commands, queue) = mpsc::channel(COMMANDS);
        let shared = Arc::new(Shared {
            store: store.clone(),
            commands,
            signals: Signals::default(),
            sessions: watch::Sender::new(0),
            credentials: Credentials::default(),
            budgets: Budgets::default(),
            stop: CancellationToken::new(),
            sockets: TaskTracker::new(),
            counts: Counts::default(),
        });
        hub::spawn(store, shared.clone(), queue);
        Self { shared }
    }

    /// Sends the progress of a job: at most 4 frames per second, and always the last one.
    pub fn progress(&self, progress: Progress) {
        self.shared.progress().insert(progress.id(), progress);
    }

    /// A batch wrote leads and records its change later: totals are counted again, at most once per second.
    pub fn leads_touched(&self) {
        self.shared.signals.touched.store(true, Ordering::Relaxed);
    }

    /// The same for a batch of enrollments, which matters only to rules that test them.
    pub fn enrollments_touched(&self) {
        self.shared.signals.enrollments_touched.store(true, Ordering::Relaxed);
    }

    /// A session ended or a role changed: every socket rechecks its credential.
    pub fn sessions_changed(&self) {
        self.shared.sessions.send_modify(|times| *times += 1);
    }

    pub fn metrics(&self) -> LiveCounts {
        let Counts { sockets, queries, counted, encoded, delivered, .. } = &self.shared.counts;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        LiveCounts {
            sockets: read(sockets),
            queries: read(queries),
            counted: read(counted),
            encoded: read(encoded),
            delivered: read(delivered),
        }
    }
}

#[async_trait]
impl Totals for Hub {
    /// Changes keep a total up to date until 1 minute after its last use. `None` when the count takes longer than `wait`: at the first use,
    /// and after many leads were written at once. An requester's counts queue behind each other.
    async fn total(&self, actor: &Actor, query: Query, as_of: i64, wait: Duration) -> Option<Total> {
        let (answer, answered) = oneshot::channel();
        let requester = actor.into();
        let total = async {
            self.shared.commands.send(Command::Total { requester, query, as_of, answer }).await.ok()?;
            answered.await.ok()
        };
        tokio::time::timeout(wait, total).await.ok().flatten()
    }
}

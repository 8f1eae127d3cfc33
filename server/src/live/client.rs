//! A socket's handle to the hub: its commands, and the frames that the hub queues for it.

use super::{
    Command, Hub, Join, Shared, SocketId, Subscribe, frame, load,
    replay::Replay,
    send_queue::{Outgoing, SendQueue},
};
use crate::store::{Requester, log};
use axum::extract::ws::Utf8Bytes;
use domain::{
    Actor, ActorRef, Epoch, Result,
    live::{Person, Query, ServerMessage},
    services::AccountService,
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::task::task_tracker::TrackedFuture;
use uuid::Uuid;

/// Time for sockets to close at shutdown.
const GOODBYE: Duration = Duration::from_secs(2);

/// On drop the hub stops queueing frames and forgets the socket.
pub struct HubClient {
    shared: Arc<Shared>,
    socket: SocketId,
    requester: Requester,
    send_queue: Arc<SendQueue>,
}

impl Hub {
    /// Connects a socket. The hub answers nothing before `join`.
    pub fn connect(&self, actor: &Actor) -> HubClient {
        let counts = &self.shared.counts;
        counts.sockets.fetch_add(1, Ordering::Relaxed);
        let socket = SocketId(counts.next.fetch_add(1, Ordering::Relaxed));
        HubClient { shared: self.shared.clone(), socket, requester: actor.into(), send_queue: Arc::default() }
    }

    /// Watches the actor of a socket's secret; `None` once the secret is no longer valid.
    ///
    /// # Errors
    /// `TooMany` when the session or key has too many sockets.
    pub fn watch(&self, accounts: &Arc<dyn AccountService>, secret: &str, actor: &Actor) -> Result<watch::Receiver<Option<Actor>>> {
        self.shared.credentials.watch(accounts, secret, actor, self.shared.sessions.subscribe())
    }

    /// `shutdown` waits until `serving` has ended.
    pub fn track<F: Future>(&self, serving: F) -> TrackedFuture<F> {
        self.shared.sockets.track_future(serving)
    }

    /// Resolves when the hub shuts down.
    pub async fn stopped(&self) {
        self.shared.stop.cancelled().await;
    }

    /// Closes every socket with "restart" and waits up to `GOODBYE` for them.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.sockets.close();
        // A client that does not read the close frame in time sees the connection drop and reconnects as well.
        drop(tokio::time::timeout(GOODBYE, self.shared.sockets.wait()).await);
    }
}

impl Drop for HubClient {
    fn drop(&mut self) {
        self.send_queue.close();
        self.shared.counts.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

impl HubClient {
    /// `epoch` and `since` are what the client knew when its last connection ended.
    pub async fn join(&self, actor: &Actor, epoch: Option<Epoch>, since: Option<i64>) {
        let lost = match since {
            Some(since) => self.is_ahead_of_log(since).await,
            None => false,
        };
        let (socket, send_queue) = (self.socket, self.send_queue.clone());
        self.command(Command::Join(Join { socket, requester: self.requester, send_queue, person: person(actor), epoch, lost })).await;
    }

    /// Whether the client saw changes that the database does not have, because it was restored to an older state unnoticed.
    async fn is_ahead_of_log(&self, since: i64) -> bool {
        // After a read error the next connection checks again.
        self.shared.store.read(|conn| Box::pin(log::head(conn))).await.is_ok_and(|head| since > head)
    }

    /// Takes what a subscription to this query costs. `false` when its requester, on all sockets together, began too much.
    pub fn affords(&self, query: &Query) -> bool {
        let segments = self.shared.store.current.segments();
        let rule = query.rule().map(|rule| segments.expand_saved(rule));
        self.shared.budgets.afford(self.requester, load::comparisons(rule.as_ref()))
    }

    /// `query` is checked and in canonical form.
    pub async fn subscribe(&self, id: u32, query: Query, since: i64) {
        self.command(Command::Subscribe(Subscribe { socket: self.socket, id, query, since })).await;
    }

    pub async fn unsubscribe(&self, id: u32) {
        self.command(Command::Unsubscribe { socket: self.socket, id }).await;
    }

    pub async fn presence(&self, page: Option<String>, record: Option<Uuid>) {
        self.command(Command::Presence { socket: self.socket, page, record }).await;
    }

    /// Waits while the hub's queue is full (back-pressure).
    async fn command(&self, command: Command) {
        // The hub stops only with the server.
        drop(self.shared.commands.send(command).await);
    }

    /// Queues a message for the client.
    pub fn push(&self, message: &ServerMessage) {
        self.send_queue.push(Outgoing::Frame(frame::message(message)));
    }

    /// Waits for the next item of the queue.
    pub async fn next(&self) -> Outgoing {
        self.send_queue.next().await
    }

    pub fn try_next(&self) -> Option<Outgoing> {
        self.send_queue.try_next()
    }

    /// The next frames of a replay; `None` at its end.
    pub async fn replayed(&self, replay: &mut Replay) -> Option<Vec<Utf8Bytes>> {
        replay.next(&self.shared).await
    }

    /// Whether the hub gave up on the client, because it subscribes without reading.
    pub fn is_closed(&self) -> bool {
        self.send_queue.is_closed()
    }
}

/// Presence of a user; API keys have none.
fn person(actor: &Actor) -> Option<Person> {
    match &actor.who {
        ActorRef::User { id, name } => Some(Person { id: *id, name: name.clone(), page: None, record: None }),
        ActorRef::Key { .. } | ActorRef::Guest | ActorRef::System => None,
    }
}

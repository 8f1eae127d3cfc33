//! The WebSocket of one browser tab: access check, incoming messages, outgoing frames.

use super::{
    Command, Hub, Join, SocketId, Subscribe,
    budget::TokenBucket,
    send_queue::{Outgoing, SendQueue},
};
use crate::{
    config::Config,
    http::{ApiError, Credential, CurrentActor, Peer},
    store::log,
};
use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    http::{HeaderMap, header},
    response::Response,
};
use domain::{
    Actor, ActorRef, Error, Permission, Services, json,
    live::{ClientMessage, PROTOCOL, Person, Query, ServerMessage, close},
};
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};

/// Deadline for the client's `Hello`.
const HELLO: Duration = Duration::from_secs(10);
/// Interval of `Ping` messages. Browsers do not show the protocol's pings to scripts.
const PING: Duration = Duration::from_secs(20);
/// A client that sends nothing for this long is gone.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);
/// Time to write the close frame and read the answer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// A client that reads nothing for this long is gone, even if it sends messages.
const WRITE_TIMEOUT: Duration = Duration::from_mins(1);
/// Maximum frames between two flushes.
const BURST: usize = 32;

/// Close code and reason; `None` when the client is gone.
type End = Option<(u16, &'static str)>;

/// The client sends too many messages, or subscribes without reading.
const FLOODED: End = Some((close::FLOODED, "Too many messages; connect again later"));

/// RFC 6455: the message cannot be understood.
const UNREADABLE: u16 = 1007;

/// `GET /live`.
#[expect(clippy::too_many_arguments, reason = "what a handler is given")]
pub(super) async fn open(
    State(hub): State<Hub>,
    State(services): State<Services>,
    State(config): State<Arc<Config>>,
    CurrentActor(actor): CurrentActor,
    Credential(secret): Credential,
    peer: Peer,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    if !is_ours(&headers, &peer, &config.allowed_origins) {
        return Err(Error::Forbidden("This page is not one of Linnet's; list its site in --allowed-origin".to_owned()).into());
    }
    actor.require(Permission::Read)?;
    let known = hub.shared.credentials.watch(&services.accounts, &secret, &actor, hub.shared.sessions.subscribe())?;
    Ok(upgrade
        .read_buffer_size(4 * 1024)
        .write_buffer_size(16 * 1024)
        .max_write_buffer_size(256 * 1024)
        .max_message_size(64 * 1024)
        .on_upgrade(move |socket| {
            let tracker = hub.shared.sockets.clone();
            tracker.track_future(serve(socket, hub, actor, known))
        }))
}

/// Whether the `Origin` is ours. Browsers always send it; other programs send none and bring their own credential.
fn is_ours(headers: &HeaderMap, peer: &Peer, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let same = origin.split_once("://").is_some_and(|(_, host)| !host.is_empty() && host == peer.host);
    same || allowed.iter().any(|one| one.trim_end_matches('/') == origin)
}

async fn serve(socket: WebSocket, hub: Hub, actor: Actor, mut known: watch::Receiver<Option<Actor>>) {
    let (mut sink, mut stream) = socket.split();
    let send_queue = Arc::new(SendQueue::default());
    let _leaving = Leaving { hub: &hub, send_queue: &send_queue };
    hub.shared.counts.sockets.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let over = async {
        // The watch ends only with this server. A new name does not close the socket.
        let same = |now: &Option<Actor>| now.as_ref().is_some_and(|now| now.who.is(&actor.who) && now.role == actor.role);
        drop(known.wait_for(|now| !same(now)).await);
    };
    let end: End = tokio::select! {
        end = listen(&mut stream, &hub, &actor, &send_queue) => end,
        end = tell(&mut sink, &hub, &send_queue) => end,
        () = over => Some((close::SESSION_OVER, "Your session ended or your role changed")),
        () = hub.shared.stop.cancelled() => Some((close::RESTART, "The server restarts")),
    };
    if let Some((code, reason)) = end {
        let goodbye = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let parted = async {
            sink.send(goodbye).await.ok()?;
            // Read until the client answers: unread data would make the system reset the connection and drop the close frame.
            while let Some(Ok(_)) = stream.next().await {}
            Some(())
        };
        drop(tokio::time::timeout(CLOSE_TIMEOUT, parted).await);
    }
}

/// Closes the socket's queue on drop, so that the hub stops writing to it.
struct Leaving<'s> {
    hub: &'s Hub,
    send_queue: &'s SendQueue,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.send_queue.close();
        self.hub.shared.counts.sockets.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Handles the client's messages until it disconnects.
async fn listen(stream: &mut SplitStream<WebSocket>, hub: &Hub, actor: &Actor, send_queue: &Arc<SendQueue>) -> End {
    let hello = match tokio::time::timeout(HELLO, read(stream)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(end)) => return end,
        Err(_) => return Some((close::WRONG_PROTOCOL, "Say hello first")),
    };
    let ClientMessage::Hello { proto: PROTOCOL, epoch, since } = hello else {
        return Some((close::WRONG_PROTOCOL, "This page is of another version; load it again"));
    };
    let lost = match since {
        Some(since) => is_ahead_of_log(hub, since).await,
        None => false,
    };
    let socket = hub.shared.new_socket();
    hub.shared
        .command(Command::Join(Join { socket, asker: actor.into(), send_queue: send_queue.clone(), person: person(actor), epoch, lost }))
        .await;
    let mut budget = TokenBucket::new(Instant::now());
    loop {
        let message = match tokio::time::timeout(IDLE_TIMEOUT, read(stream)).await {
            Ok(Ok(message)) => message,
            Ok(Err(end)) => return end,
            // The client is gone; no reason to send.
            Err(_) => return None,
        };
        if !budget.spend(Instant::now()) {
            return FLOODED;
        }
        if let Some(command) = heard(message, socket, actor, send_queue) {
            hub.shared.command(command).await;
        }
    }
}

/// Whether the client saw changes that the database does not have, because it was restored to an older state unnoticed.
async fn is_ahead_of_log(hub: &Hub, since: i64) -> bool {
    // After a read error the next connection checks again.
    hub.shared.store.read(|conn| Box::pin(log::head(conn))).await.is_ok_and(|head| since > head)
}

fn heard(message: ClientMessage, socket: SocketId, actor: &Actor, send_queue: &SendQueue) -> Option<Command> {
    match message {
        ClientMessage::Subscribe { id, query, since } => match checked(query, actor) {
            Ok(query) => Some(Command::Subscribe(Subscribe { socket, id, query, since: since.max(0) })),
            Err(error) => {
                let reset = ServerMessage::Reset { id: Some(id), reason: error.to_string() };
                send_queue.push(Outgoing::Frame(super::frame::message(&reset)));
                None
            }
        },
        ClientMessage::Unsubscribe { id } => Some(Command::Unsubscribe { socket, id }),
        ClientMessage::Presence { page, record } => {
            let page = page.map(|page| page.chars().take(200).collect());
            Some(Command::Presence { socket, page, record })
        }
        ClientMessage::Hello { .. } | ClientMessage::Pong => None,
    }
}

/// Checks the query's rule and limits the query to what the actor may see. Lists every query, so that a new one must decide here.
fn checked(query: Query, actor: &Actor) -> domain::Result<Query> {
    Ok(match query {
        Query::Leads { rule } => Query::Leads { rule: rule.check()? },
        Query::Board { rule } => Query::Board { rule: rule.check()? },
        Query::Count { rule } => Query::Count { rule: rule.check()? },
        Query::Views { .. } => Query::Views { seen_by: actor.user_id() },
        Query::Activities { campaign, .. } => Query::Activities { campaign, access: actor.may(Permission::Administer) },
        Query::Lead { id } => Query::Lead { id },
        Query::Imports => Query::Imports,
        Query::Import { id } => Query::Import { id },
        Query::Bulk { id } => Query::Bulk { id },
        Query::Campaigns => Query::Campaigns,
        Query::Campaign { id } => Query::Campaign { id },
        Query::Dashboard { range } => Query::Dashboard { range },
    })
}

/// Presence of a user; API keys have none.
fn person(actor: &Actor) -> Option<Person> {
    match &actor.who {
        ActorRef::User { id, name } => Some(Person { id: *id, name: name.clone(), page: None, record: None }),
        ActorRef::Key { .. } | ActorRef::Guest | ActorRef::System => None,
    }
}

async fn read(stream: &mut SplitStream<WebSocket>) -> Result<ClientMessage, End> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => {
                let read = json::once(text.as_bytes(), "").ok().and_then(|()| serde_json::from_str(text.as_str()).ok());
                return read.ok_or(Some((UNREADABLE, "This message cannot be read")));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(Some((UNREADABLE, "Send text"))),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
        }
    }
}

/// Writes the queued frames, and a ping every `PING`.
async fn tell(sink: &mut SplitSink<WebSocket, Message>, hub: &Hub, send_queue: &SendQueue) -> End {
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    let ping_frame = super::frame::message(&ServerMessage::Ping);
    loop {
        let mut outgoing = tokio::select! {
            outgoing = send_queue.next() => Some(outgoing),
            _ = ping.tick() => Some(Outgoing::Frame(ping_frame.clone())),
        };
        let mut written = 0;
        while let Some(now) = outgoing.take() {
            match now {
                Outgoing::Frame(frame) | Outgoing::Answer(frame) => taken(sink.feed(Message::Text(frame))).await?,
                Outgoing::Replay(mut replay) => {
                    while let Some(frames) = replay.next(&hub.shared).await {
                        for frame in frames {
                            taken(sink.feed(Message::Text(frame))).await?;
                        }
                    }
                }
            }
            written += 1;
            // Dequeue only what is written before this flush.
            if written < BURST {
                outgoing = send_queue.try_next();
            }
        }
        taken(sink.flush()).await?;
        if send_queue.is_closed() {
            return FLOODED;
        }
    }
}

/// Awaits a write. `None` when the client is gone or has read nothing for `WRITE_TIMEOUT`.
async fn taken(writing: impl Future<Output = Result<(), axum::Error>>) -> Option<()> {
    tokio::time::timeout(WRITE_TIMEOUT, writing).await.ok()?.ok()
}

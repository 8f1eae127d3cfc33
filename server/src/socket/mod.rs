//! The WebSocket of one browser tab: access check, incoming messages, outgoing frames.

mod end;
mod listener;
pub mod plain;

pub use listener::{Listener, check_origin};

use crate::{
    http::App,
    live::{Hub, HubClient, Outgoing, message},
    token_bucket::{Rate, TokenBucket},
};
use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
    routing::any,
};
use domain::{
    Actor, Entity, Error, Permission, json,
    live::{ClientMessage, PROTOCOL, Query, ServerMessage, close},
};
use end::{End, FLOODED, RESTART, SESSION_OVER, TOO_MUCH, say_goodbye, taken};
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::time::Duration;
use tokio::time::Instant;

/// Deadline for the client's `Hello`.
const HELLO: Duration = Duration::from_secs(10);
/// Interval of `Ping` messages. Browsers do not show the protocol's pings to scripts.
const PING: Duration = Duration::from_secs(20);
/// A client that sends nothing for this long is gone.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);
/// Maximum frames between two flushes.
const BURST: usize = 32;

/// RFC 6455: the message cannot be understood.
const UNREADABLE: u16 = 1007;

/// `/live`.
pub fn routes() -> Router<App> {
    Router::new().route("/live", any(open))
}

/// `GET /live`.
async fn open(State(hub): State<Hub>, listener: Listener, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(4 * 1024)
        .write_buffer_size(16 * 1024)
        .max_write_buffer_size(256 * 1024)
        .max_message_size(64 * 1024)
        .on_upgrade(move |socket| hub.clone().track(serve(socket, hub, listener)))
}

async fn serve(socket: WebSocket, hub: Hub, mut listener: Listener) {
    let (mut sink, mut stream) = socket.split();
    let actor = listener.actor.clone();
    let client = hub.connect(&actor);
    let end: End = tokio::select! {
        end = listen(&mut stream, &client, &actor) => end,
        end = send(&mut sink, &client) => end,
        () = listener.over() => SESSION_OVER,
        () = hub.stopped() => RESTART,
    };
    say_goodbye(sink, stream, end).await;
}

/// Handles the client's messages until it disconnects.
async fn listen(stream: &mut SplitStream<WebSocket>, client: &HubClient, actor: &Actor) -> End {
    let mut budget = TokenBucket::new(Rate::MESSAGES, Instant::now());
    let hello = match tokio::time::timeout(HELLO, read(stream, &mut budget)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(end)) => return end,
        Err(_) => return Some((close::WRONG_PROTOCOL, "Say hello first")),
    };
    let ClientMessage::Hello { proto: PROTOCOL, epoch, since } = hello else {
        return Some((close::WRONG_PROTOCOL, "This page is of another version; load it again"));
    };
    client.join(actor, epoch, since).await;
    loop {
        let message = match tokio::time::timeout(IDLE_TIMEOUT, read(stream, &mut budget)).await {
            Ok(Ok(message)) => message,
            Ok(Err(end)) => return end,
            // The client is gone; no reason to send.
            Err(_) => return None,
        };
        if matches!(&message, ClientMessage::Subscribe { query, .. } if !client.affords(query)) {
            return TOO_MUCH;
        }
        handle(message, client, actor).await;
    }
}

async fn handle(message: ClientMessage, client: &HubClient, actor: &Actor) {
    match message {
        ClientMessage::Subscribe { id, query, since } => match checked(query, actor) {
            Ok(query) => client.subscribe(id, query, since.max(0)).await,
            Err(error) => client.push(&ServerMessage::Reset { id: Some(id), reason: error.to_string() }),
        },
        ClientMessage::Unsubscribe { id } => client.unsubscribe(id).await,
        ClientMessage::Presence { page, record } => client.presence(page.map(|page| page.chars().take(200).collect()), record).await,
        ClientMessage::Hello { .. } | ClientMessage::Pong => {}
    }
}

/// Checks the query's rule and limits the query to what the actor may see. Lists every query, so that a new one must decide here.
fn checked(query: Query, actor: &Actor) -> domain::Result<Query> {
    Ok(match query {
        Query::Leads { rule } => Query::Leads { rule: rule.check()? },
        Query::Board { rule } => Query::Board { rule: rule.check()? },
        Query::Count { rule } => Query::Count { rule: rule.check()? },
        Query::List { kind, .. } => {
            require_live(kind, actor)?;
            Query::List { kind, seen_by: actor.user_id().filter(|_| kind.is_hidden()) }
        }
        // Only a list knows who sees hidden records.
        Query::One { kind, .. } if kind.is_hidden() => return Err(not_live(kind)),
        Query::One { kind, id } => {
            require_live(kind, actor)?;
            Query::One { kind, id }
        }
        Query::Activities { campaign, .. } => Query::Activities { campaign, access: actor.may(Permission::Administer) },
        Query::Lead { id } => Query::Lead { id },
        Query::Campaign { id } => Query::Campaign { id },
        Query::Dashboard { range } => Query::Dashboard { range },
        Query::Tags {} => Query::Tags {},
    })
}

fn require_live(kind: Entity, actor: &Actor) -> domain::Result<()> {
    actor.require(kind.live().ok_or_else(|| not_live(kind))?)
}

fn not_live(kind: Entity) -> Error {
    Error::invalid("query.kind", format!("There is no such live query of {}", kind.as_str()))
}

/// The next message. Pings and pongs of the protocol cost as much.
async fn read(stream: &mut SplitStream<WebSocket>, budget: &mut TokenBucket) -> Result<ClientMessage, End> {
    loop {
        let message = stream.next().await;
        if !budget.spend(1, Instant::now()) {
            return Err(FLOODED);
        }
        match message {
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
async fn send(sink: &mut SplitSink<WebSocket, Message>, client: &HubClient) -> End {
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    let ping_frame = message(&ServerMessage::Ping);
    loop {
        let mut outgoing = tokio::select! {
            outgoing = client.next() => Some(outgoing),
            _ = ping.tick() => Some(Outgoing::Frame(ping_frame.clone())),
        };
        let mut written = 0;
        while let Some(now) = outgoing.take() {
            match now {
                Outgoing::Frame(frame) | Outgoing::Answer(frame) => taken(sink.feed(Message::Text(frame))).await?,
                Outgoing::Replay(mut replay) => {
                    while let Some(frames) = client.replayed(&mut replay).await {
                        for frame in frames {
                            taken(sink.feed(Message::Text(frame))).await?;
                        }
                    }
                }
            }
            written += 1;
            // Dequeue only what is written before this flush.
            if written < BURST {
                outgoing = client.try_next();
            }
        }
        taken(sink.flush()).await?;
        if client.is_closed() {
            return FLOODED;
        }
    }
}

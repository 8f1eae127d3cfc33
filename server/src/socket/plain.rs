//! A WebSocket that only sends the frames of a feed, for contracts without a protocol of their own.

use super::{
    BURST, IDLE_TIMEOUT, Listener, PING,
    end::{End, FLOODED, RESTART, SESSION_OVER, say_goodbye, taken},
};
use crate::{
    live::Hub,
    token_bucket::{Rate, TokenBucket},
};
use axum::{
    body::Bytes,
    extract::{
        WebSocketUpgrade,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    response::Response,
};
use domain::live::close;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::broadcast::{
        Receiver,
        error::{RecvError, TryRecvError},
    },
    time::Instant,
};

/// The client reads more slowly than changes come.
const SLOW: End = Some((close::SLOW, "This connection is too slow for all the changes; connect and read again"));
/// Another connection took this one's place.
const REPLACED: End = Some((close::REPLACED, "Another connection with this client id was opened"));

/// Accepts the WebSocket and sends it the frames until `replaced`.
pub fn accept(
    upgrade: WebSocketUpgrade,
    hub: Hub,
    listener: Listener,
    frames: Receiver<Utf8Bytes>,
    replaced: impl Future<Output = ()> + Send + 'static,
) -> Response {
    upgrade
        .read_buffer_size(4 * 1024)
        .write_buffer_size(16 * 1024)
        .max_write_buffer_size(256 * 1024)
        .max_message_size(64 * 1024)
        .on_upgrade(move |socket| hub.clone().track(serve(socket, hub, listener, frames, replaced)))
}

async fn serve(socket: WebSocket, hub: Hub, mut listener: Listener, frames: Receiver<Utf8Bytes>, replaced: impl Future<Output = ()>) {
    let (mut sink, mut stream) = socket.split();
    let end = tokio::select! {
        end = ignore(&mut stream) => end,
        end = send(&mut sink, frames) => end,
        () = listener.over() => SESSION_OVER,
        () = replaced => REPLACED,
        () = hub.stopped() => RESTART,
    };
    say_goodbye(sink, stream, end).await;
}

/// Reads and ignores what the client sends, up to a budget.
async fn ignore(stream: &mut SplitStream<WebSocket>) -> End {
    let mut budget = TokenBucket::new(Rate::MESSAGES, Instant::now());
    // A client that does not even answer pings is gone.
    while let Ok(Some(Ok(message))) = tokio::time::timeout(IDLE_TIMEOUT, stream.next()).await {
        if matches!(message, Message::Close(_)) {
            return None;
        }
        if !budget.spend(1, Instant::now()) {
            return FLOODED;
        }
    }
    None
}

/// Writes the frames, and a ping every `PING`.
async fn send(sink: &mut SplitSink<WebSocket, Message>, mut frames: Receiver<Utf8Bytes>) -> End {
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    loop {
        let message = tokio::select! {
            frame = frames.recv() => match frame {
                Ok(frame) => Message::Text(frame),
                Err(RecvError::Lagged(_)) => return SLOW,
                Err(RecvError::Closed) => return RESTART,
            },
            _ = ping.tick() => Message::Ping(Bytes::new()),
        };
        taken(sink.feed(message)).await?;
        for _ in 1..BURST {
            match frames.try_recv() {
                Ok(frame) => taken(sink.feed(Message::Text(frame))).await?,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                Err(TryRecvError::Lagged(_)) => return SLOW,
            }
        }
        taken(sink.flush()).await?;
    }
}

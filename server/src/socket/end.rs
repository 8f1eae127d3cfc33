//! The end of a socket: its reasons, and the close frame.

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use domain::live::close;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::time::Duration;

/// Time to write the close frame and read the answer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// A client that reads nothing for this long is gone, even if it sends messages.
const WRITE_TIMEOUT: Duration = Duration::from_mins(1);

/// Close code and reason; `None` when the client is gone.
pub(super) type End = Option<(u16, &'static str)>;

/// The client sends too many messages, or subscribes without reading.
pub(super) const FLOODED: End = Some((close::FLOODED, "Too many messages; connect again later"));
/// All sockets of the requester together began too many, or too large, subscriptions.
pub(super) const TOO_MUCH: End = Some((close::FLOODED, "Too many subscriptions; connect again later"));
pub(super) const SESSION_OVER: End = Some((close::SESSION_OVER, "Your session ended or your role changed"));
pub(super) const RESTART: End = Some((close::RESTART, "The server restarts"));

/// Tells the client why its socket ends.
pub(super) async fn say_goodbye(mut sink: SplitSink<WebSocket, Message>, mut stream: SplitStream<WebSocket>, end: End) {
    let Some((code, reason)) = end else { return };
    let goodbye = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    let parted = async {
        sink.send(goodbye).await.ok()?;
        // Read until the client answers: unread data would make the system reset the connection and drop the close frame.
        while let Some(Ok(_)) = stream.next().await {}
        Some(())
    };
    drop(tokio::time::timeout(CLOSE_TIMEOUT, parted).await);
}

/// Awaits a write. `None` when the client is gone or has read nothing for `WRITE_TIMEOUT`.
pub(super) async fn taken(writing: impl Future<Output = Result<(), axum::Error>>) -> Option<()> {
    tokio::time::timeout(WRITE_TIMEOUT, writing).await.ok()?.ok()
}

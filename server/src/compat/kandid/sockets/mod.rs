//! Socket.IO at `/api/socket`, by WebSocket and by polling: two events, from the change log. All clients hear the same.
//!
//! The credential comes with the request (session cookie or `Authorization`), or in the client's `auth: { key }`.

mod admission;
mod frames;

use crate::{
    feed::Feed,
    http::{ApiError, App, Credential, Peer},
    live::Hub,
    socket::{Listener, TokenBucket, check_origin},
};
use admission::{Admitted, Auth};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::any_service,
};
use frames::{Changes, Frame};
use socketioxide::{
    ParserConfig, SocketError, SocketIo,
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::broadcast, time::Instant};
use tokio_util::sync::CancellationToken;

const PATH: &str = "/api/socket";
/// As in the contract.
const PING_INTERVAL: Duration = Duration::from_secs(25);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for the client to connect to the namespace, with its credential.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum bytes of a message from a client, and of the body of a polling request.
const MESSAGE_MAX: usize = 16 * 1024;
/// Frames that wait for a slow client. One more disconnects it.
const QUEUE: usize = 64;
/// Interval of the tries to disconnect a client whose queue is full. Its heartbeat fails too: it is gone after `PING_INTERVAL`.
const CLOSE_AGAIN: Duration = Duration::from_secs(1);

// Deviation: EIO3, the protocol of clients from before 2021, is not spoken.
pub fn routes(app: &App) -> Router<App> {
    let (service, io) = SocketIo::builder()
        .req_path(PATH)
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .max_payload(MESSAGE_MAX as u64)
        .ws_max_message_size(MESSAGE_MAX)
        .ws_max_frame_size(MESSAGE_MAX)
        .max_buffer_size(QUEUE)
        // Clients have no attachments to send.
        .with_parser(ParserConfig::common().max_incoming_binaries(0).max_incoming_binary_buf_size(MESSAGE_MAX))
        .build_svc();
    let hub = app.hub.clone();
    let joined = move |socket: SocketRef| {
        let hub = hub.clone();
        async move { begin(&hub, socket) }
    };
    let (admitting, feed) = (app.clone(), Feed::new(app.store.clone(), Changes));
    let admit = move |socket: SocketRef, TryData(auth): TryData<Auth>| {
        let (app, feed) = (admitting.clone(), feed.clone());
        async move { admission::admit(&app, &feed, &socket, auth.ok()).await }
    };
    io.ns("/", joined.with(admit));
    let hub = app.hub.clone();
    tokio::spawn(async move {
        hub.stopped().await;
        io.close().await;
    });
    Router::new()
        .route(PATH, any_service(service.clone()))
        .route("/api/socket/", any_service(service))
        .layer(from_fn_with_state(app.clone(), open))
}

/// Refuses pages of other sites: a request to poll or to open a WebSocket is no write, so that nothing else checks it. Counts a new
/// connection, which keeps the extensions of its first request.
async fn open(State(app): State<App>, peer: Peer, mut request: Request, next: Next) -> Result<Response, ApiError> {
    check_origin(request.headers(), &peer, &app.config.allowed_origins)?;
    let continues = request.uri().query().unwrap_or_default().split('&').any(|part| part.starts_with("sid="));
    if !continues {
        let signed_in = request.extensions().get::<Credential>().is_some();
        request.extensions_mut().insert(Arc::new(app.unproven.open(&peer, signed_in)?));
    }
    Ok(next.run(request).await)
}

/// Sends frames to an admitted client until it leaves or must go.
fn begin(hub: &Hub, socket: SocketRef) {
    let Some((listener, frames)) = socket.extensions.get::<Admitted>().and_then(|admitted| admitted.take()) else { return };
    let gone = CancellationToken::new();
    let end = gone.clone();
    socket.on_disconnect(async move |socket: SocketRef| {
        if let Some(opened) = admission::opened(&socket) {
            opened.ended();
        }
        end.cancel();
    });
    let flooded = CancellationToken::new();
    let (budget, over) = (Arc::new(Mutex::new(TokenBucket::new(Instant::now()))), flooded.clone());
    // `join-room`, `leave-room` and any other event: taken without a reply. Both events go to everyone, so that a room changes nothing.
    socket.on_fallback(move || {
        if !budget.lock().unwrap_or_else(PoisonError::into_inner).spend(Instant::now()) {
            over.cancel();
        }
        async {}
    });
    let client = Client { socket, gone, flooded };
    tokio::spawn(hub.track(client.follow(hub.clone(), listener, frames)));
}

struct Client {
    socket: SocketRef,
    /// The client has left.
    gone: CancellationToken,
    /// The client sends too much.
    flooded: CancellationToken,
}

impl Client {
    async fn follow(self, hub: Hub, mut listener: Listener, mut frames: broadcast::Receiver<Frame>) {
        let reason = loop {
            let frame = tokio::select! {
                () = self.gone.cancelled() => return,
                () = self.flooded.cancelled() => break "Too many messages; connect again later",
                () = listener.over() => break "Your session ended or your role changed",
                () = hub.stopped() => return,
                frame = frames.recv() => frame,
            };
            // After an error it has missed a frame: it must read again, as after every connect.
            let Ok(frame) = frame else { break "Frames were missed; connect again" };
            if self.socket.emit(frame.event, &*frame.payload).is_err() {
                break "This client reads too slowly; connect again";
            }
        };
        self.close(reason).await;
    }

    /// The protocol has no reason, so that an event tells it.
    async fn close(self, reason: &str) {
        let Self { socket, gone, .. } = self;
        loop {
            // Fails only when the queue is full.
            drop(socket.emit("closing", &serde_json::json!({ "message": reason })));
            match socket.clone().disconnect() {
                Err(SocketError::InternalChannelFull) => {}
                Ok(()) | Err(_) => return,
            }
            tokio::select! {
                () = gone.cancelled() => return,
                () = tokio::time::sleep(CLOSE_AGAIN) => {}
            }
        }
    }
}

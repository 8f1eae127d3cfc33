//! Socket.IO at `/api/socket`, by WebSocket and by polling: two events, from the change log. All clients hear the same.
//!
//! The credential comes with the request (session cookie or `Authorization`), or in the client's `auth: { key }`.

mod admission;
mod audience;
mod flood;
mod frames;

use crate::{
    feed::Feed,
    http::{ApiError, App, Credential, Peer},
    live::Hub,
    socket::{Listener, check_origin},
};
use admission::{Admitted, Auth};
use audience::{Audience, Seat};
use axum::{
    Router,
    extract::{Request, State},
    http::{self, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::any_service,
};
use flood::{Counted, Flood};
use frames::Changes;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use socketioxide::{
    ParserConfig, SocketError, SocketIo, TransportType,
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tower::Service;

const PATH: &str = "/api/socket";
/// As in the contract.
const PING_INTERVAL: Duration = Duration::from_secs(25);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for the client to connect to the namespace, with its credential.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum bytes of a message from a client, and of the body of a polling request.
const MESSAGE_MAX: usize = 16 * 1024;
/// Buffer of each WebSocket for what arrives, in bytes. Clients send little.
const READ_BUFFER: usize = 1024;
/// Frames in a client's queue.
const QUEUE: usize = 64;
/// Time for a client to read that it must go.
const GOODBYE: Duration = Duration::from_secs(1);
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
        .ws_read_buffer_size(READ_BUFFER)
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
    let (admitting, audience) = (app.clone(), Audience::new(Feed::new(app.store.clone(), Changes)));
    let admit = move |socket: SocketRef, TryData(auth): TryData<Auth>| {
        let (app, audience) = (admitting.clone(), audience.clone());
        async move { admission::admit(&app, &audience, &socket, auth.ok()).await }
    };
    io.ns("/", joined.with(admit));
    let hub = app.hub.clone();
    tokio::spawn(async move {
        hub.stopped().await;
        io.close().await;
    });
    let upgrading = service.clone();
    let opened = move |State(app): State<App>, peer: Peer, request: Request, next: Next| open(upgrading.clone(), app, peer, request, next);
    Router::new()
        .route(PATH, any_service(service.clone()))
        .route("/api/socket/", any_service(service))
        .layer(from_fn_with_state(app.clone(), opened))
}

/// Refuses pages of other sites: a request to poll or to open a WebSocket is no write, so that nothing else checks it. Counts a new
/// connection. Takes the stream of a WebSocket from the library, to count what the client sends.
async fn open<S>(service: S, app: App, peer: Peer, mut request: Request, next: Next) -> Result<Response, ApiError>
where
    S: Service<(Counted<TokioIo<Upgraded>>, http::Request<()>)> + Send + 'static,
    S::Future: Send,
{
    check_origin(request.headers(), &peer, &app.config.allowed_origins)?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    // A connection keeps its first request as long as it lives: only what is read of it later.
    let mut kept = http::Request::new(());
    *kept.uri_mut() = request.uri().clone();
    let (flood, credential) = (Flood::new(), request.extensions().get::<Credential>().cloned());
    kept.extensions_mut().insert(flood.clone());
    let continues = request.uri().query().unwrap_or_default().split('&').any(|part| part.starts_with("sid="));
    if !continues {
        kept.extensions_mut().insert(Arc::new(app.unproven.open(&peer, credential.is_some())?));
    }
    if let Some(credential) = credential {
        kept.extensions_mut().insert(credential);
    }
    request.extensions_mut().extend(kept.extensions().clone());
    let answer = next.run(request).await;
    if let (StatusCode::SWITCHING_PROTOCOLS, Some(upgrade)) = (answer.status(), upgrade) {
        tokio::spawn(upgraded(service, upgrade, flood, kept));
    }
    Ok(answer)
}

async fn upgraded<S>(mut service: S, upgrade: OnUpgrade, flood: Arc<Flood>, request: http::Request<()>)
where
    S: Service<(Counted<TokioIo<Upgraded>>, http::Request<()>)>,
{
    if let Ok(stream) = upgrade.await {
        // It has checked the request before it answered.
        drop(service.call((Counted::new(TokioIo::new(stream), flood), request)).await);
    }
}

/// An admitted client hears the frames until it leaves or must go.
fn begin(hub: &Hub, socket: SocketRef) {
    let Some((listener, seat)) = socket.extensions.get::<Admitted>().and_then(|admitted| admitted.take()) else { return };
    let Some(flood) = socket.req_parts().extensions.get::<Arc<Flood>>().cloned() else { return };
    let gone = CancellationToken::new();
    let end = gone.clone();
    socket.on_disconnect(async move |socket: SocketRef| {
        if let Some(opened) = admission::opened(&socket) {
            opened.ended();
        }
        end.cancel();
    });
    let budget = flood.clone();
    // `join-room`, `leave-room` and any other event: taken without a reply. Both events go to everyone, so that a room changes nothing.
    socket.on_fallback(move |transport: TransportType| {
        // The frames of a WebSocket are counted as they arrive.
        if transport == TransportType::Polling {
            budget.spend();
        }
        async {}
    });
    seat.begin(socket.clone());
    let client = Client { socket, gone, flood };
    tokio::spawn(hub.track(client.follow(hub.clone(), listener, seat)));
}

struct Client {
    socket: SocketRef,
    /// The client has left.
    gone: CancellationToken,
    flood: Arc<Flood>,
}

impl Client {
    /// Ends the client when it must go.
    async fn follow(self, hub: Hub, mut listener: Listener, seat: Arc<Seat>) {
        let reason = tokio::select! {
            () = self.gone.cancelled() => return,
            () = self.flood.over() => "Too many messages; connect again later",
            () = listener.over() => "Your session ended or your role changed",
            () = hub.stopped() => return,
            () = seat.missed() => "This client has missed changes, because it reads too slowly; connect and read again",
        };
        self.close(reason).await;
    }

    /// The protocol has no reason, so that an event tells it.
    async fn close(self, reason: &str) {
        let Self { socket, gone, flood } = self;
        loop {
            // Fails only when the queue is full.
            drop(socket.emit("closing", &serde_json::json!({ "message": reason })));
            match socket.clone().disconnect() {
                Err(SocketError::InternalChannelFull) => {}
                Ok(()) | Err(_) => break,
            }
            tokio::select! {
                () = gone.cancelled() => return,
                () = tokio::time::sleep(CLOSE_AGAIN) => {}
            }
        }
        // The client reads what was sent, and goes; or its connection ends.
        tokio::time::sleep(GOODBYE).await;
        flood.end();
    }
}

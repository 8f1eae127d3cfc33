//! The listener: limits of connections, timeouts, graceful shutdown.

mod idle_timeout;
mod unread;

use super::{addresses::Addresses, concurrency::AHEAD};
use crate::config::ConnectionLimits;
use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use idle_timeout::IdleTimeout;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    convert::Infallible,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::Service;
use unread::Unread;

/// File descriptors reserved for files and databases.
const RESERVE: u64 = 128;
/// Maximum connections.
const MOST: u64 = 100_000;
/// Maximum bytes of a request's head: 128 KiB, because a filter in an address may be long.
const HEAD: usize = 128 * 1024;
/// Concurrent requests per HTTP/2 connection.
const STREAMS: u32 = 32;
/// Pause after a failed accept.
const REST: Duration = Duration::from_secs(1);

/// Serves until `stop`, then finishes the running requests.
pub async fn serve(listener: TcpListener, router: Router, patience: ConnectionLimits, stop: CancellationToken) {
    let most = descriptors().saturating_sub(RESERVE).clamp(16, MOST) as usize;
    // One address may use at most half of all connections.
    let addresses = Addresses::new(patience.each.map(|each| each.min(most / 2)), most);
    let open = Arc::new(Semaphore::new(most));
    let parting = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.head).max_buf_size(HEAD);
    // WebSockets over HTTP/2 use extended CONNECT.
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD as u32)
        .max_send_buf_size(AHEAD)
        .enable_connect_protocol();
    loop {
        let (permit, stream, from) = tokio::select! {
            accepted = accept(&listener, &open) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::error!(%error, "no connection could be accepted");
                    tokio::time::sleep(REST).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        let Some(place) = addresses.enter(Some(from.ip())) else {
            metrics::counter!("linnet_connections_refused_total").increment(1);
            continue;
        };
        // Frames and responses are written whole, so Nagle's algorithm would only add delay.
        drop(stream.set_nodelay(true));
        let io = TokioIo::new(IdleTimeout::new(stream, patience, (permit, place)));
        let (builder, router, watcher) = (builder.clone(), router.clone(), parting.watcher());
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let (mut request, unread) = Unread::lend(request.map(Body::new));
                request.extensions_mut().insert(ConnectInfo(from));
                let answering = router.clone().call(request);
                async move {
                    let answer = answering.await?;
                    Ok::<_, Infallible>(match unread {
                        Some(unread) => unread.settle(answer).await,
                        None => answer,
                    })
                }
            });
            // Connection errors concern only the client.
            if let Err(error) = watcher.watch(builder.serve_connection_with_upgrades(io, service)).await {
                tracing::debug!(error, "a connection ended early");
            }
        });
    }
    drop(listener);
    parting.shutdown().await;
}

/// The next connection. Waits for a free permit first.
async fn accept(listener: &TcpListener, open: &Arc<Semaphore>) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let permit = open.clone().acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, from)) => return Ok((permit, stream, from)),
            // Closed before it was accepted.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Raises the soft limit of open files to the hard limit: each connection is an open file.
pub fn raise_descriptors() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, ?current, "the limit of open files cannot be raised; raise it with `ulimit -n` for more connections");
    }
}

fn descriptors() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

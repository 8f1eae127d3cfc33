//! Logs and counts every request, with an id that the response carries too.

use super::App;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use std::time::Instant;
use tracing::{Instrument, field::Empty};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Marks the response to a request that the client did not send to its end: no fault of this server.
#[derive(Clone, Copy)]
pub(super) struct NotReceived;

pub(super) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    // A trusted proxy's id is used, so that its log and ours can be correlated.
    let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|_| app.config.trusted_proxies > 0);
    let id = given.filter(|id| id.len() <= 100).map_or_else(|| app.store.clock.id().simple().to_string(), str::to_owned);
    let method = known(request.method());
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", %id, method, %path, actor = Empty);
    let start = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = start.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| {
        let ms = took.as_micros() as f64 / 1_000.0;
        if status >= 500 && response.extensions().get::<NotReceived>().is_none() {
            tracing::error!(status, ms, "answered");
        } else {
            tracing::info!(status, ms, "answered");
        }
    });
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.to_string())];
    metrics::counter!("linnet_http_requests_total", &labels).increment(1);
    metrics::histogram!("linnet_http_request_seconds", &labels[..2]).record(took.as_secs_f64());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The method as a metrics label. Labels stay in memory for ever, so clients must not choose them.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

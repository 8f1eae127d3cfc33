//! Health and metrics, for load balancers, people and Prometheus.

use super::{ApiError, App};
use axum::{Extension, Json, Router, extract::State, routing::get};
use domain::{Actor, Error, Permission};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use std::sync::LazyLock;
use utoipa_axum::{router::OpenApiRouter, routes};

/// One recorder per process; counts before its first use are lost.
static RECORDER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let recorder =
        PrometheusBuilder::new().set_buckets(&[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0]).and_then(PrometheusBuilder::install_recorder);
    recorder.inspect_err(|error| tracing::error!(%error, "there will be no metrics")).ok()
});

pub fn routes() -> Router<App> {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

pub fn metrics_routes() -> Router<App> {
    LazyLock::force(&RECORDER);
    Router::new().route("/metrics", get(metrics))
}

pub fn api_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health))
}

/// The database answers. Migrations ran before the server started to listen.
async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.store.answers().await?;
    Ok("ready\n")
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    /// Open WebSockets.
    active_users: u64,
}

/// Whether the server runs.
#[utoipa::path(get, path = "/api/health", responses((status = 200, body = Health)))]
async fn health(State(app): State<App>) -> Json<Health> {
    Json(Health { status: "Server is running", active_users: app.hub.metrics().sockets })
}

/// For administrators, or for everyone with `--metrics-open`. The caller's address gives no access: a proxy may hide it.
async fn metrics(State(app): State<App>, actor: Option<Extension<Actor>>) -> Result<String, ApiError> {
    if !app.config.metrics_open {
        actor.ok_or(Error::Unauthorized)?.require(Permission::Administer)?;
    }
    let live = app.hub.metrics();
    metrics::gauge!("linnet_live_sockets").set(live.sockets as f64);
    metrics::gauge!("linnet_live_queries").set(live.queries as f64);
    metrics::counter!("linnet_live_frames_encoded_total").absolute(live.encoded);
    metrics::counter!("linnet_live_frames_delivered_total").absolute(live.delivered);
    for (of, concurrency) in [("signed in", &app.concurrency), ("upload", &app.uploads), ("stranger", &app.strangers)] {
        metrics::gauge!("linnet_http_requests_under_way", "of" => of).set(concurrency.under_way() as f64);
        metrics::gauge!("linnet_http_requests_waiting", "of" => of).set(concurrency.waiting() as f64);
    }
    let ingestion = app.services.ingest.state(&Actor::system()).await?.data;
    if let Some(broker) = ingestion.broker {
        metrics::gauge!("linnet_broker_connected").set(f64::from(u8::from(broker.connected)));
    }
    for queue in ingestion.queues {
        let name = queue.queue.as_str();
        let age = queue.oldest.map_or(0, |oldest| (app.store.clock.now().0 - oldest.0).max(0));
        metrics::gauge!("linnet_ingest_waiting", "queue" => name).set(queue.waiting as f64);
        metrics::gauge!("linnet_ingest_oldest_seconds", "queue" => name).set(age as f64 / 1e6);
        metrics::gauge!("linnet_ingest_parked", "queue" => name).set(queue.parked as f64);
        metrics::counter!("linnet_ingest_applied_total", "queue" => name).absolute(queue.applied.cast_unsigned());
    }
    let recorder = RECORDER.as_ref().ok_or(Error::Internal)?;
    recorder.run_upkeep();
    Ok(recorder.render())
}

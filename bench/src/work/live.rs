//! 1,000 sockets on one list while 20 leads per second change, against a bare broadcast of frames of the same size.

use super::import;
use crate::{
    Bench, Failure,
    load::{Http, get, with_body},
    process::{self, Server},
    report,
};
use domain::{
    live::{ClientMessage, PROTOCOL, Query, ServerMessage},
    rule::Rule,
};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

const SOCKETS: usize = 1_000;
const RATE: u64 = 20;

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Measurements of the sockets.
#[derive(Default)]
struct Seen {
    deliveries: AtomicU64,
    bytes: AtomicU64,
    latencies: Mutex<Vec<u64>>,
    /// When each change was sent, by its mark in the record.
    sent: Mutex<HashMap<String, Instant>>,
}

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let source = import::database(bench).await?;
    let folder = tempfile::tempdir_in(&bench.folder)?;
    let database = folder.path().join("linnet.db");
    std::fs::copy(&source, &database)?;
    let key = process::key(bench, &database, "member").await?;
    let ours = Server::linnet(bench, &database).await?;
    let mut http = Http::connect(ours.port).await?;
    http.send(&get("/api/leads?limit=100&total=none", &key)).await?;
    let page: Value = serde_json::from_slice(http.body())?;
    let ids: Vec<String> =
        page["data"].as_array().into_iter().flatten().filter_map(|lead| lead["id"].as_str().map(str::to_owned)).collect();

    let seen = Arc::new(Seen::default());
    let mut sockets = Vec::with_capacity(SOCKETS);
    for _ in 0..SOCKETS {
        let mut request = format!("ws://127.0.0.1:{}/live", ours.port).into_client_request()?;
        request.headers_mut().insert("Authorization", format!("Bearer {key}").parse()?);
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
        subscribe(&mut socket).await?;
        sockets.push(tokio::spawn(listen(socket, seen.clone())));
    }
    let (rss, _) = ours.memory();
    let cpu = ours.cpu();
    let changes = change(bench, &ids, &key, &mut http, &seen).await?;
    let wanted = changes * SOCKETS as u64;
    let waited = Instant::now();
    while seen.deliveries.load(Ordering::Relaxed) < wanted && waited.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let used = ours.cpu() - cpu;
    let deliveries = seen.deliveries.load(Ordering::Relaxed);
    let bytes = seen.bytes.load(Ordering::Relaxed) / deliveries.max(1);
    sockets.iter().for_each(tokio::task::JoinHandle::abort);
    ours.stop().await?;

    let floor = broadcast(bench, bytes as usize, changes).await?;
    let mut latencies = std::mem::take(&mut *seen.latencies.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    latencies.sort_unstable();
    let percentile =
        |share: f64| latencies.get(((latencies.len() as f64 - 1.0) * share).max(0.0) as usize).copied().unwrap_or(0) as f64 / 1_000.0;
    let mine = used as f64 / deliveries.max(1) as f64;
    report::line(
        "live",
        json!({ "sockets": SOCKETS, "changes_per_s": RATE, "changes": changes, "deliveries": deliveries, "expected": wanted, "bytes_each": bytes,
                "cpu_us_per_delivery": report::rounded(mine), "floor_cpu_us_per_delivery": report::rounded(floor), "ratio": report::rounded(floor / mine),
                "request_to_message_ms": { "p50": percentile(0.5), "p99": percentile(0.99), "max": percentile(1.0) }, "rss_mib": rss / 1_024 }),
    );
    Ok(())
}

async fn subscribe(socket: &mut Socket) -> Result<(), Failure> {
    let say = |message: &ClientMessage| serde_json::to_string(message).map(Message::text);
    socket.send(say(&ClientMessage::Hello { proto: PROTOCOL, epoch: None, since: None })?).await?;
    let mut head = 0;
    while let Some(message) = socket.next().await {
        match serde_json::from_str(message?.to_text()?) {
            Ok(ServerMessage::Welcome { head: at, .. }) => {
                head = at;
                let query = Query::Leads { rule: Rule::everyone() };
                socket.send(say(&ClientMessage::Subscribe { id: 1, query, since: head })?).await?;
            }
            Ok(ServerMessage::Subscribed { .. }) => return Ok(()),
            _ => {}
        }
    }
    Err(format!("the socket closed after change {head}").into())
}

async fn listen(mut socket: Socket, seen: Arc<Seen>) {
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let Ok(ServerMessage::Deltas { items, .. }) = serde_json::from_str(&text) else { continue };
        seen.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
        for item in items {
            seen.deliveries.fetch_add(1, Ordering::Relaxed);
            let mark = item.record.as_ref().and_then(|record| record.as_lead()).and_then(|lead| lead.location.clone());
            let sent = mark.and_then(|mark| seen.sent.lock().ok()?.get(&mark).copied());
            if let (Some(sent), Ok(mut latencies)) = (sent, seen.latencies.lock()) {
                latencies.push(sent.elapsed().as_micros() as u64);
            }
        }
    }
}

/// Open loop: sends `RATE` edits per second, independently of the responses. Returns their number.
async fn change(bench: &Bench, ids: &[String], key: &str, http: &mut Http, seen: &Seen) -> Result<u64, Failure> {
    let count = bench.seconds * 2 * RATE;
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    for n in 0..count {
        tick.tick().await;
        let mark = format!("mark-{n}");
        if let Ok(mut sent) = seen.sent.lock() {
            sent.insert(mark.clone(), Instant::now());
        }
        let path = format!("/api/leads/{}", ids[n as usize % ids.len()]);
        let status = http.send(&with_body("PATCH", &path, key, &json!({ "location": mark }).to_string())).await?;
        if status != 200 {
            return Err(format!("an edit answered {status}").into());
        }
    }
    Ok(count)
}

/// CPU time of the floor per delivery of a frame of `bytes`, in microseconds.
async fn broadcast(bench: &Bench, bytes: usize, changes: u64) -> Result<f64, Failure> {
    let floor = Server::floor("floor-live", &bench.folder).await?;
    let mut readers = Vec::with_capacity(SOCKETS);
    let delivered = Arc::new(AtomicU64::new(0));
    for _ in 0..SOCKETS {
        let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://127.0.0.1:{}/", floor.port)).await?;
        let delivered = delivered.clone();
        readers.push(tokio::spawn(async move {
            while let Some(Ok(Message::Text(_))) = socket.next().await {
                delivered.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let (mut publisher, _) = tokio_tungstenite::connect_async(format!("ws://127.0.0.1:{}/publish", floor.port)).await?;
    let cpu = floor.cpu();
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    for _ in 0..changes {
        tick.tick().await;
        publisher.send(Message::text("x".repeat(bytes))).await?;
    }
    let waited = Instant::now();
    while delivered.load(Ordering::Relaxed) < changes * SOCKETS as u64 && waited.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let each = (floor.cpu() - cpu) as f64 / delivered.load(Ordering::Relaxed).max(1) as f64;
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    floor.stop().await?;
    Ok(each)
}

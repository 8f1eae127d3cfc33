//! 1,000 Socket.IO clients (websocket) while 20 leads per second change, against npm `socket.io` that sends bodies of the same size.

use super::{import, page::sh};
use crate::{
    Bench, Failure,
    load::{Http, get, with_body},
    process::{self, Server},
    report,
};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{process::Command, task::JoinHandle};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

const CLIENTS: u64 = 1_000;
const RATE: u64 = 20;

#[derive(Default)]
struct Seen {
    deliveries: AtomicU64,
    bytes: AtomicU64,
}

/// CPU time per delivery and memory per idle client of one server.
struct Cost {
    cpu_us: f64,
    idle_kib: f64,
    bytes: u64,
    deliveries: u64,
}

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let source = import::database(bench).await?;
    let folder = tempfile::tempdir_in(&bench.folder)?;
    let database = folder.path().join("linnet.db");
    std::fs::copy(&source, &database)?;
    let key = process::key(bench, &database, "member").await?;
    let changes = bench.seconds * 2 * RATE;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let server = Server::linnet(bench, &database).await?;
        let mut http = Http::connect(server.port).await?;
        http.send(&get("/api/leads?limit=100&total=none", &key)).await?;
        let page: Value = serde_json::from_slice(http.body())?;
        let ids: Vec<&str> = page["data"].as_array().into_iter().flatten().filter_map(|lead| lead["id"].as_str()).collect();
        let change = |n: u64| {
            let path = format!("/api/leads/{}", ids[n as usize % ids.len()]);
            with_body("PATCH", &path, &key, &json!({ "location": format!("mark-{n}") }).to_string())
        };
        ours.push(cost(&server, &key, changes, change).await?);
        server.stop().await?;
        let bytes = ours.last().map_or(900, |cost| cost.bytes) as usize;
        let body = json!({ "action": "update", "lead": "x".repeat(bytes.saturating_sub(60)) }).to_string();
        let peer = peer(bench).await?;
        theirs.push(cost(&peer, &key, changes, |_| with_body("POST", "/publish", &key, &body)).await?);
        peer.stop().await?;
    }
    let all = |costs: &[Cost], of: fn(&Cost) -> f64| report::spread(costs.iter().map(of).collect());
    let ratio = |of: fn(&Cost) -> f64| report::spread(ours.iter().zip(&theirs).map(|(a, b)| of(a) / of(b)).collect());
    report::line(
        "socketio",
        json!({ "clients": CLIENTS, "changes_per_s": RATE, "expected": changes * CLIENTS, "bytes_each": ours[0].bytes,
                "deliveries": ours.iter().map(|cost| cost.deliveries).min(), "peer_deliveries": theirs.iter().map(|cost| cost.deliveries).min(),
                "cpu_us_per_delivery": all(&ours, |cost| cost.cpu_us), "peer_cpu_us_per_delivery": all(&theirs, |cost| cost.cpu_us),
                "kib_per_idle_client": all(&ours, |cost| cost.idle_kib), "peer_kib_per_idle_client": all(&theirs, |cost| cost.idle_kib),
                "cpu_ratio": ratio(|cost| cost.cpu_us), "memory_ratio": ratio(|cost| cost.idle_kib) }),
    );
    Ok(())
}

/// Open loop: sends `RATE` requests per second, independently of the responses.
async fn cost(server: &Server, key: &str, changes: u64, change: impl Fn(u64) -> Vec<u8>) -> Result<Cost, Failure> {
    let mut http = Http::connect(server.port).await?;
    let (alone, _) = server.memory();
    let seen = Arc::new(Seen::default());
    let mut clients: Vec<JoinHandle<()>> = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(connect(server.port, key, seen.clone()).await?);
    }
    let (with_clients, _) = server.memory();
    let cpu = server.cpu();
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    for n in 0..changes {
        tick.tick().await;
        let status = http.send(&change(n)).await?;
        if status != 200 {
            return Err(format!("a change answered {status}").into());
        }
    }
    let waited = Instant::now();
    while seen.deliveries.load(Ordering::Relaxed) < changes * CLIENTS && waited.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let used = server.cpu() - cpu;
    clients.iter().for_each(JoinHandle::abort);
    let deliveries = seen.deliveries.load(Ordering::Relaxed);
    Ok(Cost {
        cpu_us: used as f64 / deliveries.max(1) as f64,
        idle_kib: with_clients.saturating_sub(alone) as f64 / CLIENTS as f64,
        bytes: seen.bytes.load(Ordering::Relaxed) / deliveries.max(1),
        deliveries,
    })
}

/// A client in the namespace `/`, by Engine.IO 4.
async fn connect(port: u16, key: &str, seen: Arc<Seen>) -> Result<JoinHandle<()>, Failure> {
    let mut request = format!("ws://127.0.0.1:{port}/api/socket/?EIO=4&transport=websocket").into_client_request()?;
    request.headers_mut().insert("Authorization", format!("Bearer {key}").parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    loop {
        match socket.next().await.ok_or("the socket closed")?? {
            Message::Text(text) if text.starts_with('0') => socket.send(Message::text("40")).await?,
            // The first heartbeat may come before the answer.
            Message::Text(text) if text.as_str() == "2" => socket.send(Message::text("3")).await?,
            Message::Text(text) if text.starts_with("40") => break,
            Message::Text(text) if text.starts_with("44") => return Err(format!("refused: {text}").into()),
            _ => {}
        }
    }
    Ok(tokio::spawn(async move {
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            if text.as_str() == "2" {
                drop(socket.send(Message::text("3")).await);
            } else if text.starts_with("42[\"leads_updated\"") {
                seen.deliveries.fetch_add(1, Ordering::Relaxed);
                seen.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
            }
        }
    }))
}

/// Installs the peer in the folder of the databases, once.
async fn peer(bench: &Bench) -> Result<Server, Failure> {
    let folder: PathBuf = bench.folder.join("socketio");
    if !folder.join("node_modules").exists() {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/socketio");
        sh(Command::new("cp").arg("-r").arg(&from).arg(&folder)).await?;
        sh(Command::new("npm").arg("install").current_dir(&folder)).await?;
    }
    Server::program("/", |command, port| {
        command.arg("node").arg(folder.join("server.mjs")).arg(port.to_string()).env("NODE_ENV", "production");
    })
    .await
}

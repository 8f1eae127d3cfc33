//! Moves every lead with a score of 90 or more (a tenth) to another stage and back, as one bulk action and its undo, while another window
//! watches the list and a client adds single leads. The floor moves the same leads in one transaction that keeps nothing for an undo.

use super::import;
use crate::{
    Bench, Failure,
    load::{Http, get, with_body},
    process::{self, Server},
    report,
};
use domain::{
    live::{ClientMessage, DeltaOp, PROTOCOL, Query, ServerMessage},
    rule::{Op, Rule, Value as Operand},
};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let (mut moved, mut back, mut told, mut waits, mut floors) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut leads = 0;
    for _ in 0..bench.rounds {
        let (_folder, mine, theirs) = import::copies(bench).await?;
        let key = process::key(bench, &mine, "member").await?;
        let ours = Server::linnet(bench, &mine).await?;
        let mut http = Http::connect(ours.port).await?;
        let mut socket = watch(ours.port, &key).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let editing = tokio::spawn(edit(ours.port, key.clone(), stop.clone()));

        let rule = Rule::test("score", Op::Gte, Operand::Number(90.0));
        let body = json!({ "action": { "kind": "set_stage", "stage": "Closed Lost" }, "rule": rule });
        let began = Instant::now();
        let bulk = done(&mut http, &key, with_body("POST", "/api/bulk", &key, &body.to_string())).await?;
        moved.push(began.elapsed().as_secs_f64());
        told.push(hear(&mut socket, &bulk).await?.as_secs_f64());
        leads = bulk["changed"].as_i64().unwrap_or_default();
        let undo = format!("/api/bulk/{}/undo", bulk["id"].as_str().unwrap_or_default());
        let began = Instant::now();
        let bulk = done(&mut http, &key, with_body("POST", &undo, &key, "{}")).await?;
        back.push(began.elapsed().as_secs_f64());
        told.push(hear(&mut socket, &bulk).await?.as_secs_f64());

        stop.store(true, Ordering::Relaxed);
        waits.push(editing.await??.as_secs_f64() * 1_000.0);
        ours.stop().await?;
        floors.push(floor(&theirs)?.as_secs_f64());
    }
    let ratios = floors.iter().zip(&moved).map(|(floor, ours)| floor / ours).collect();
    report::line(
        "bulk",
        json!({ "leads": bench.leads, "moved": leads, "s": report::spread(moved), "undo_s": report::spread(back), "floor_s": report::spread(floors),
                "ratio": report::spread(ratios), "others_told_after_s": report::spread(told), "longest_edit_ms_meanwhile": report::spread(waits) }),
    );
    Ok(())
}

/// Sends the request, then polls until the bulk action has ended. Returns it.
async fn done(http: &mut Http, key: &str, request: Vec<u8>) -> Result<Value, Failure> {
    let status = http.send(&request).await?;
    let mut bulk: Value = serde_json::from_slice(http.body())?;
    if !(200..300).contains(&status) {
        return Err(format!("{status}: {bulk}").into());
    }
    let path = format!("/api/bulk/{}", bulk["id"].as_str().unwrap_or_default());
    while matches!(bulk["status"].as_str(), Some("running" | "undoing")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        http.send(&get(&path, key)).await?;
        bulk = serde_json::from_slice(http.body())?;
    }
    match bulk["status"].as_str() {
        Some("done" | "undone") => Ok(bulk),
        _ => Err(format!("it ended otherwise: {bulk}").into()),
    }
}

/// Opens another window, which shows the leads in one stage.
async fn watch(port: u16, key: &str) -> Result<Socket, Failure> {
    let mut request = format!("ws://127.0.0.1:{port}/live").into_client_request()?;
    request.headers_mut().insert("Authorization", format!("Bearer {key}").parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let say = |message: &ClientMessage| serde_json::to_string(message).map(Message::text);
    socket.send(say(&ClientMessage::Hello { proto: PROTOCOL, epoch: None, since: None })?).await?;
    while let Some(message) = socket.next().await {
        match serde_json::from_str(message?.to_text()?) {
            Ok(ServerMessage::Welcome { head, .. }) => {
                let rule = Rule::test("stage", Op::Is, Operand::Text("Closed Lost".to_owned()));
                socket.send(say(&ClientMessage::Subscribe { id: 1, query: Query::Leads { rule }, since: head })?).await?;
            }
            Ok(ServerMessage::Subscribed { .. }) => return Ok(socket),
            _ => {}
        }
    }
    Err("the socket closed".into())
}

/// How long after the end the other window receives the set.
async fn hear(socket: &mut Socket, bulk: &Value) -> Result<Duration, Failure> {
    let began = Instant::now();
    let set = bulk["id"].as_str().unwrap_or_default();
    while let Some(message) = socket.next().await {
        if let Ok(ServerMessage::Deltas { items, .. }) = serde_json::from_str(message?.to_text()?)
            && items.iter().any(|item| item.op == DeltaOp::Bulk && item.id.to_string() == set)
        {
            return Ok(began.elapsed());
        }
    }
    Err("the socket closed".into())
}

/// Adds leads one after the other until `stop`. Returns the longest time that one of them took.
async fn edit(port: u16, key: String, stop: Arc<AtomicBool>) -> Result<Duration, Failure> {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    let mut http = Http::connect(port).await?;
    let mut longest = Duration::ZERO;
    while !stop.load(Ordering::Relaxed) {
        let n = SERIAL.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "name": format!("Meanwhile {n}"), "email": format!("meanwhile{n}@bulk.example") });
        let began = Instant::now();
        http.send(&with_body("POST", "/api/leads", &key, &body.to_string())).await?;
        longest = longest.max(began.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(longest)
}

/// The minimum that moves the same leads and writes their history: two statements.
fn floor(database: &Path) -> Result<Duration, Failure> {
    let mut conn = rusqlite::Connection::open(database)?;
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "full")?;
    let began = Instant::now();
    let work = conn.transaction()?;
    work.execute(
        "INSERT INTO stage_move (id, lead_id, from_stage, to_stage, at, who) SELECT randomblob(16), id, stage, 6, 1, 'floor' FROM lead WHERE score >= 90",
        [],
    )?;
    work.execute(
        "UPDATE lead SET revision = revision + 1, stage = 6, stage_at = 1, updated_at = 1, last_activity_at = 1, last_activity = 'Moved to Closed Lost' \
         WHERE score >= 90",
        [],
    )?;
    work.commit()?;
    Ok(began.elapsed())
}

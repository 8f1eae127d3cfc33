//! Orders by batch, each with its lead's sums and one durable commit, against the least that keeps the same rows.

use super::import;
use crate::{
    Bench, Failure,
    load::{Http, with_body},
    process::{self, Server},
    purchases::{Buyers, Purchase},
    report,
};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Orders in a batch.
const BATCH: u64 = 1_000;
/// Orders for each lead in the database of segments.
const EACH: u64 = 3;

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let (_folder, mine, theirs) = import::copies(bench).await?;
    let buyers = Buyers::of(&mine)?;
    let key = process::key(bench, &mine, "member").await?;
    let ours = Server::linnet(bench, &mine).await?;
    let mut http = Http::connect(ours.port).await?;
    let floor = open(&theirs)?;
    let (mut rates, mut floors, mut ratios, mut cpu) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut next = 0;
    for _ in 0..bench.rounds {
        let (from, used) = (next, ours.cpu());
        let began = Instant::now();
        let mut spent = Duration::ZERO;
        while spent < Duration::from_secs(bench.seconds) {
            let request = with_body("POST", "/api/orders/batch", &key, &buyers.batch(next, BATCH));
            // Without the time in which the batch is made.
            let sent = Instant::now();
            applied(&mut http, &request, BATCH).await?;
            spent += sent.elapsed();
            next += BATCH;
        }
        let rate = (next - from) as f64 / spent.as_secs_f64();
        cpu.push((ours.cpu() - used) as f64 / (next - from) as f64);
        let least: Duration = (from..next).step_by(BATCH as usize).map(|from| write(&floor, &buyers, from)).sum::<Result<_, _>>()?;
        let floor = (next - from) as f64 / least.as_secs_f64();
        eprintln!("{} orders in {:.1} s", next - from, began.elapsed().as_secs_f64());
        rates.push(rate);
        floors.push(floor);
        ratios.push(rate / floor);
    }
    report::line(
        "orders",
        json!({ "leads": bench.leads, "batch": BATCH, "per_s": report::spread(rates), "floor_per_s": report::spread(floors),
                "ratio": report::spread(ratios), "cpu_us_each": report::spread(cpu) }),
    );
    ours.stop().await
}

/// The database of the segments' workload: three orders for each lead, made once.
pub async fn database(bench: &Bench) -> Result<PathBuf, Failure> {
    let database = bench.folder.join(format!("orders-{}.db", bench.leads));
    if !database.exists() {
        let making = bench.folder.join("making-orders.db");
        for old in ["making-orders.db", "making-orders.db-wal", "making-orders.db-shm"] {
            drop(std::fs::remove_file(bench.folder.join(old)));
        }
        std::fs::copy(import::database(bench).await?, &making)?;
        let buyers = Buyers::of(&making)?;
        let key = process::key(bench, &making, "member").await?;
        let server = Server::linnet(bench, &making).await?;
        let mut http = Http::connect(server.port).await?;
        for from in (0..bench.leads * EACH).step_by(BATCH as usize) {
            applied(&mut http, &with_body("POST", "/api/orders/batch", &key, &buyers.batch(from, BATCH)), BATCH).await?;
        }
        server.stop().await?;
        std::fs::rename(making, &database)?;
    }
    Ok(database)
}

/// Sends a batch, of which all orders must be applied.
async fn applied(http: &mut Http, request: &[u8], orders: u64) -> Result<(), Failure> {
    let status = http.send(request).await?;
    let body = String::from_utf8_lossy(http.body());
    let applied = body.matches("\"applied\"").count() as u64;
    if status != 200 || applied < orders {
        return Err(format!("{status}: {applied} of {orders} orders applied: {}", body.chars().take(400).collect::<String>()).into());
    }
    Ok(())
}

fn open(database: &Path) -> Result<Connection, Failure> {
    let db = Connection::open(database)?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")?;
    Ok(db)
}

const ORDER: &str = "INSERT INTO orders (id, key, order_id, customer, lead_id, amount, lines, ordered_at, created_at, updated_at, search) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, ?9) ON CONFLICT (key) DO NOTHING";
const PRODUCT: &str = "INSERT INTO order_product (order_id, product) VALUES (?1, ?2), (?1, ?3)";
const SUMS: &str = "UPDATE lead SET revision = revision + 1, total_spend = total_spend + ?2, visits = visits + 1, \
    last_active_at = MAX(COALESCE(last_active_at, ?3), ?3) WHERE id = ?1";
const CHANGE: &str = "INSERT INTO change (seq, id, at, who, op, entity, entity_id, after) \
    VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM change), randomblob(16), 1, '{}', 'bulk', 'order', randomblob(16), ?1)";

/// The floor: one transaction with the orders, their products, the sums of their leads, and one change. Returns its time.
fn write(db: &Connection, buyers: &Buyers, from: u64) -> Result<Duration, Failure> {
    let orders: Vec<Purchase> = (from..from + BATCH).map(|number| buyers.order(number)).collect();
    let began = Instant::now();
    db.execute_batch("BEGIN IMMEDIATE")?;
    for Purchase { number, lead, amount, at, product } in orders {
        #[expect(clippy::disallowed_methods, reason = "a floor has no clock to be given")]
        let id = Uuid::now_v7().into_bytes();
        let (order, code, name) = (format!("o{number}"), format!("p{product}"), format!("product {product}"));
        let lines = format!("[{{\"productId\":\"{code}\",\"name\":\"Product {product}\",\"quantity\":1,\"price\":{amount}}}]");
        let search = format!("{order}\n{lead}\n{code}\n{name}");
        let (key, customer, lead) = (format!("order:{order}"), lead.to_string(), lead.into_bytes());
        db.prepare_cached(ORDER)?.execute(params![id, key, order, customer, lead, amount, lines, at.0, search])?;
        db.prepare_cached(PRODUCT)?.execute(params![id, code, name])?;
        db.prepare_cached(SUMS)?.execute(params![lead, amount, at.0])?;
    }
    db.prepare_cached(CHANGE)?.execute([Value::from(BATCH).to_string()])?;
    db.execute_batch("COMMIT")?;
    Ok(began.elapsed())
}

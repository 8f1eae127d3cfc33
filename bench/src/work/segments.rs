//! How many leads match a rule, among three times as many orders: the product's count against the same question typed by hand in SQL. Then
//! what fifty saved segments add to an edit of a lead, and whether their sizes are exact.

use super::{orders, read::encode};
use crate::{
    Bench, Failure,
    load::{self, Http, Round, get, with_body},
    process::{self, Server},
    report,
};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Instant};

/// Counts of each rule.
const COUNTS: usize = 20;
/// Saved segments.
const SAVED: i64 = 50;

/// Midnight 90 days ago, in UTC.
macro_rules! days_90 {
    () => {
        "CAST(strftime('%s', 'now', 'start of day', '-90 days') AS INTEGER) * 1000000"
    };
}

/// A rule, and the same by hand.
fn rules() -> Vec<(&'static str, Value, &'static str)> {
    let test = |field: &str, op: &str, value: Value| json!({ "field": field, "op": op, "value": value });
    let recent = json!({ "field": "orders", "op": "gte", "value": 2, "where": { "within_days": 90 } });
    vec![
        ("stage", test("stage", "is", json!("Negotiation")), "stage = 4"),
        ("score", test("score", "gte", json!(90)), "score >= 90"),
        ("value", test("value", "gte", json!(50_000)), "COALESCE(value, -1) >= 5000000"),
        ("spend", test("total_spend", "gte", json!(1_000)), "total_spend >= 100000"),
        (
            "stage and score",
            json!({ "all": [test("stage", "is", json!("Proposal Sent")), test("score", "gte", json!(80))] }),
            "stage = 3 AND score >= 80",
        ),
        (
            "recent orders",
            recent.clone(),
            concat!(
                "id IN (SELECT lead_id FROM orders WHERE lead_id IS NOT NULL AND ordered_at >= ",
                days_90!(),
                " GROUP BY lead_id HAVING COUNT(*) >= 2)"
            ),
        ),
        (
            "six mixed",
            json!({ "all": [
                { "not": test("stage", "is", json!("Closed Won")) },
                test("score", "gte", json!(20)),
                test("tags", "contains", json!("vip")),
                test("company", "contains", json!("rob")),
                { "any": [test("value", "gte", json!(1_000)), test("total_spend", "gte", json!(100))] },
                recent,
            ] }),
            concat!(
                "stage <> 5 AND score >= 20 AND instr(tags_fold, char(10) || 'vip' || char(10)) > 0 AND instr(company_fold, 'rob') > 0 \
                 AND (COALESCE(value, -1) >= 100000 OR total_spend >= 10000) \
                 AND id IN (SELECT lead_id FROM orders WHERE lead_id IS NOT NULL AND ordered_at >= ",
                days_90!(),
                " GROUP BY lead_id HAVING COUNT(*) >= 2)"
            ),
        ),
    ]
}

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let database = orders::database(bench).await?;
    counts(bench, &database).await?;
    edits(bench, &database).await
}

async fn counts(bench: &Bench, database: &Path) -> Result<(), Failure> {
    let key = process::key(bench, database, "viewer").await?;
    let ours = Server::linnet(bench, database).await?;
    let mut http = Http::connect(ours.port).await?;
    let floor = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    floor.execute_batch("PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824")?;
    for (name, rule, by_hand) in rules() {
        let request = get(&format!("/api/leads?limit=1&sort=createdAt&rule={}", encode(&rule.to_string())), &key);
        let statement = format!("SELECT COUNT(*) FROM lead WHERE {by_hand}");
        let (mut times, mut floors, mut leads) = (Vec::new(), Vec::new(), 0);
        for _ in 0..COUNTS {
            let began = Instant::now();
            let status = http.send(&request).await?;
            times.push(began.elapsed().as_secs_f64() * 1_000.0);
            let body: Value = serde_json::from_slice(http.body())?;
            let began = Instant::now();
            leads = floor.query_row(&statement, [], |row| row.get(0))?;
            floors.push(began.elapsed().as_secs_f64() * 1_000.0);
            if status != 200 || body["pagination"]["total"] != json!(leads) {
                return Err(format!("{name}: {status}, by hand {leads}, the product {}", body["pagination"]["total"]).into());
            }
        }
        let ratios = times.iter().zip(&floors).map(|(ours, floor)| ours / floor).collect();
        let p95 = percentile(&times, 0.95);
        report::line(
            "segment_count",
            json!({ "rule": name, "leads": leads, "ms": report::spread(times), "p95_ms": report::rounded(p95),
                    "by_hand_ms": report::spread(floors), "times_by_hand": report::spread(ratios) }),
        );
    }
    ours.stop().await
}

fn percentile(numbers: &[f64], share: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len() as f64 - 1.0) * share) as usize).copied().unwrap_or_default()
}

/// Edits of leads with and without saved segments, in turns.
async fn edits(bench: &Bench, database: &Path) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(&bench.folder)?;
    let (plain, saved) = (folder.path().join("plain.db"), folder.path().join("saved.db"));
    let mut servers = Vec::new();
    for copy in [&plain, &saved] {
        std::fs::copy(database, copy)?;
        let key = process::key(bench, copy, "admin").await?;
        servers.push((Server::linnet(bench, copy).await?, key));
    }
    let ids = Arc::new(ids(database)?);
    let segments = save(servers[1].0.port, &servers[1].1).await?;
    let (mut with, mut without, mut costs, mut rates) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for turn in 0..bench.rounds as u64 {
        let mut each = Vec::new();
        for (server, key) in &servers {
            let (ids, key, used) = (ids.clone(), key.clone(), server.cpu());
            let round: Round = load::run(server.port, 16, bench.seconds, move |n| edit(&ids, n, turn, &key)).await?;
            each.push((server.cpu() - used) as f64 / round.requests as f64);
            rates.push(round.per_second());
        }
        without.push(each[0]);
        with.push(each[1]);
        costs.push(each[1] / each[0]);
    }
    let wrong = wrong(&servers[1].0, &servers[1].1, &segments).await?;
    report::line(
        "segments_of_an_edit",
        json!({ "segments": segments.len(), "cpu_us_without": report::spread(without), "cpu_us_with": report::spread(with),
                "times": report::spread(costs), "edits_per_s": report::spread(rates), "wrong_sizes": wrong }),
    );
    for (server, _) in servers {
        server.stop().await?;
    }
    Ok(())
}

fn ids(database: &Path) -> Result<Vec<uuid::Uuid>, Failure> {
    let db = Connection::open(database)?;
    let mut found = db.prepare("SELECT id FROM lead ORDER BY id LIMIT 20000")?;
    Ok(found.query_map([], |row| row.get(0).map(uuid::Uuid::from_bytes))?.collect::<Result<_, _>>()?)
}

fn edit(ids: &[uuid::Uuid], n: u64, turn: u64, key: &str) -> Vec<u8> {
    let id = ids[n as usize % ids.len()];
    let (score, stage) = ((n * 37 + turn * 11) % 101, ["Initial Contact", "Proposal Sent", "Negotiation"][(n + turn) as usize % 3]);
    with_body("PATCH", &format!("/api/leads/{id}"), key, &json!({ "score": score, "stage": stage }).to_string())
}

/// Saves the segments, and waits until they are counted.
async fn save(port: u16, key: &str) -> Result<Vec<(String, Value)>, Failure> {
    let mut http = Http::connect(port).await?;
    let mut saved = Vec::new();
    for n in 0..SAVED {
        let rule = match n % 5 {
            0 => json!({ "field": "score", "op": "gte", "value": n * 2 }),
            1 => {
                json!({ "all": [{ "field": "stage", "op": "is", "value": "Negotiation" }, { "field": "score", "op": "lt", "value": n * 2 }] })
            }
            2 => {
                json!({ "all": [{ "field": "tags", "op": "contains", "value": "vip" }, { "field": "value", "op": "gte", "value": n * 1_000 }] })
            }
            3 => {
                json!({ "any": [{ "field": "company", "op": "contains", "value": "rob" }, { "field": "total_spend", "op": "gte", "value": n * 20 }] })
            }
            _ => json!({ "not": { "field": "stage", "op": "is", "value": "Proposal Sent" } }),
        };
        let body = json!({ "name": format!("Segment {n}"), "rule": rule }).to_string();
        let status = http.send(&with_body("POST", "/api/segments", key, &body)).await?;
        let segment: Value = serde_json::from_slice(http.body())?;
        if status != 201 {
            return Err(format!("{status}: {segment}").into());
        }
        saved.push((segment["id"].as_str().unwrap_or_default().to_owned(), rule));
    }
    for (id, _) in &saved {
        while size(&mut http, key, id).await?.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    Ok(saved)
}

async fn size(http: &mut Http, key: &str, id: &str) -> Result<Option<i64>, Failure> {
    http.send(&get(&format!("/api/segments/{id}"), key)).await?;
    let segment: Value = serde_json::from_slice(http.body())?;
    Ok(segment["size"].as_i64())
}

/// Segments whose size is not that of a count.
async fn wrong(server: &Server, key: &str, segments: &[(String, Value)]) -> Result<usize, Failure> {
    let mut http = Http::connect(server.port).await?;
    let mut wrong = 0;
    for (id, rule) in segments {
        let size = size(&mut http, key, id).await?;
        http.send(&get(&format!("/api/leads?limit=1&rule={}", encode(&rule.to_string())), key)).await?;
        let counted: Value = serde_json::from_slice(http.body())?;
        wrong += usize::from(size != counted["pagination"]["total"].as_i64());
    }
    Ok(wrong)
}

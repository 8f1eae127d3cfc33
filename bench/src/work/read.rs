//! First page, deep pages and single leads of a large database, against axum + rusqlite with the same queries and JSON; and the dashboard.

use super::import;
use crate::{
    Bench, Failure,
    load::{self, Http, get},
    process::{self, Server},
    report,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let database = import::database(bench).await?;
    let key = process::key(bench, &database, "viewer").await?;
    let names = samples(&database)?;
    let mut ours = Server::linnet(bench, &database).await?;
    let mut floor = Server::floor("floor-read", &database).await?;

    let first = vec!["/api/leads?limit=50&sort=-createdAt&total=none".to_owned()];
    let deep = names.iter().map(|(id, name)| format!("/api/leads?limit=50&sort=name&total=none&cursor={id}~{}", encode(name))).collect();
    let one = names.iter().map(|(id, _)| format!("/api/leads/{id}")).collect();
    for (name, paths) in [("list_first_page", first), ("list_deep_page", deep), ("get_lead", one)] {
        compare(bench, name, &key, Arc::new(paths), &mut ours, &mut floor).await?;
    }
    contract_list(bench, &key, &ours).await?;
    dashboard(bench, &key, &ours).await?;
    let (now, peak) = ours.memory();
    report::line("read_memory", json!({ "rss_mib": now / 1_024, "peak_mib": peak / 1_024 }));
    ours.stop().await?;
    floor.stop().await
}

/// The first page by the contract of Leads Artisan, against the native list with its total on the same server.
async fn contract_list(bench: &Bench, key: &str, ours: &Server) -> Result<(), Failure> {
    let (mut ratios, mut cpu_ratios, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let mut measured = Vec::new();
        for path in ["/api/v1/leads/?page_size=50", "/api/leads?limit=50&sort=-createdAt"] {
            let (key, cpu) = (key.to_owned(), ours.cpu());
            let round = load::run(ours.port, 16, bench.seconds, move |_| get(path, &key)).await?;
            measured.push((round.per_second(), (ours.cpu() - cpu) as f64 / round.requests as f64));
        }
        ratios.push(measured[0].0 / measured[1].0);
        cpu_ratios.push(measured[1].1 / measured[0].1);
        rates.push(measured[0].0);
    }
    report::line(
        "list_leads_artisan",
        json!({ "leads": bench.leads, "per_s": report::spread(rates), "ratio": report::spread(ratios), "cpu_ratio": report::spread(cpu_ratios) }),
    );
    Ok(())
}

/// All figures of the dashboard; their cost does not depend on the number of leads.
async fn dashboard(bench: &Bench, key: &str, ours: &Server) -> Result<(), Failure> {
    let key = key.to_owned();
    let alone = load::run(ours.port, 1, bench.seconds, move |_| get("/api/dashboard?days=90", &key)).await?;
    report::line("dashboard", json!({ "leads": bench.leads, "alone_ms": { "p50": alone.percentile(0.5), "p99": alone.percentile(0.99) } }));
    Ok(())
}

async fn compare(
    bench: &Bench,
    name: &str,
    key: &str,
    paths: Arc<Vec<String>>,
    ours: &mut Server,
    floor: &mut Server,
) -> Result<(), Failure> {
    same_bytes(key, &paths, ours.port, floor.port).await?;
    let (mut ratios, mut cpu_ratios, mut rates, mut floors, mut p99) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let mut measured = Vec::new();
        for server in [&*ours, &*floor] {
            let (paths, key) = (paths.clone(), key.to_owned());
            let cpu = server.cpu();
            let round = load::run(server.port, 16, bench.seconds, move |n| get(&paths[n as usize % paths.len()], &key)).await?;
            measured.push((round.per_second(), (server.cpu() - cpu) as f64 / round.requests as f64, round.percentile(0.99)));
        }
        ratios.push(measured[0].0 / measured[1].0);
        cpu_ratios.push(measured[1].1 / measured[0].1);
        rates.push(measured[0].0);
        floors.push(measured[1].0);
        p99.push(measured[0].2);
    }
    // One request at a time: the time that the server itself needs.
    let (solo_paths, solo_key) = (paths, key.to_owned());
    let solo = load::run(ours.port, 1, 2, move |n| get(&solo_paths[n as usize % solo_paths.len()], &solo_key)).await?;
    report::line(
        name,
        json!({ "leads": bench.leads, "per_s": report::spread(rates), "floor_per_s": report::spread(floors), "ratio": report::spread(ratios),
                "cpu_ratio": report::spread(cpu_ratios), "p99_ms_16_connections": report::spread(p99),
                "alone_ms": { "p50": solo.percentile(0.5), "p99": solo.percentile(0.99) } }),
    );
    Ok(())
}

/// Both must return the same leads before their speed is compared.
async fn same_bytes(key: &str, paths: &[String], ours: u16, floor: u16) -> Result<(), Failure> {
    let (mut ours, mut floor) = (Http::connect(ours).await?, Http::connect(floor).await?);
    for path in paths.iter().take(20) {
        let mut answers = Vec::new();
        for http in [&mut ours, &mut floor] {
            let status = http.send(&get(path, key)).await?;
            let mut body: Value = serde_json::from_slice(http.body())?;
            if status != 200 {
                return Err(format!("{path}: {status} {body}").into());
            }
            // Time of the request, and position in the log.
            if let Some(meta) = body.get_mut("meta").and_then(Value::as_object_mut) {
                meta.retain(|name, _| !["timestamp", "asOf"].contains(&name.as_str()));
            }
            answers.push(body);
        }
        if answers[0] != answers[1] {
            let cut = |answer: &Value| answer.to_string().chars().take(400).collect::<String>();
            return Err(format!("{path}: product and floor differ\n{}\n{}", cut(&answers[0]), cut(&answers[1])).into());
        }
    }
    Ok(())
}

/// Random ids, with their sort keys by name.
fn samples(database: &std::path::Path) -> Result<Vec<(Uuid, String)>, Failure> {
    let db = Connection::open(database)?;
    let top: i64 = db.query_row("SELECT MAX(rowid) FROM lead", [], |row| row.get(0))?;
    let mut one = db.prepare("SELECT id, name_fold FROM lead WHERE rowid >= ?1 LIMIT 1")?;
    let mut names = Vec::new();
    for n in 0..1_000_i64 {
        let at = n.wrapping_mul(2_654_435_761).rem_euclid(top);
        names.push(
            one.query_row([at], |row| Ok((Uuid::from_slice(&row.get::<_, Vec<u8>>(0)?).unwrap_or_default(), row.get::<_, String>(1)?)))?,
        );
    }
    Ok(names)
}

/// Percent-encodes all but letters and digits.
pub fn encode(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

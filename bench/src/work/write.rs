//! New leads over 64 connections, each with its change record and a durable commit, against a group commit with rusqlite.

use super::import;
use crate::{
    Bench, Failure,
    load::{self, Http, with_body},
    process::{self, Server},
    report,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let (_folder, mine, theirs) = import::copies(bench).await?;
    let key = process::key(bench, &mine, "member").await?;
    let ours = Server::linnet(bench, &mine).await?;
    let floor = Server::floor("floor-write", &theirs).await?;
    let serial = Arc::new(AtomicU64::new(1));
    let members = [answer(ours.port, &key).await?, answer(floor.port, &key).await?];
    if members[0] != members[1] {
        return Err(format!("product and floor differ\n{:?}\n{:?}", members[0], members[1]).into());
    }
    let (mut ratios, mut cpu_ratios, mut rates, mut floors, mut p99) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let mut measured = Vec::new();
        for server in [&ours, &floor] {
            let (key, serial) = (key.clone(), serial.clone());
            let cpu = server.cpu();
            let round = load::run(server.port, 64, bench.seconds, move |_| add(serial.fetch_add(1, Ordering::Relaxed), &key)).await?;
            measured.push((round.per_second(), (server.cpu() - cpu) as f64 / round.requests as f64, round.percentile(0.99)));
        }
        ratios.push(measured[0].0 / measured[1].0);
        cpu_ratios.push(measured[1].1 / measured[0].1);
        rates.push(measured[0].0);
        floors.push(measured[1].0);
        p99.push(measured[0].2);
    }
    report::line(
        "write",
        json!({ "leads": bench.leads, "per_s": report::spread(rates), "floor_per_s": report::spread(floors), "ratio": report::spread(ratios),
                "cpu_ratio": report::spread(cpu_ratios), "p99_ms_64_connections": report::spread(p99) }),
    );
    ours.stop().await?;
    floor.stop().await
}

fn add(n: u64, key: &str) -> Vec<u8> {
    let body = json!({ "name": format!("New Lead {n}"), "email": format!("new{n}@write.example"), "company": "Write & Co", "title": "Buyer",
                       "notes": "From the fair", "status": "pending", "value": 120_000, "tags": ["fair"] });
    with_body("POST", "/api/leads", key, &body.to_string())
}

/// The members of what is answered, which must be the same before the speed is compared.
async fn answer(port: u16, key: &str) -> Result<BTreeSet<String>, Failure> {
    let mut http = Http::connect(port).await?;
    let status = http.send(&add(0, key)).await?;
    let body: Value = serde_json::from_slice(http.body())?;
    let members = body.as_object().filter(|_| status == 200).ok_or_else(|| format!("{status} {body}"))?;
    Ok(members.keys().cloned().collect())
}

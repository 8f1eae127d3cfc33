//! All leads as a CSV, against a loop that reads the same columns and writes them with the csv crate.

use super::import;
use crate::{
    Bench, Failure,
    load::{Http, get, with_body},
    process::{self, Server},
    report,
};
use rusqlite::{Connection, OpenFlags, types::ValueRef};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const COLUMNS: [&str; 11] = ["id", "name", "email", "company", "title", "phone", "location", "stage", "score", "notes", "createdAt"];
const SELECT: &str = "SELECT id, name, email, company, title, phone, location, stage, score, notes, created_at FROM lead ORDER BY id";

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let database = import::database(bench).await?;
    let key = process::key(bench, &database, "admin").await?;
    let ours = Server::linnet(bench, &database).await?;
    let mut http = Http::connect(ours.port).await?;
    let idle = ours.memory().0;
    let (mut times, mut floors, mut ratios, mut size) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..bench.rounds {
        let (time, export) = write(&mut http, &key).await?;
        size = export["bytes"].as_i64().unwrap_or_default();
        let id = export["id"].as_str().unwrap_or_default();
        http.send(&with_body("DELETE", &format!("/api/exports/{id}"), &key, "")).await?;
        let floor = floor(&database, &bench.folder.join("floor.csv"))?;
        ratios.push(floor.as_secs_f64() / time.as_secs_f64());
        times.push(time.as_secs_f64());
        floors.push(floor.as_secs_f64());
    }
    report::line(
        "export",
        json!({ "leads": bench.leads, "mib": size / 1_048_576, "s": report::spread(times), "floor_s": report::spread(floors),
                "ratio": report::spread(ratios), "idle_mib": idle / 1_024, "peak_mib": ours.memory().1 / 1_024 }),
    );
    ours.stop().await
}

/// Starts an export and waits for its end.
async fn write(http: &mut Http, key: &str) -> Result<(Duration, Value), Failure> {
    let body = json!({ "of": { "leads": { "rule": { "all": [] } } }, "columns": COLUMNS }).to_string();
    let began = Instant::now();
    let mut status = http.send(&with_body("POST", "/api/exports", key, &body)).await?;
    let mut export: Value = serde_json::from_slice(http.body())?;
    while export["status"] == "running" && (200..300).contains(&status) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let path = format!("/api/exports/{}", export["id"].as_str().unwrap_or_default());
        status = http.send(&get(&path, key)).await?;
        export = serde_json::from_slice(http.body())?;
    }
    if export["status"] != "done" {
        return Err(format!("{status}: {export}").into());
    }
    Ok((began.elapsed(), export))
}

fn floor(database: &Path, file: &Path) -> Result<Duration, Failure> {
    let began = Instant::now();
    let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut out = csv::Writer::from_path(file)?;
    out.write_record(COLUMNS)?;
    let mut statement = db.prepare(SELECT)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..COLUMNS.len() {
            let text;
            let cell: &[u8] = match row.get_ref(column)? {
                ValueRef::Text(text) => text,
                ValueRef::Blob(id) => {
                    text = uuid::Uuid::from_slice(id)?.to_string();
                    text.as_bytes()
                }
                ValueRef::Integer(time) if column == 10 => {
                    text = domain::Timestamp(time).to_string();
                    text.as_bytes()
                }
                ValueRef::Integer(number) => {
                    text = number.to_string();
                    text.as_bytes()
                }
                ValueRef::Real(_) | ValueRef::Null => &[],
            };
            out.write_field(cell)?;
        }
        out.write_record(None::<&[u8]>)?;
    }
    out.flush()?;
    drop(out);
    // As durable as the product's file.
    std::fs::File::open(file)?.sync_all()?;
    let time = began.elapsed();
    std::fs::remove_file(file)?;
    Ok(time)
}

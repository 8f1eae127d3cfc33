//! Floor for writes: axum sends each lead to a writer thread, which commits all queued leads at once. `floor-write PORT DATABASE`.

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{error::Error, sync::mpsc};
use tokio::sync::oneshot;
use uuid::Uuid;

struct Job {
    lead: Value,
    done: oneshot::Sender<Value>,
}

const LEAD: &str = "INSERT INTO lead (id, revision, edited, name, email, company, title, notes, status, connection, stage, stage_at, engaged, value, score, \
    total_spend, visits, consent, tags, custom, last_activity, last_activity_at, created_at, updated_at, name_fold, company_fold, title_fold, \
    location_fold, customer_id_fold, tags_fold, custom_fold, search) \
    VALUES (?1, 1, 1, ?2, ?3, ?4, ?5, ?6, 'pending', 'not_connected', 0, ?7, 0, ?8, 0, 0, 0, 'subscribed', ?9, '{}', 'Lead created', ?7, ?7, ?7, ?10, ?11, \
    ?12, '', '', ?13, '{}', ?14)";
const MOVE: &str = "INSERT INTO stage_move (id, lead_id, from_stage, to_stage, at, who) VALUES (?1, ?2, NULL, 0, ?3, 'bench')";
const CHANGE: &str = "INSERT INTO change (seq, id, at, who, origin, op, entity, entity_id, lead_id, before, after) \
    VALUES (?1, ?2, ?3, ?4, NULL, 'create', 'lead', ?5, ?5, NULL, ?6)";

fn write(file: &str, jobs: &mpsc::Receiver<Job>) -> rusqlite::Result<()> {
    let db = Connection::open(file)?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")?;
    let mut seq: i64 = db.query_row("SELECT COALESCE(MAX(seq), 0) FROM change", [], |row| row.get(0))?;
    while let Ok(first) = jobs.recv() {
        db.execute_batch("BEGIN IMMEDIATE")?;
        let mut answers = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            seq += 1;
            let lead = insert(&db, &job.lead, seq)?;
            answers.push((job.done, lead));
            next = jobs.try_recv().ok();
        }
        db.execute_batch("COMMIT")?;
        for (done, lead) in answers {
            drop(done.send(lead));
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a floor has no clock to be given")]
fn insert(db: &Connection, new: &Value, seq: i64) -> rusqlite::Result<Value> {
    let (id, change, step) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let text = |field: &str| new[field].as_str().unwrap_or_default().to_owned();
    let at = id.get_timestamp().map_or(0, |at| (at.to_unix().0 * 1_000_000) as i64);
    let (name, email, company, title, notes) = (text("name"), text("email"), text("company"), text("title"), text("notes"));
    let search = [&name, &email, &company, &title, &notes].map(|text| text.to_lowercase()).join("\n");
    let own = id.as_bytes().as_slice();
    let value = new["value"].as_i64();
    let tags = new["tags"].to_string();
    let folds = [name.to_lowercase(), company.to_lowercase(), title.to_lowercase()];
    let insert =
        rusqlite::params![own, name, email, company, title, notes, at, value, tags, folds[0], folds[1], folds[2], "\nfair\n", search];
    db.prepare_cached(LEAD)?.execute(insert)?;
    db.prepare_cached(MOVE)?.execute(rusqlite::params![step.as_bytes().as_slice(), own, at])?;
    let time = domain::Timestamp(at);
    let mut lead = json!({
        "entity": "lead", "id": id, "revision": 1, "edited": 1, "name": name, "email": email, "company": company, "title": title, "notes": notes,
        "status": "pending", "connection": "not_connected", "stage": "New Lead", "stageAt": time, "engaged": false, "value": value, "score": 0,
        "totalSpend": 0, "visits": 0, "consent": "subscribed", "tags": new["tags"], "lastActivity": "Lead created", "lastActivityAt": time,
        "createdAt": time, "updatedAt": time,
    });
    let who = r#"{"kind":"key","id":"00000000-0000-0000-0000-000000000000","name":"bench"}"#;
    db.prepare_cached(CHANGE)?.execute(rusqlite::params![seq, change.as_bytes().as_slice(), at, who, own, lead.to_string()])?;
    // The response is no record of the log, and has the outreach contract's names too.
    if let Some(members) = lead.as_object_mut() {
        members.remove("entity");
        let theirs = [
            ("_id", json!(id)),
            ("position", json!(title)),
            ("connectionStatus", json!("not_connected")),
            ("lastActivityDate", json!(time)),
        ];
        members.extend(theirs.map(|(word, value)| (word.to_owned(), value)));
        members.insert("sequenceStep".to_owned(), json!(0));
    }
    Ok(lead)
}

async fn create(State(jobs): State<mpsc::Sender<Job>>, Json(lead): Json<Value>) -> Json<Value> {
    let (done, answer) = oneshot::channel();
    drop(jobs.send(Job { lead, done }));
    Json(answer.await.unwrap_or(Value::Null))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "floor-write PORT DATABASE";
    let port: u16 = std::env::args().nth(1).ok_or(usage)?.parse()?;
    let file = std::env::args().nth(2).ok_or(usage)?;
    let (jobs, queue) = mpsc::channel();
    std::thread::spawn(move || {
        if let Err(error) = write(&file, &queue) {
            eprintln!("the floor's writer stopped: {error}");
            std::process::exit(1);
        }
    });
    let app = Router::new().route("/", get(|| async { "ok" })).route("/api/leads", post(create)).with_state(jobs);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}

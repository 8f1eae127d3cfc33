//! Floor for reads: axum, one rusqlite connection, prepared statements, serde_json. `floor-read PORT DATABASE`.

mod lead;

use axum::{
    Json, Router,
    extract::{Path, Query},
    routing::get,
};
use lead::{Lead, Texts};
use rusqlite::{Connection, OpenFlags, Row};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use std::{cell::RefCell, error::Error};
use uuid::Uuid;

thread_local! {
    static DB: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

macro_rules! columns {
    ($($field:ident $row:tt $(filter $filter:tt)? $(was $was:tt)?;)+) => {
        concat!(
            "id, revision, edited, name, email, status, connection, stage, stage_at, engaged, owner, value, score, total_spend, visits, \
             last_active_at, consent, tags, custom, last_activity, last_activity_at, last_contacted_at, \
             import_id, created_at, updated_at"
            $(, ", ", stringify!($field))+
        )
    };
}
const COLUMNS: &str = domain::each_lead_text!(columns);
/// Index of the first text.
const TEXTS: usize = 25;

const STAGES: [&str; 7] = ["New Lead", "Initial Contact", "Meeting Scheduled", "Proposal Sent", "Negotiation", "Closed Won", "Closed Lost"];

fn id(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Uuid>> {
    Ok(row.get_ref(at)?.as_blob_or_null()?.and_then(|bytes| Uuid::from_slice(bytes).ok()))
}

fn time(micros: i64) -> String {
    domain::Timestamp(micros).to_string()
}

fn raw(text: String, empty: &str) -> Option<Box<RawValue>> {
    if text == empty { None } else { RawValue::from_string(text).ok() }
}

fn lead(row: &Row<'_>) -> rusqlite::Result<Lead> {
    let own = id(row, 0)?.unwrap_or_default();
    let (connection, last_activity_at): (String, _) = (row.get(6)?, time(row.get(20)?));
    let last_contacted_at = row.get::<_, Option<i64>>(21)?.map(time);
    let mut at = TEXTS..;
    let texts = Texts::read(|| row.get(at.next().unwrap_or_default()))?;
    let title = texts.title.clone();
    let owner = id(row, 10)?;
    Ok(Lead {
        id: own,
        revision: row.get(1)?,
        edited: row.get(2)?,
        name: row.get(3)?,
        email: row.get(4)?,
        texts,
        status: row.get(5)?,
        connection: connection.clone(),
        stage: STAGES[row.get::<_, i64>(7)?.clamp(0, 6) as usize],
        stage_at: time(row.get(8)?),
        engaged: row.get(9)?,
        owner,
        value: row.get(11)?,
        score: row.get(12)?,
        total_spend: row.get(13)?,
        visits: row.get(14)?,
        last_active_at: row.get::<_, Option<i64>>(15)?.map(time),
        consent: row.get(16)?,
        tags: raw(row.get(17)?, "[]"),
        custom: raw(row.get(18)?, "{}"),
        last_activity: row.get(19)?,
        last_activity_at: last_activity_at.clone(),
        last_contacted_at: last_contacted_at.clone(),
        import_id: id(row, 22)?,
        created_at: time(row.get(23)?),
        updated_at: time(row.get(24)?),
        same_id: own,
        user_id: owner,
        position: title,
        connection_status: connection,
        last_activity_date: last_activity_at,
        last_contact_date: last_contacted_at,
        sequence_step: 0,
    })
}

/// With the folded name, for the cursor.
fn listed(row: &Row<'_>) -> rusqlite::Result<(Lead, String)> {
    Ok((lead(row)?, row.get("name_fold")?))
}

fn with_db<T>(work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
    DB.with_borrow_mut(|db| {
        if db.is_none() {
            let file = std::env::args().nth(2)?;
            *db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX).ok();
        }
        db.as_ref().and_then(|db| work(db).ok())
    })
}

#[derive(Deserialize)]
struct Page {
    sort: String,
    cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    page: Option<u32>,
    limit: u32,
    total: Option<i64>,
    total_pages: Option<i64>,
    has_more: bool,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    data: Vec<Lead>,
    pagination: Pagination,
    meta: Value,
}

async fn list(Query(page): Query<Page>) -> Json<Answer> {
    let after = page
        .cursor
        .as_deref()
        .and_then(|cursor| cursor.split_once('~'))
        .and_then(|(id, key)| Some((Uuid::parse_str(id).ok()?, key.to_owned())));
    let leads = with_db(|db| match &after {
        Some((id, key)) => db
            .prepare_cached(&format!(
                "SELECT {COLUMNS}, name_fold FROM lead WHERE (name_fold, id) > (?1, ?2) ORDER BY name_fold, id LIMIT 51"
            ))?
            .query_map((key, id.as_bytes().as_slice()), listed)?
            .collect::<rusqlite::Result<Vec<_>>>(),
        None => {
            db.prepare_cached(&format!("SELECT {COLUMNS}, name_fold FROM lead ORDER BY id DESC LIMIT 51"))?.query_map([], listed)?.collect()
        }
    });
    let mut data = leads.unwrap_or_default();
    let has_more = data.len() > 50;
    data.truncate(50);
    let next_cursor = data.last().filter(|_| has_more).map(|(lead, name)| match page.sort.as_str() {
        "name" => format!("{}~{name}", lead.id),
        _ => format!("{}~", lead.id),
    });
    let data = data.into_iter().map(|(lead, _)| lead).collect();
    let pagination = Pagination { page: after.is_none().then_some(1), limit: 50, total: None, total_pages: None, has_more, next_cursor };
    Json(Answer { data, pagination, meta: json!({ "timestamp": "1970-01-01T00:00:00.000Z", "source": "database" }) })
}

async fn one(Path(wanted): Path<Uuid>) -> Json<Option<Lead>> {
    Json(with_db(|db| {
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM lead WHERE id = ?1"))?.query_row([wanted.as_bytes().as_slice()], lead)
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("floor-read PORT DATABASE")?.parse()?;
    let app = Router::new().route("/", get(|| async { "ok" })).route("/api/leads", get(list)).route("/api/leads/{id}", get(one));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}

//! Floor for imports: the csv crate into transactions of 10,000 rows; same table, indexes and durability. `floor-import CSV DATABASE`.

use rusqlite::{Connection, params};
use std::error::Error;
use uuid::Uuid;

const SCHEMA: &str = include_str!("../../server/migrations/sqlite/0001_house.sql");

const LEAD: &str = "INSERT INTO lead (id, revision, name, email, company, title, phone, location, notes, status, connection, stage, stage_at, engaged, value, \
    score, total_spend, visits, consent, tags, custom, last_activity, last_activity_at, created_at, updated_at, name_fold, company_fold, title_fold, \
    location_fold, customer_id_fold, tags_fold, custom_fold, search) \
    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', 'not_connected', ?9, ?10, 0, ?11, ?12, 0, 0, 'subscribed', ?13, '{}', 'Imported', ?10, ?10, ?10, \
    ?14, ?15, ?16, ?17, '', ?18, '{}', ?19) ON CONFLICT (email) DO NOTHING";

const STAGES: [&str; 7] = ["New Lead", "Initial Contact", "Meeting Scheduled", "Proposal Sent", "Negotiation", "Closed Won", "Closed Lost"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "floor-import CSV DATABASE";
    let mut rows = csv::Reader::from_path(arguments.next().ok_or(usage)?)?;
    let db = Connection::open(arguments.next().ok_or(usage)?)?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")?;
    db.execute_batch(SCHEMA)?;
    let mut insert = db.prepare(LEAD)?;
    let mut record = csv::StringRecord::new();
    let mut row = 0_u64;
    db.execute_batch("BEGIN IMMEDIATE")?;
    while rows.read_record(&mut record)? {
        row += 1;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let fold = |at: usize| cell(at).to_lowercase();
        if cell(1).ends_with('@') {
            continue;
        }
        #[expect(clippy::disallowed_methods, reason = "a floor has no clock to be given")]
        let id = Uuid::now_v7();
        let stage = STAGES.iter().position(|stage| *stage == cell(6)).unwrap_or(0) as i64;
        let value = (cell(7).parse::<f64>()? * 100.0) as i64;
        let score = cell(8).parse::<i64>()?;
        let (tags, tags_fold) =
            if cell(9).is_empty() { ("[]".to_owned(), String::new()) } else { (format!("[\"{}\"]", cell(9)), format!("\n{}\n", cell(9))) };
        let search = [0, 1, 2, 3, 10].map(fold).join("\n");
        let own = id.as_bytes().as_slice();
        insert.execute(params![
            own,
            cell(0),
            cell(1),
            cell(2),
            cell(3),
            cell(4),
            cell(5),
            cell(10),
            stage,
            row as i64,
            value,
            score,
            tags,
            fold(0),
            fold(2),
            fold(3),
            fold(5),
            tags_fold,
            search,
        ])?;
        if row.is_multiple_of(10_000) {
            db.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
        }
    }
    db.execute_batch("COMMIT")?;
    Ok(())
}

//! Every statement about imports, and the row of an import.

use crate::{
    jobs::{Leases, leases},
    leads::{ids, lead_columns},
    store::{Bulk, Conn, Query, Requester, Row, Sql, Tx, Value, sql},
};
use domain::{
    Error, ImportId, Result, Timestamp,
    imports::{Column, Import, ImportCounts, ImportOptions, ImportStatus, KeptLeads},
};
use sqlx::types::Json;
use uuid::Uuid;

crate::store::bind_ids!(domain::ImportId);

macro_rules! columns {
    () => {
        "id, revision, file, status, size, encoding, delimiter, columns, options, read, rows, created, updated, duplicates, rejected, error, \
         created_by, created_at, started_at, finished_at, incomplete, remark, kept, orders, waiting"
    };
}

/// Every statement with a constant text, for the test that prepares them all on both databases.
pub const STATEMENTS: &[Sql] = &[
    Sql::same(GET),
    Sql::same(LIST),
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(KEPT_FILES),
    Sql::same(OWNERS),
    Sql::same(DISCARD),
    Sql::same(UNFINISHED),
    Sql::same(REJECTED),
    Sql::same(REJECTED_CELLS),
    Sql::same(UNTOUCHED),
    LOCK_LEADS,
    STILL_UNTOUCHED,
    Sql::same(KEPT),
    Sql::same(KEPT_NAMES),
    Sql::same(PUT_FILE),
    Sql::same(GET_FILE),
    Sql::same(DROP_FILE),
    Sql::same(SWEEP_FILES),
    LEASES.statements()[0],
    LEASES.statements()[1],
    LEASES.statements()[2],
    LEASES.statements()[3],
    LEASES.statements()[4],
    LOCK,
    BY_EMAILS,
];

const GET: &str = concat!("SELECT ", columns!(), " FROM import WHERE id = $1");
const LOCK: Sql = Sql { sqlite: GET, postgres: concat!("SELECT ", columns!(), " FROM import WHERE id = $1 FOR UPDATE") };
pub(super) const LIST: &str = concat!("SELECT ", columns!(), " FROM import ORDER BY id DESC LIMIT 100");
const INSERT: &str = concat!(
    "INSERT INTO import (",
    columns!(),
    ", made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)"
);
const UPDATE: &str = concat!(
    "UPDATE import SET (",
    columns!(),
    ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25) WHERE id = $1"
);
/// Number and bytes of the files that are kept: those of the requester `$1`, and all.
pub(super) const KEPT_FILES: &str = "
SELECT COUNT(*) FILTER (WHERE made_by = $1), CAST(COALESCE(SUM(size) FILTER (WHERE made_by = $1), 0) AS BIGINT),
       COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT)
FROM   import
WHERE  status IN ('uploaded', 'running', 'paused')";
/// Who may own leads.
pub(super) const OWNERS: &str = "SELECT id, name, email FROM account WHERE deactivated_at IS NULL";
pub(super) const DISCARD: &str = "DELETE FROM import WHERE id = $1";
pub(super) const UNFINISHED: &str =
    concat!("SELECT ", columns!(), " FROM import WHERE status IN ('uploaded', 'running', 'paused', 'undoing') ORDER BY id");
pub(super) const LEASES: Leases = leases!("import");

/// Parts of an import's file, on Postgres only.
pub(super) const PUT_FILE: &str = "INSERT INTO import_file (import_id, part, at, bytes) VALUES ($1, $2, $3, $4)";
pub(super) const GET_FILE: &str = "SELECT bytes FROM import_file WHERE import_id = $1 AND part = $2";
pub(super) const DROP_FILE: &str = "DELETE FROM import_file WHERE import_id = $1";
pub(super) const SWEEP_FILES: &str = "
DELETE FROM import_file
WHERE  at < $1 AND import_id NOT IN (SELECT id FROM import WHERE status IN ('uploaded', 'running', 'paused'))";

pub(super) const REJECTED: &str =
    "SELECT line, field, value, reason, imported FROM import_rejected WHERE import_id = $1 ORDER BY line LIMIT $2";
pub(super) const REJECTED_CELLS: &str =
    "SELECT line, reason, cells FROM import_rejected WHERE import_id = $1 AND line > $2 AND imported = $4 ORDER BY line LIMIT $3";

/// Leads whose e-mail is in a JSON list, locked until the transaction ends.
pub(super) const BY_EMAILS: Sql = Sql {
    sqlite: concat!("SELECT ", lead_columns!(), " FROM lead WHERE email IN (SELECT value FROM json_each($1)) ORDER BY id"),
    postgres: concat!(
        "SELECT ",
        lead_columns!(),
        " FROM lead WHERE email IN (SELECT jsonb_array_elements_text($1)) ORDER BY id FOR UPDATE"
    ),
};

/// Leads that nobody worked on.
///
/// Never changed since they were created, or last written by imports and their undo: no edit, no note, no bulk change that is not undone.
/// Enrolled in no campaign but the import's, and nothing done there.
macro_rules! untouched {
    () => {
        "(revision = 1 OR (last_activity IN ('Imported', 'Updated by import', 'Import undone')
                          AND NOT EXISTS (SELECT 1 FROM change WHERE change.lead_id = lead.id AND change.entity IN ('lead', 'note'))
                          AND NOT EXISTS (SELECT 1 FROM lead_image WHERE lead_image.lead_id = lead.id)))
         AND NOT EXISTS (SELECT 1 FROM note WHERE note.lead_id = lead.id)
         AND NOT EXISTS (SELECT 1 FROM enrollment AS one WHERE one.lead_id = lead.id
                         AND (one.campaign_id <> $3 OR one.messages > 0 OR one.requested_at IS NOT NULL))"
    };
}

/// `$1` is the import, `$2` the limit, `$3` the import's campaign.
pub(super) const UNTOUCHED: &str = concat!("SELECT id FROM lead WHERE import_id = $1 AND ", untouched!(), " LIMIT $2");
/// Locks leads in the order of their ids. SQLite has one writer.
pub(super) const LOCK_LEADS: Sql = Sql {
    sqlite: "SELECT 1 WHERE $1 IS NULL",
    postgres: concat!("SELECT id FROM lead WHERE id IN ", ids!(postgres "$1"), " ORDER BY id FOR UPDATE"),
};

/// Those of the locked leads `$1` that nobody worked on while the transaction waited for them: a statement that waits for a lock itself
/// reads other tables as they were before. `$2` is the import, `$3` its campaign.
macro_rules! still_untouched {
    ($ids:expr) => {
        concat!("SELECT ", lead_columns!(), " FROM lead WHERE id IN ", $ids, " AND import_id = $2 AND ", untouched!(), " ORDER BY id")
    };
}
pub(super) const STILL_UNTOUCHED: Sql =
    Sql { sqlite: still_untouched!(ids!(sqlite "$1")), postgres: still_untouched!(ids!(postgres "$1")) };
pub(super) const KEPT: &str = "SELECT COUNT(*) FROM lead WHERE import_id = $1";
pub(super) const KEPT_NAMES: &str = "SELECT id, name, email FROM lead WHERE import_id = $1 ORDER BY id LIMIT $2";

/// Statements that write many rows at once.
#[derive(Clone)]
pub struct Writes {
    pub(super) rejected: Bulk,
}

impl Default for Writes {
    fn default() -> Self {
        Self { rejected: Bulk::new("import_rejected", "import_id, line, field, value, reason, cells, imported", "") }
    }
}

impl Writes {
    /// For the test that prepares every statement.
    pub fn samples(&self) -> Vec<Query> {
        self.rejected.samples()
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct ImportRow {
    id: Uuid,
    revision: i64,
    file: String,
    status: String,
    size: i64,
    encoding: String,
    delimiter: String,
    columns: Json<Vec<Column>>,
    options: Json<ImportOptions>,
    read: i64,
    rows: i64,
    created: i64,
    updated: i64,
    duplicates: i64,
    rejected: i64,
    error: Option<String>,
    created_by: String,
    created_at: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    incomplete: i64,
    remark: Option<String>,
    kept: Json<KeptLeads>,
    orders: i64,
    waiting: i64,
}

impl TryFrom<ImportRow> for Import {
    type Error = Error;
    fn try_from(row: ImportRow) -> Result<Self> {
        let status = ImportStatus::ALL.iter().copied().find(|one| one.as_str() == row.status).ok_or_else(|| {
            tracing::error!(status = row.status, "an import's row holds a word that this version does not know");
            Error::Internal
        })?;
        Ok(Self {
            id: ImportId(row.id),
            revision: row.revision,
            file: row.file,
            status,
            size: row.size,
            read: row.read,
            encoding: row.encoding,
            delimiter: row.delimiter.chars().next().unwrap_or(','),
            columns: row.columns.0,
            options: row.options.0,
            counts: ImportCounts {
                rows: row.rows,
                created: row.created,
                updated: row.updated,
                duplicates: row.duplicates,
                rejected: row.rejected,
                incomplete: row.incomplete,
                orders: row.orders,
                waiting: row.waiting,
            },
            error: row.error,
            remark: row.remark,
            kept: row.kept.0,
            created_by: row.created_by,
            created_at: Timestamp(row.created_at),
            started_at: row.started_at.map(Timestamp),
            finished_at: row.finished_at.map(Timestamp),
        })
    }
}

fn bind(query: Query, import: &Import) -> Result<Query> {
    Ok(query
        .bind(import.id)
        .bind(import.revision)
        .bind(import.file.as_str())
        .bind(import.status.as_str())
        .bind(import.size)
        .bind(import.encoding.as_str())
        .bind(import.delimiter.to_string())
        .bind(Value::json(&import.columns)?)
        .bind(Value::json(&import.options)?)
        .bind(import.read)
        .bind(import.counts.rows)
        .bind(import.counts.created)
        .bind(import.counts.updated)
        .bind(import.counts.duplicates)
        .bind(import.counts.rejected)
        .bind(import.error.clone())
        .bind(import.created_by.as_str())
        .bind(import.created_at)
        .bind(import.started_at)
        .bind(import.finished_at)
        .bind(import.counts.incomplete)
        .bind(import.remark.clone())
        .bind_all([Value::json(&import.kept)?])
        .bind(import.counts.orders)
        .bind(import.counts.waiting))
}

/// Inserts the import of the transaction's actor.
pub(super) async fn insert(tx: &mut Tx, import: &Import) -> Result<()> {
    let made_by = Requester::from(tx.actor());
    tx.run_one(bind(sql(INSERT), import)?.bind(made_by)).await
}

pub(super) async fn update(tx: &mut Tx, import: &Import) -> Result<()> {
    tx.run_one(bind(sql(UPDATE), import)?).await
}

pub(super) async fn get(conn: &mut Conn, id: ImportId) -> Result<Option<Import>> {
    conn.optional::<ImportRow>(sql(GET).bind(id)).await?.map(Import::try_from).transpose()
}

/// The import, locked until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, id: ImportId) -> Result<Import> {
    let row = tx.optional::<ImportRow>(sql(LOCK).bind(id)).await?;
    row.ok_or_else(|| Error::not_found("Import", id))?.try_into()
}

/// All rows of a query, converted to `T`.
pub(super) async fn all<R: Row, T: TryFrom<R, Error = Error>>(conn: &mut Conn, query: Query) -> Result<Vec<T>> {
    conn.all::<R>(query).await?.into_iter().map(T::try_from).collect()
}

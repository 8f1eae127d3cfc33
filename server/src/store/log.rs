//! Reads and pruning of the change log.

use super::{
    Store,
    conn::Conn,
    sql::{Query, sql},
    texts,
};
use domain::{
    ActorRef, CampaignId, Change, ChangeId, Epoch, Error, LeadId, Origin, Record, Result, Timestamp, campaigns::Enrollment, change::Op,
};
use serde_json::value::RawValue;
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[&str] = &[
    SINCE,
    BEFORE,
    BEFORE_IN_CAMPAIGN,
    AFTER_IN_CAMPAIGN,
    BY_ID,
    OF_LEAD,
    ENROLLMENTS_AFTER,
    HEAD,
    PENDING,
    EPOCH,
    SPAN,
    PRUNE,
    texts::PRUNE,
    super::tx::INSERT_CHANGE,
];

const SINCE: &str = "
SELECT   seq, id, at, who, origin, on_behalf_of, op, before, after
FROM     change
WHERE    seq > $1 AND seq <= $2
ORDER BY seq
LIMIT    $3";

const BEFORE: &str = "
SELECT   seq, id, at, who, origin, on_behalf_of, op, before, after
FROM     change
WHERE    seq < $1
ORDER BY seq DESC
LIMIT    $2";
const BEFORE_IN_CAMPAIGN: &str = "
SELECT   seq, id, at, who, origin, on_behalf_of, op, before, after
FROM     change
WHERE    campaign_id = $3 AND seq < $1
ORDER BY seq DESC
LIMIT    $2";
const AFTER_IN_CAMPAIGN: &str = "
SELECT   seq, id, at, who, origin, on_behalf_of, op, before, after
FROM     change
WHERE    campaign_id = $3 AND seq > $1
ORDER BY seq
LIMIT    $2";

const BY_ID: &str = "SELECT seq, id, at, who, origin, on_behalf_of, op, before, after FROM change WHERE id = $1";

const OF_LEAD: &str = "
SELECT   seq, id, at, who, origin, on_behalf_of, op, before, after
FROM     change
WHERE    lead_id = $1
ORDER BY id DESC
LIMIT    $2";

/// A change of a lead comes before the changes of its enrollments that follow from it.
const ENROLLMENTS_AFTER: &str = "
SELECT seq, id, at, who, origin, on_behalf_of, op, before, after
FROM   change
WHERE  lead_id = $1 AND entity = 'enrollment' AND op = 'update' AND at = $2 AND id > $3
AND    NOT EXISTS (SELECT 1 FROM change AS later WHERE later.lead_id = $1 AND later.entity = 'lead' AND later.id > $3 AND later.id < change.id)";

const HEAD: &str = "SELECT MAX(seq) FROM change";
const PENDING: &str = "SELECT id FROM change WHERE seq IS NULL";
const EPOCH: &str = "SELECT value FROM meta WHERE key = 'epoch'";
/// The times of the oldest and the newest change. By their numbers, because no index has the times.
const SPAN: &str = "
SELECT (SELECT at FROM change WHERE seq IS NOT NULL ORDER BY seq LIMIT 1),
       (SELECT at FROM change WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1)";
/// The newest row always stays, because it is the head.
const PRUNE: &str = "DELETE FROM change WHERE at < $1 AND seq < (SELECT MAX(seq) FROM change)";

/// Most bytes of records in one page of the log; a page of large records has fewer rows.
const PART: usize = 4 * 1024 * 1024;

#[derive(sqlx::FromRow)]
struct ChangeRow {
    seq: Option<i64>,
    id: Uuid,
    at: i64,
    who: Json<ActorRef>,
    origin: Option<Uuid>,
    on_behalf_of: Option<String>,
    op: String,
    before: Option<Json<Box<RawValue>>>,
    after: Option<Json<Box<RawValue>>>,
}

impl ChangeRow {
    fn records(&self) -> impl Iterator<Item = &RawValue> {
        [&self.before, &self.after].into_iter().flatten().map(|record| &*record.0)
    }

    fn change(self, texts: &HashMap<String, String>) -> Result<Change> {
        let op =
            [Op::Create, Op::Update, Op::Delete, Op::Restore, Op::Bulk].into_iter().find(|op| op.as_str() == self.op).ok_or_else(|| {
                tracing::error!(op = self.op, "an unknown word in the change log");
                Error::Internal
            })?;
        let record = |record: Option<Json<Box<RawValue>>>| record.map(|record| texts::unpack(&record.0, texts)).transpose();
        Ok(Change {
            id: ChangeId(self.id),
            seq: self.seq,
            at: Timestamp(self.at),
            who: self.who.0,
            origin: self.origin.map(Origin),
            on_behalf_of: self.on_behalf_of,
            op,
            before: record(self.before)?,
            after: record(self.after)?,
        })
    }
}

/// A page of the log.
pub struct LogPage {
    /// Large texts are references (`domain::text_ref`), unless the reader requested full texts.
    pub changes: Vec<Change>,
    /// No more changes follow in the requested range: neither the limit of rows nor that of bytes ended the page.
    pub last: bool,
    /// Bytes of the records as stored.
    pub bytes: usize,
}

/// Reads a page, which ends at `limit` rows or at `PART` bytes. With `whole`, references are replaced by the full texts.
async fn part(conn: &mut Conn, query: Query, limit: i64, whole: bool) -> Result<LogPage> {
    let (mut bytes, mut named) = (0, 0);
    let rows = conn
        .until::<ChangeRow>(query, |row| {
            bytes += row.records().map(|record| record.get().len()).sum::<usize>();
            named += if whole { row.records().map(texts::referenced_bytes).sum() } else { 0 };
            bytes + named >= PART
        })
        .await?;
    let last = bytes + named < PART && (rows.len() as i64) < limit;
    let texts = if named > 0 { texts::texts_of(conn, rows.iter().flat_map(ChangeRow::records)).await? } else { HashMap::new() };
    let changes = rows.into_iter().map(|row| row.change(&texts)).collect::<Result<_>>()?;
    Ok(LogPage { changes, last, bytes })
}

/// Changes with `after < seq <= upto` in order, with full texts: at most `limit`, fewer when they are large. Empty only when there are
/// none.
pub async fn since(conn: &mut Conn, after: i64, upto: i64, limit: i64) -> Result<Vec<Change>> {
    Ok(part(conn, sql(SINCE).bind(after).bind(upto).bind(limit), limit, true).await?.changes)
}

/// Changes with `seq < before`, newest first, at most `limit`; of one campaign or of all.
pub async fn before(conn: &mut Conn, campaign: Option<CampaignId>, before: i64, limit: i64) -> Result<LogPage> {
    let query = match campaign {
        Some(id) => sql(BEFORE_IN_CAMPAIGN).bind(before).bind(limit).bind(id),
        None => sql(BEFORE).bind(before).bind(limit),
    };
    part(conn, query, limit, false).await
}

/// Changes with `seq > after` in order, at most `limit`; of one campaign or of all.
pub async fn after(conn: &mut Conn, campaign: Option<CampaignId>, after: i64, limit: i64) -> Result<LogPage> {
    let query = match campaign {
        Some(id) => sql(AFTER_IN_CAMPAIGN).bind(after).bind(limit).bind(id),
        None => sql(SINCE).bind(after).bind(i64::MAX).bind(limit),
    };
    part(conn, query, limit, false).await
}

/// One change, with full texts.
pub async fn by_id(conn: &mut Conn, id: ChangeId) -> Result<Option<Change>> {
    Ok(part(conn, sql(BY_ID).bind(id), 2, true).await?.changes.pop())
}

/// Changes of the lead, its notes and its enrollments, newest first.
pub async fn of_lead(conn: &mut Conn, id: LeadId, limit: i64) -> Result<LogPage> {
    part(conn, sql(OF_LEAD).bind(id).bind(limit), limit, false).await
}

/// Each enrollment before and after that followed from this change of its lead.
pub async fn enrollments_after(
    conn: &mut Conn,
    lead: LeadId,
    (change, at): (ChangeId, Timestamp),
) -> Result<Vec<(Enrollment, Enrollment)>> {
    let changes = part(conn, sql(ENROLLMENTS_AFTER).bind(lead).bind(at).bind(change), i64::MAX, true).await?.changes;
    let pair = |change: Change| match (change.before, change.after) {
        (Some(Record::Enrollment(before)), Some(Record::Enrollment(after))) => Some((before, after)),
        _ => None,
    };
    Ok(changes.into_iter().filter_map(pair).collect())
}

/// The times of the oldest and the newest change; `None` for an empty log.
pub async fn span(conn: &mut Conn) -> Result<Option<(Timestamp, Timestamp)>> {
    let (oldest, newest) = conn.one::<(Option<i64>, Option<i64>)>(sql(SPAN)).await?;
    Ok(oldest.zip(newest).map(|(oldest, newest)| (Timestamp(oldest), Timestamp(newest))))
}

/// `seq` of the newest change; 0 for an empty log.
pub async fn head(conn: &mut Conn) -> Result<i64> {
    Ok(conn.one::<(Option<i64>,)>(sql(HEAD)).await?.0.unwrap_or(0))
}

/// Changes that are committed but have no `seq` yet; always empty on SQLite.
pub(super) async fn pending(conn: &mut Conn) -> Result<Vec<ChangeId>> {
    if !conn.is_postgres() {
        return Ok(Vec::new());
    }
    Ok(conn.all::<(Uuid,)>(sql(PENDING)).await?.into_iter().map(|(id,)| ChangeId(id)).collect())
}

pub async fn epoch(conn: &mut Conn) -> Result<Epoch> {
    let (value,) = conn.one::<(String,)>(sql(EPOCH)).await?;
    value.parse().map_err(|_| Error::Internal)
}

/// A statement that deletes data that is kept only for undo.
#[derive(Debug, Clone, Copy)]
pub enum Prune {
    /// Deletes rows older than `$1`.
    Older(&'static str),
    /// Deletes rows that no change refers to any more.
    Unnamed(&'static str),
}

impl Prune {
    /// For the test that prepares every statement.
    pub fn text(self) -> &'static str {
        match self {
            Self::Older(text) | Self::Unnamed(text) => text,
        }
    }
}

impl Store {
    /// Deletes changes older than `before`, then the data that is kept for their undo. Returns the number of deleted changes. This keeps
    /// the log bounded.
    pub async fn prune(&self, before: Timestamp, with: &'static [&'static [Prune]]) -> Result<u64> {
        self.write(&domain::Actor::system(), move |tx| {
            Box::pin(async move {
                let forgotten = tx.run(sql(PRUNE).bind(before)).await?;
                for prune in with.iter().flat_map(|list| list.iter()) {
                    tx.run(match prune {
                        Prune::Older(text) => sql(*text).bind(before),
                        Prune::Unnamed(text) => sql(*text),
                    })
                    .await?;
                }
                tx.run(sql(texts::PRUNE)).await?;
                Ok(forgotten)
            })
        })
        .await
    }
}

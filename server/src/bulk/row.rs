//! The row of a bulk action, with the fields that only the server needs.

use super::sql;
use crate::{
    store::{self, Conn, Query, Tx, Value},
    zones,
};
use domain::{
    ActorRef, BulkId, Error, LeadId, Moment, Result, Timestamp, Zone,
    bulk::{Bulk, BulkAction, BulkStatus},
    leads::Selection,
};
use sqlx::types::Json;
use std::sync::Arc;
use uuid::Uuid;

crate::store::bind_ids!(domain::BulkId);

/// A bulk action with its selection and cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub(super) bulk: Bulk,
    pub(super) which: Selection,
    /// Name of the owner or campaign at the start.
    pub(super) name: String,
    pub(super) who: ActorRef,
    /// Last processed lead; nil at the start.
    pub(super) cursor: LeadId,
    /// Last lead to process: leads created later are not part of the action.
    pub(super) upto: LeadId,
    /// The workspace's time zone at the start.
    pub(super) zone: Arc<Zone>,
}

impl Job {
    /// The start, as of which a rule is evaluated.
    pub(super) fn started(&self) -> Moment {
        Moment { now: self.bulk.created_at, zone: self.zone.clone() }
    }

    /// Sets the sentence `what` from the status and counts.
    pub(super) fn with_sentence(mut self) -> Self {
        let bulk = &mut self.bulk;
        bulk.what = bulk.action.status_sentence(bulk.status, bulk.changed, bulk.left_out, &self.name);
        self
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct JobRow {
    id: Uuid,
    revision: i64,
    action: Json<BulkAction>,
    which: Json<Selection>,
    name: String,
    status: String,
    total: i64,
    done: i64,
    changed: i64,
    left_out: i64,
    error: Option<String>,
    who: Json<ActorRef>,
    created_at: i64,
    finished_at: Option<i64>,
    cursor: Uuid,
    upto: Uuid,
    zone: String,
}

impl TryFrom<JobRow> for Job {
    type Error = Error;
    fn try_from(row: JobRow) -> Result<Self> {
        let status = BulkStatus::ALL.iter().copied().find(|one| one.as_str() == row.status).ok_or_else(|| {
            tracing::error!(status = row.status, "a bulk action's row holds a word that this version does not know");
            Error::Internal
        })?;
        let bulk = Bulk {
            id: BulkId(row.id),
            revision: row.revision,
            action: row.action.0,
            status,
            total: row.total,
            done: row.done,
            changed: row.changed,
            left_out: row.left_out,
            what: String::new(),
            error: row.error,
            created_by: row.who.0.name().to_owned(),
            created_at: Timestamp(row.created_at),
            finished_at: row.finished_at.map(Timestamp),
        };
        let (cursor, upto, zone) = (LeadId(row.cursor), LeadId(row.upto), zones::zone(&row.zone));
        Ok(Self { bulk, which: row.which.0, name: row.name, who: row.who.0, cursor, upto, zone }.with_sentence())
    }
}

fn bind(query: Query, job: &Job) -> Result<Query> {
    let bulk = &job.bulk;
    Ok(query
        .bind(bulk.id)
        .bind(bulk.revision)
        .bind_all([Value::json(&bulk.action)?, Value::json(&job.which)?])
        .bind(job.name.as_str())
        .bind(bulk.status.as_str())
        .bind(bulk.total)
        .bind(bulk.done)
        .bind(bulk.changed)
        .bind(bulk.left_out)
        .bind(bulk.error.clone())
        .bind_all([Value::json(&job.who)?])
        .bind(bulk.created_at)
        .bind(bulk.finished_at)
        .bind(job.cursor)
        .bind(job.upto)
        .bind(job.zone.name()))
}

pub(super) async fn insert(tx: &mut Tx, job: &Job) -> Result<()> {
    tx.run_one(bind(store::sql(sql::INSERT), job)?).await
}

pub(super) async fn update(tx: &mut Tx, job: &Job) -> Result<()> {
    tx.run_one(bind(store::sql(sql::UPDATE), job)?).await
}

pub(super) async fn get(conn: &mut Conn, id: BulkId) -> Result<Option<Job>> {
    conn.optional::<JobRow>(store::sql(sql::GET).bind(id)).await?.map(Job::try_from).transpose()
}

/// The job, locked until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, id: BulkId) -> Result<Job> {
    tx.optional::<JobRow>(store::sql(sql::LOCK).bind(id)).await?.ok_or_else(|| Error::not_found("Bulk action", id))?.try_into()
}

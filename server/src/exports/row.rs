//! The row of an export, with the fields that only the server needs.

use super::sql;
use crate::{
    store::{self, Conn, Query, Requester, Tx, Value},
    zones,
};
use domain::{
    Actor, ActorRef, Error, ExportId, Moment, Permission, Result, Timestamp, Zone,
    exports::{Export, ExportOf, ExportStatus, NewExport},
};
use sqlx::types::Json;
use std::sync::Arc;
use uuid::Uuid;

crate::store::bind_ids!(ExportId);

/// An export with what it was asked for, and its cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub(super) export: Export,
    pub(super) asked: NewExport,
    pub(super) who: ActorRef,
    /// The last row written. Leads by rule and orders: the cursor of their list; leads by ids: the number of ids read.
    pub(super) cursor: Option<String>,
    /// The workspace's time zone at the start.
    pub(super) zone: Arc<Zone>,
}

impl Job {
    /// The start, as of which a rule is evaluated.
    pub(super) fn started(&self) -> Moment {
        Moment { now: self.export.created_at, zone: self.zone.clone() }
    }

    /// Whether the actor may see and fetch it.
    pub(super) fn is_of(&self, actor: &Actor) -> bool {
        self.who.is(&actor.who) || actor.may(Permission::Administer)
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct JobRow {
    id: Uuid,
    revision: i64,
    file: String,
    asked: Json<NewExport>,
    status: String,
    total: i64,
    rows: i64,
    bytes: i64,
    error: Option<String>,
    who: Json<ActorRef>,
    created_at: i64,
    finished_at: Option<i64>,
    expires_at: Option<i64>,
    columns: Json<Vec<String>>,
    cursor: Option<String>,
    zone: String,
}

impl TryFrom<JobRow> for Job {
    type Error = Error;
    fn try_from(row: JobRow) -> Result<Self> {
        let status = ExportStatus::ALL.iter().copied().find(|one| one.as_str() == row.status).ok_or_else(|| {
            tracing::error!(status = row.status, "an export's row holds a word that this version does not know");
            Error::Internal
        })?;
        let (asked, who) = (row.asked.0, row.who.0);
        let export = Export {
            id: ExportId(row.id),
            revision: row.revision,
            file: row.file,
            of: of(&asked.of).to_owned(),
            format: asked.format,
            columns: row.columns.0,
            status,
            total: row.total,
            rows: row.rows,
            bytes: row.bytes,
            error: row.error,
            owner: owner(&who),
            created_by: who.name().to_owned(),
            created_at: Timestamp(row.created_at),
            finished_at: row.finished_at.map(Timestamp),
            expires_at: row.expires_at.map(Timestamp),
        };
        Ok(Self { export, asked, who, cursor: row.cursor, zone: zones::zone(&row.zone) })
    }
}

pub(super) fn of(of: &ExportOf) -> &'static str {
    match of {
        ExportOf::Leads(_) => "leads",
        ExportOf::Orders(_) => "orders",
    }
}

pub(super) fn owner(who: &ActorRef) -> Option<domain::UserId> {
    Actor { who: who.clone(), ..Actor::system() }.user_id()
}

fn bind(query: Query, job: &Job) -> Result<Query> {
    let export = &job.export;
    let made_by = Requester::from(&Actor { who: job.who.clone(), ..Actor::system() });
    Ok(query
        .bind(export.id)
        .bind(export.revision)
        .bind(export.file.as_str())
        .bind_all([Value::json(&job.asked)?])
        .bind(export.status.as_str())
        .bind(export.total)
        .bind(export.rows)
        .bind(export.bytes)
        .bind(export.error.clone())
        .bind_all([Value::json(&job.who)?])
        .bind(made_by)
        .bind(export.created_at)
        .bind(export.finished_at)
        .bind(export.expires_at)
        .bind_all([Value::json(&export.columns)?])
        .bind(job.cursor.clone())
        .bind(job.zone.name()))
}

pub(super) async fn insert(tx: &mut Tx, job: &Job) -> Result<()> {
    tx.run_one(bind(store::sql(sql::INSERT), job)?).await
}

pub(super) async fn update(tx: &mut Tx, job: &Job) -> Result<()> {
    tx.run_one(bind(store::sql(sql::UPDATE), job)?).await
}

pub(super) async fn get(conn: &mut Conn, id: ExportId) -> Result<Option<Job>> {
    conn.optional::<JobRow>(store::sql(sql::GET).bind(id)).await?.map(Job::try_from).transpose()
}

/// The job, locked until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, id: ExportId) -> Result<Job> {
    tx.optional::<JobRow>(store::sql(sql::LOCK).bind(id)).await?.ok_or_else(|| Error::not_found("Export", id))?.try_into()
}

//! Writes the file of an export page by page. The row has the size of the file and the last row of each page, so a server that is killed
//! resumes exactly there, and no row is written twice.

use super::{
    Exports, put,
    row::{self, Job},
    sql,
};
use crate::{
    jobs::{Batches, JobKind, Jobs, State},
    leads, orders,
    store::{Tx, sql as text},
};
use async_trait::async_trait;
use domain::{
    Actor, Error, ExportId, LeadId, Permission, Result, UserId,
    exports::{Column, DAYS, ExportOf, ExportProgress, ExportStatus, FILE_MAX, OrderColumn, Sheet},
    leads::{Cursor, LeadQuery, Selection, SortColumn},
    live::Progress,
    orders::OrderCursor,
    text::grouped,
};
use std::{collections::HashSet, time::Duration};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Bytes of rows after which a page ends.
const PAGE: usize = 4 * 1024 * 1024;
/// Leads of a page that are named by their ids.
const NAMED: usize = 200;
/// How often expired files are deleted.
const HOUR: Duration = Duration::from_hours(1);

/// A page of the file.
pub struct ExportBatch {
    /// Where in the file it begins.
    from: i64,
    /// Its bytes, on Postgres. With SQLite they are in the file already.
    part: Option<Vec<u8>>,
    /// Size of the file with it.
    bytes: i64,
    /// Rows of the file with it.
    rows: i64,
    cursor: Option<String>,
}

#[async_trait]
impl State for Job {
    type Cursor = (i64, Option<String>);
    type Batch = ExportBatch;

    async fn lock(tx: &mut Tx, id: Uuid) -> Result<Self> {
        row::lock(tx, ExportId(id)).await
    }

    fn cursor(&self) -> Option<Self::Cursor> {
        (self.export.status == ExportStatus::Running).then(|| (self.export.bytes, self.cursor.clone()))
    }

    /// Without its bytes a page writes one row.
    fn is_small(batch: &ExportBatch) -> bool {
        batch.part.is_none()
    }

    const WORK: &'static str = "export";

    fn allows(&self, actor: &Actor) -> bool {
        actor.may(Permission::Export)
    }

    fn done(&self) -> i64 {
        self.export.rows
    }

    async fn write(self, tx: &mut Tx, batch: ExportBatch) -> Result<Self> {
        let mut after = self.clone();
        if let Some(bytes) = batch.part {
            Exports::put_part(tx, after.export.id, batch.from, bytes).await?;
        }
        let export = &mut after.export;
        (export.bytes, export.rows) = (batch.bytes, batch.rows);
        if batch.cursor.is_none() {
            export.status = ExportStatus::Done;
            export.finished_at = Some(tx.now());
            export.expires_at = Some(tx.now().plus_days(DAYS));
        }
        after.cursor = batch.cursor;
        put(tx, self, after).await
    }
}

/// One run of an export.
pub struct Run<'e> {
    exports: &'e Exports,
    sheet: Option<Sheet>,
    /// The leads written so far, when their place in the list can change: each is written once.
    written: HashSet<LeadId>,
}

impl<'e> Run<'e> {
    pub fn new(exports: &'e Exports) -> Self {
        Self { exports, sheet: None, written: HashSet::new() }
    }
}

impl Job {
    /// Leads in an order in which one can move and come again. There are at most `SORTED_MAX`.
    fn can_repeat(&self) -> bool {
        matches!(self.asked.of, ExportOf::Leads(Selection::Matching(_))) && self.asked.sort.column != SortColumn::CreatedAt
    }
}

#[async_trait]
impl Batches for Run<'_> {
    type State = Job;

    async fn next(&mut self, job: &Job) -> Result<ExportBatch> {
        let id = job.export.id;
        let sheet = match self.sheet.take() {
            Some(sheet) => sheet,
            None => self.exports.sheet(job).await?,
        };
        // Another run has written leads that this one does not know: it starts again.
        let again = job.cursor.is_some() && job.can_repeat() && self.written.is_empty();
        let (from, rows, cursor) = if again { (0, 0, None) } else { (job.export.bytes, job.export.rows, job.cursor.clone()) };
        let mut out = String::new();
        let (more, cursor) = match &job.asked.of {
            ExportOf::Leads(which) => {
                let columns = job.export.columns.iter().map(|name| Column::named(name)).collect::<Result<Vec<_>>>()?;
                if cursor.is_none() {
                    out = sheet.leads_head(&columns);
                }
                let (mut leads, next) = self.exports.leads(job, which, cursor).await?;
                if job.can_repeat() {
                    leads.retain(|lead| self.written.insert(lead.id));
                }
                for lead in &leads {
                    sheet.write_lead(&mut out, lead, &columns);
                }
                (leads.len(), next)
            }
            ExportOf::Orders(filter) => {
                let columns = job.export.columns.iter().map(|name| name.parse()).collect::<Result<Vec<OrderColumn>>>()?;
                if cursor.is_none() {
                    out = sheet.orders_head(&columns);
                }
                let query = filter.query(cursor.map(OrderCursor::try_from).transpose()?, self.exports.page_rows);
                let (orders, next) = self.exports.store.read(move |conn| Box::pin(orders::next_page(conn, query, PAGE))).await?;
                for order in &orders {
                    sheet.write_order(&mut out, order, &columns);
                }
                (orders.len(), next.map(String::from))
            }
        };
        self.sheet = Some(sheet);
        let bytes = from + out.len() as i64;
        if bytes > FILE_MAX {
            let most = format!("The file would be larger than {} MB; choose fewer columns, or export in parts", grouped(FILE_MAX >> 20));
            return Err(Error::invalid("columns", most));
        }
        let out = out.into_bytes();
        let part = if self.exports.store.is_postgres() {
            Some(out)
        } else {
            self.exports.write_at(id, from, out).await?;
            None
        };
        metrics::counter!("linnet_exported_rows_total", "of" => job.export.of.clone()).increment(more as u64);
        Ok(ExportBatch { from, part, bytes, rows: rows + more as i64, cursor })
    }

    fn tell(&self, job: &Job, rows_per_second: f64) {
        let export = &job.export;
        let (id, owner, total, rows, bytes) = (export.id, export.owner, export.total, export.rows, export.bytes);
        self.exports.hub.progress(Progress::Export(ExportProgress { id, owner, total, rows, bytes, rows_per_second }));
    }
}

impl Exports {
    async fn sheet(&self, job: &Job) -> Result<Sheet> {
        let owners = self.store.read(|conn| Box::pin(conn.all::<(Uuid, String)>(text(sql::OWNERS)))).await?;
        Ok(Sheet {
            format: job.asked.format,
            bom: job.asked.bom,
            currency: self.store.current.get().workspace.currency,
            owners: owners.into_iter().map(|(id, name)| (UserId(id), name)).collect(),
        })
    }

    /// The next leads, and the cursor behind them unless they are the last.
    async fn leads(&self, job: &Job, which: &Selection, cursor: Option<String>) -> Result<(Vec<domain::leads::Lead>, Option<String>)> {
        match which {
            Selection::Leads(ids) => {
                let from = cursor.map_or(Ok(0), |read| read.parse::<usize>()).map_err(|_| Error::Internal)?;
                let ids: Vec<LeadId> = ids.iter().skip(from).take(NAMED).copied().collect();
                let (end, full) = (from + ids.len(), ids.len() == NAMED);
                let leads = self.store.read(move |conn| Box::pin(leads::in_order(conn, ids))).await?;
                Ok((leads, full.then(|| end.to_string())))
            }
            Selection::Matching(rule) => {
                let cursor = cursor.map(Cursor::try_from).transpose()?;
                let query = LeadQuery { rule: rule.clone(), sort: job.asked.sort, cursor, limit: self.page_rows, ..LeadQuery::default() };
                // The rule is evaluated as of the start.
                let as_of = job.started();
                let _permit = self.store.read_permit(&Actor::system()).await?;
                let read = self.store.read(move |conn| Box::pin(async move { leads::next_page(conn, query, &as_of, PAGE).await }));
                let page = read.await?;
                Ok((page.0, page.1.map(String::from)))
            }
        }
    }
}

#[async_trait]
impl JobKind for Exports {
    fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    async fn attempt(&self, actor: &Actor, id: Uuid, stop: CancellationToken) -> Result<()> {
        let Some(job) = self.job(ExportId(id)).await? else { return Ok(()) };
        let mut run = Run::new(self);
        self.jobs.run(actor, id, job, &stop, &mut run).await.map(drop)
    }

    async fn fail(&self, actor: &Actor, id: Uuid, error: &Error) {
        let why = error.to_string();
        let failed = self.change(actor, ExportId(id), move |mut job, now| {
            if job.export.status != ExportStatus::Running {
                return Err(Error::Conflict("The export is over".to_owned()));
            }
            (job.export.status, job.export.error, job.export.finished_at) = (ExportStatus::Failed, Some(why), Some(now));
            Ok(job)
        });
        // Also when it was deleted meanwhile.
        if matches!(failed.await, Ok(_) | Err(Error::NotFound { .. })) {
            self.remove_file(ExportId(id)).await;
        }
    }

    async fn tidy(&self) -> Result<()> {
        self.expire().await?;
        let this = self.clone();
        self.jobs.every(HOUR, move || {
            let one = this.clone();
            async move {
                // The error was logged; the next hour tries again.
                drop(one.expire().await);
            }
        });
        Ok(())
    }
}

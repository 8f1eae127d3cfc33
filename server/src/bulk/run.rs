//! Runs a bulk action in batches. One transaction holds a batch's leads, counts and cursor: a server that is killed resumes exactly there,
//! and no lead is processed twice.

use super::{
    Bulks, apply,
    row::{self, Job},
    sql, undo,
};
use crate::{
    jobs::{Batches, JobKind, Jobs, State},
    leads,
    store::{Query, Tx, Value},
};
use async_trait::async_trait;
use domain::{
    Actor, BulkId, Error, LeadId, Result,
    bulk::{Bulk, BulkAction, BulkProgress, BulkStatus},
    leads::{Lead, Selection},
    live::Progress,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Most leads of a batch that is written like an edit of one lead.
const FEW: usize = 20;

/// The next batch.
pub enum BulkBatch {
    Apply(NextLeads),
    /// The undo of at most this many leads.
    Undo(i64),
}

/// The next leads of the action.
pub struct NextLeads {
    pub(super) leads: Vec<LeadId>,
    /// The last batch.
    pub(super) last: bool,
}

impl NextLeads {
    /// The leads, locked until the transaction ends. Large leads are left to the next batch.
    pub(super) async fn lock(&mut self, tx: &mut Tx) -> Result<Vec<Lead>> {
        let (leads, end) = leads::lock_batch(tx, &self.leads).await?;
        if let Some(end) = end {
            self.leads.retain(|id| *id <= end);
            self.last = false;
        }
        Ok(leads)
    }
}

#[async_trait]
impl State for Job {
    type Cursor = (BulkStatus, LeadId);
    type Batch = BulkBatch;

    async fn lock(tx: &mut Tx, id: Uuid) -> Result<Self> {
        row::lock(tx, BulkId(id)).await
    }

    fn cursor(&self) -> Option<Self::Cursor> {
        let status = self.bulk.status;
        matches!(status, BulkStatus::Running | BulkStatus::Undoing).then_some((status, self.cursor))
    }

    fn is_small(batch: &BulkBatch) -> bool {
        matches!(batch, BulkBatch::Apply(next) if next.leads.len() <= FEW)
    }

    const WORK: &'static str = "change these leads";

    fn allows(&self, actor: &Actor) -> bool {
        self.bulk.require(actor).is_ok()
    }

    fn done(&self) -> i64 {
        self.bulk.done
    }

    async fn write(self, tx: &mut Tx, batch: BulkBatch) -> Result<Self> {
        match batch {
            BulkBatch::Apply(next) => apply::apply(tx, self, next).await,
            BulkBatch::Undo(leads) => undo::part(tx, self, leads).await,
        }
    }
}

#[async_trait]
impl Batches for Bulks {
    type State = Job;

    async fn next(&mut self, job: &Job) -> Result<BulkBatch> {
        match job.bulk.status {
            BulkStatus::Undoing => Ok(BulkBatch::Undo(self.batch as i64)),
            _ => Ok(BulkBatch::Apply(self.next_leads(job).await?)),
        }
    }

    fn tell(&self, job: &Job, leads_per_second: f64) {
        let bulk = &job.bulk;
        self.hub.progress(Progress::Bulk(BulkProgress {
            id: bulk.id,
            status: bulk.status,
            total: bulk.total,
            done: bulk.done,
            changed: bulk.changed,
            leads_per_second,
        }));
        // The log has the end of the action.
        if bulk.status.is_over() {
            return;
        }
        match bulk.action.campaign() {
            None => self.hub.leads_touched(),
            Some(_) => self.hub.enrollments_touched(),
        }
    }
}

impl Bulks {
    /// Runs an action of at most `at_once` leads to its end; a larger one continues in the background.
    pub(super) async fn go_on(&self, actor: &Actor, bulk: Bulk) -> Result<Bulk> {
        let id = bulk.id;
        if bulk.total <= self.at_once {
            match self.attempt(actor, id.0, CancellationToken::new()).await {
                Ok(()) => return self.find(id).await,
                Err(refused @ Error::Forbidden(_)) => {
                    self.fail(actor, id.0, &refused).await;
                    return Err(refused);
                }
                // The background job retries it, or stores its error.
                Err(_) => {}
            }
        }
        drop(self.spawn(actor.clone(), id.0));
        // The state at the start; the job may already be further.
        Ok(bulk)
    }

    /// Runs the next batch of the action or of its undo. Does nothing when it is over.
    pub async fn step(&self, actor: &Actor, id: BulkId) -> Result<Bulk> {
        let job = self.job(id).await?;
        Ok(self.jobs.step(actor, id.0, job, &mut self.clone()).await?.bulk)
    }

    async fn next_leads(&self, job: &Job) -> Result<NextLeads> {
        let (from, upto, batch) = (job.cursor, job.upto, self.batch);
        let leads = match &job.which {
            Selection::Leads(ids) => {
                let mut ids: Vec<LeadId> = ids.iter().copied().filter(|id| *id > from).collect();
                ids.sort_unstable();
                ids.dedup();
                ids.truncate(batch);
                ids
            }
            Selection::Matching(rule) => {
                let (rule, as_of) = (rule.clone(), job.started());
                self.store
                    .read(move |conn| {
                        Box::pin(async move {
                            let values = vec![Value::from(from), Value::from(upto), Value::from(batch as i64)];
                            let query = Query::with_rule_of_few(sql::NEXT, values, &rule, conn.is_postgres(), &as_of);
                            Ok(conn.all::<(Uuid,)>(query).await?.into_iter().map(|(id,)| LeadId(id)).collect::<Vec<_>>())
                        })
                    })
                    .await?
            }
        };
        Ok(NextLeads { last: leads.len() < batch, leads })
    }
}

#[async_trait]
impl JobKind for Bulks {
    fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    async fn attempt(&self, actor: &Actor, id: Uuid, stop: CancellationToken) -> Result<()> {
        let job = self.job(BulkId(id)).await?;
        self.jobs.run(actor, id, job, &stop, &mut self.clone()).await.map(drop)
    }

    async fn fail(&self, actor: &Actor, id: Uuid, error: &Error) {
        let why = error.to_string();
        let failed = self.change(actor, BulkId(id), move |_, mut job, now| {
            if job.bulk.status.is_over() {
                return Err(Error::Conflict("The bulk action is over".to_owned()));
            }
            job.bulk.error = Some(why);
            if job.bulk.status == BulkStatus::Undoing {
                // What was not reverted yet can be undone again.
                let kept = if job.bulk.action == (BulkAction::Delete {}) { job.bulk.left_out } else { 0 };
                let left = job.bulk.total - job.bulk.done + kept;
                (job.bulk.total, job.bulk.done, job.bulk.changed, job.bulk.left_out) = (left, left, left, 0);
            }
            Ok(job.ended(BulkStatus::Failed, now))
        });
        drop(failed.await);
    }
}

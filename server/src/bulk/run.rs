//! Runs a bulk action in batches. One transaction holds a batch's leads, counts and cursor: a server that is killed resumes exactly there,
//! and no lead is processed twice.

use super::{
    Bulks, apply,
    row::{self, Job},
    sql, undo,
};
use crate::{
    jobs::{Jobs, Throughput, Work},
    store::{Query, Value},
};
use async_trait::async_trait;
use domain::{
    Actor, BulkId, Error, LeadId, Result, Role,
    bulk::{Bulk, BulkProgress, BulkStatus},
    leads::Selection,
    live::Progress,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The next batch of leads.
pub(super) struct Turn {
    /// The cursor before this batch.
    pub(super) from: LeadId,
    pub(super) leads: Vec<LeadId>,
    /// The last batch.
    pub(super) last: bool,
}

impl Bulks {
    /// Runs an action of at most `at_once` leads to its end; a larger one continues in the background.
    pub(super) async fn go_on(&self, actor: &Actor, bulk: Bulk) -> Result<Bulk> {
        let id = bulk.id;
        // The background job retries a failure, or stores its error.
        if bulk.total > self.at_once || self.attempt(actor, id.0, CancellationToken::new()).await.is_err() {
            drop(self.spawn(actor.clone(), id.0));
            // The state at the start; the job may already be further.
            return Ok(bulk);
        }
        self.find(id).await
    }

    /// Runs the next batch of the action or of its undo. Does nothing when it is over.
    pub async fn step(&self, actor: &Actor, id: BulkId) -> Result<Bulk> {
        let job = self.store.read(move |conn| Box::pin(row::get(conn, id))).await?.ok_or_else(|| Error::not_found("Bulk action", id))?;
        match job.bulk.status {
            BulkStatus::Running => {
                let turn = self.next(job).await?;
                let lease = self.jobs.holding(id.0);
                self.store.write_many(actor, move |tx| Box::pin(apply::apply(tx, id, turn, lease))).await
            }
            BulkStatus::Undoing => {
                let (batch, lease) = (self.batch as i64, self.jobs.holding(id.0));
                self.store.write_many(actor, move |tx| Box::pin(undo::part(tx, id, batch, lease))).await
            }
            _ => Ok(job.bulk),
        }
    }

    /// Reads the next batch outside of the write, because a slow query must not block writers.
    async fn next(&self, job: Job) -> Result<Turn> {
        let (from, upto, batch) = (job.cursor, job.upto, self.batch);
        let leads = match job.which {
            Selection::Leads(mut ids) => {
                ids.retain(|id| *id > from);
                ids.sort_unstable();
                ids.dedup();
                ids.truncate(batch);
                ids
            }
            Selection::Matching(rule) => {
                let as_of = job.bulk.created_at;
                self.store
                    .read(move |conn| {
                        Box::pin(async move {
                            let values = vec![Value::from(from), Value::from(upto), Value::from(batch as i64)];
                            let query = Query::with_rule(sql::NEXT, values, &rule, conn.is_postgres(), as_of);
                            Ok(conn.all::<(Uuid,)>(query).await?.into_iter().map(|(id,)| LeadId(id)).collect::<Vec<_>>())
                        })
                    })
                    .await?
            }
        };
        Ok(Turn { from, last: leads.len() < batch, leads })
    }

    fn tell(&self, bulk: &Bulk, pace: &Throughput) {
        self.hub.progress(Progress::Bulk(BulkProgress {
            id: bulk.id,
            status: bulk.status,
            total: bulk.total,
            done: bulk.done,
            changed: bulk.changed,
            leads_per_second: pace.at(bulk.done),
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

#[async_trait]
impl Work for Bulks {
    fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    async fn attempt(&self, actor: &Actor, id: Uuid, stop: CancellationToken) -> Result<()> {
        let mut pace: Option<Throughput> = None;
        while !stop.is_cancelled() {
            let bulk = self.step(actor, BulkId(id)).await?;
            let pace = pace.get_or_insert_with(|| Throughput::begin(self.store.clock.clone(), bulk.done));
            self.tell(&bulk, pace);
            if bulk.status.is_over() {
                break;
            }
        }
        Ok(())
    }

    async fn fail(&self, actor: &Actor, id: Uuid, error: &Error) {
        let why = error.to_string();
        let failed = self.change(actor, BulkId(id), move |_, mut job, now| {
            if job.bulk.status.is_over() {
                return Err(Error::Conflict("The bulk action is over".to_owned()));
            }
            job.bulk.error = Some(why);
            Ok(job.ended(BulkStatus::Failed, now))
        });
        drop(failed.await);
    }

    async fn resume_as(&self, id: Uuid) -> Option<Actor> {
        // An error is already logged; the next scan retries.
        let job = self.store.read(move |conn| Box::pin(row::get(conn, BulkId(id)))).await.ok().flatten()?;
        // The permission was checked at the start.
        Some(Actor { who: job.who, role: Role::Admin, origin: None, session: None, confirmed: false })
    }
}

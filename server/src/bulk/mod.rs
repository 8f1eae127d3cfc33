//! Bulk actions: one action on many leads, in batches that a restart neither repeats nor loses, recorded as one change that can be undone.

mod apply;
mod begin;
mod row;
mod run;
mod sql;
mod undo;

pub use sql::{PRUNE, STATEMENTS, TEMPLATES};

use crate::{
    jobs::{self, JobKind, Jobs},
    live::Hub,
    node::Node,
    store::{self, Store, Tx},
};
use async_trait::async_trait;
use domain::{
    Actor, BulkId, Error, Permission, Record, Result, Snapshot, Timestamp,
    bulk::{Bulk, BulkStatus, NewBulk},
    change::{Op, Set},
    services::BulkService,
};
use row::{Job, JobRow};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Leads per transaction: other writers wait at most for this many.
const BATCH: usize = 2_000;
/// Actions on at most this many leads finish before the request is answered.
const AT_ONCE: i64 = 200;

#[derive(Clone)]
pub struct Bulks {
    store: Store,
    hub: Hub,
    batch: usize,
    at_once: i64,
    jobs: Jobs,
}

impl Bulks {
    pub fn new(store: Store, hub: Hub) -> Self {
        // One at a time: each action sees the result of the one before.
        let jobs = Jobs::new(store.clone(), &sql::LEASES, 1);
        Self { store, hub, batch: BATCH, at_once: AT_ONCE, jobs }
    }

    /// Identifies this process to others on the same database.
    #[must_use]
    pub fn with_node(mut self, node: Node) -> Self {
        self.jobs.set_node(node);
        self
    }

    /// The lease: a server loses its jobs this long after its last heartbeat.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.jobs.set_lease(lease);
        self
    }

    /// Leads per transaction.
    #[must_use]
    pub fn with_batch(mut self, leads: usize) -> Self {
        self.batch = leads.max(1);
        self
    }

    /// Actions on at most this many leads finish before the request is answered.
    #[must_use]
    pub fn with_at_once(mut self, leads: i64) -> Self {
        self.at_once = leads;
        self
    }

    async fn unfinished(&self) -> Result<Vec<Job>> {
        let rows = self.store.read(|conn| Box::pin(conn.all::<JobRow>(store::sql(sql::UNFINISHED)))).await?;
        rows.into_iter().map(Job::try_from).collect()
    }

    async fn job(&self, id: BulkId) -> Result<Job> {
        let job = self.store.read(move |conn| Box::pin(row::get(conn, id))).await?;
        job.ok_or_else(|| Error::not_found("Bulk action", id))
    }

    async fn find(&self, id: BulkId) -> Result<Bulk> {
        Ok(self.job(id).await?.bulk)
    }

    /// Updates the row in its own transaction and records the change.
    async fn change<F>(&self, actor: &Actor, id: BulkId, change: F) -> Result<Bulk>
    where
        F: FnOnce(&Actor, Job, Timestamp) -> Result<Job> + Send + 'static,
    {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = row::lock(tx, id).await?;
                    let after = change(tx.actor(), before.clone(), tx.now())?;
                    Ok(put(tx, before, after).await?.bulk)
                })
            })
            .await
    }
}

/// Writes the new state of a bulk action. Records a change only when the status changes; at the end of an action that changed leads, also
/// the one change that names the set.
async fn put(tx: &mut Tx, before: Job, after: Job) -> Result<Job> {
    let mut after = after.with_sentence();
    after.bulk.revision += 1;
    row::update(tx, &after).await?;
    let bulk = &after.bulk;
    if bulk.status == before.bulk.status {
        return Ok(after);
    }
    // An undo that failed half-way has reverted some leads.
    let of = if (before.bulk.status, bulk.status) == (BulkStatus::Undoing, BulkStatus::Failed) { &before.bulk } else { bulk };
    if bulk.status.is_over() && of.changed > 0 {
        let (what, count) = (of.what.clone(), of.changed);
        let set = match bulk.action.campaign() {
            Some(campaign_id) => Set::of_campaign(campaign_id, what, count),
            None => Set::of_bulk(bulk.id, what, count),
        };
        tx.record(Op::Bulk, None, Some(Record::Set(set)));
    }
    if bulk.status == BulkStatus::Undoing {
        jobs::run_for_actor(tx, &sql::LEASES, bulk.id.0).await?;
    }
    tx.updated(Record::Bulk(Box::new(before.bulk)), Record::Bulk(Box::new(bulk.clone())));
    Ok(after)
}

#[async_trait]
impl BulkService for Bulks {
    async fn start(&self, actor: &Actor, new: NewBulk) -> Result<Bulk> {
        let bulk = self.begin(actor, new).await?;
        self.go_on(actor, bulk).await
    }

    async fn run(&self, actor: &Actor, new: NewBulk) -> Result<Bulk> {
        let bulk = self.begin(actor, new).await?;
        let (id, small) = (bulk.id, bulk.total <= self.at_once);
        let (this, who) = (self.clone(), actor.clone());
        // A small action does not wait in the queue of the large ones. A task: it goes on when the caller disconnects.
        let done = self.jobs.spawn(async move {
            if small && this.attempt(&who, id.0, CancellationToken::new()).await.is_ok() {
                return Ok(());
            }
            this.work(&who, id.0).await
        });
        // A panic is already logged, and other errors are in the row, with the progress.
        if let Ok(Err(refused @ Error::Forbidden(_))) = done.await {
            return Err(refused);
        }
        let bulk = self.find(id).await?;
        match (bulk.status, bulk.error) {
            (BulkStatus::Failed, Some(why)) => Err(Error::Conflict(why)),
            (status, error) => Ok(Bulk { status, error, ..bulk }),
        }
    }

    async fn get(&self, actor: &Actor, id: BulkId) -> Result<Option<Snapshot<Bulk>>> {
        actor.require(Permission::Read)?;
        let Snapshot { as_of, pending, data } = self.store.snapshot(move |conn| Box::pin(row::get(conn, id))).await?;
        Ok(data.map(|job| Snapshot { as_of, pending, data: job.bulk }))
    }

    async fn under_way(&self, actor: &Actor) -> Result<Vec<Bulk>> {
        actor.require(Permission::Read)?;
        Ok(self.unfinished().await?.into_iter().filter(|job| job.who.is(&actor.who)).map(|job| job.bulk).collect())
    }

    async fn cancel(&self, actor: &Actor, id: BulkId) -> Result<Bulk> {
        actor.require(Permission::WriteLeads)?;
        // Each batch checks the status in its own transaction, so the job writes nothing after this.
        self.change(actor, id, |actor, job, now| {
            job.bulk.require(actor)?;
            match job.bulk.status {
                BulkStatus::Running => Ok(job.ended(BulkStatus::Cancelled, now)),
                other => Err(Error::Conflict(format!("Only a running bulk action can be stopped; this one is {other}"))),
            }
        })
        .await
    }

    async fn undo(&self, actor: &Actor, id: BulkId) -> Result<Bulk> {
        actor.require(Permission::WriteLeads)?;
        let bulk = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = row::lock(tx, id).await?;
                    let after = undo::begin(tx, before.clone()).await?;
                    Ok(put(tx, before, after).await?.bulk)
                })
            })
            .await?;
        self.go_on(actor, bulk).await
    }
}

impl Job {
    fn ended(mut self, status: BulkStatus, now: Timestamp) -> Self {
        self.bulk.status = status;
        self.bulk.finished_at = Some(now);
        self
    }
}

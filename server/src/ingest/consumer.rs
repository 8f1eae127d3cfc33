//! The consumers: one for each queue among all servers on a database. A server that is gone loses its queue when its lease has expired.

use super::{
    Ingest,
    apply::Batch,
    row::InboxRow,
    sql::{self, LEASES},
};
use crate::{background::Background, jobs::Jobs, store};
use async_trait::async_trait;
use domain::{
    Error, Result, Snapshot, Timestamp,
    ingest::{BatchId, IngestState, Queue},
    live::Progress,
    time::{SECOND, with_dates_in},
};
use std::{collections::HashMap, time::Duration};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Time between two looks at the inbox, for what came by other servers. What came by this one is applied at once.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// Time after which an unchanged state is told again: a window that opens meanwhile may have read an older one.
const REPEAT: i64 = 5 * SECOND;
/// Items of a sender that are applied in one transaction, exceeded by at most one batch, and most batches.
const ITEMS: i64 = 2_000;
const ROWS: i64 = 2_000;
/// Items from which a transaction shares its commit with no other write.
const MANY: usize = 64;
/// Tries of a batch that meets another write of the same lead or order on Postgres.
const TRIES: usize = 8;

/// The queues as jobs, by the ids of their rows.
const QUEUES: [(Uuid, Queue); 2] = [
    (Uuid::from_u128(0x0198_c5a2_7b1e_7c44_9f0a_3d2f_5b6a_7c01), Queue::Customers),
    (Uuid::from_u128(0x0198_c5a2_7b1e_7c44_9f0a_3d2f_5b6a_7c02), Queue::Orders),
];

pub(super) fn jobs(store: store::Store) -> Jobs {
    Jobs::new(store, &LEASES, QUEUES.len())
}

/// Which batches of a queue are applied: those up to this one, and those that came before this time.
#[derive(Clone, Copy)]
pub(super) struct Due {
    pub(super) up_to: BatchId,
    pub(super) before: Timestamp,
}

impl Due {
    pub(super) const ALL: Self = Self { up_to: BatchId(Uuid::max()), before: Timestamp(i64::MAX) };
}

#[async_trait]
impl Background for Ingest {
    async fn resume(&self) -> Result<()> {
        if let Some(broker) = self.broker.clone() {
            let stop = self.jobs.stopping();
            drop(self.jobs.spawn(async move { broker.run(stop).await }));
        }
        let this = self.clone();
        drop(self.jobs.spawn(async move { this.watch().await }));
        Ok(())
    }

    async fn shutdown(&self) {
        self.jobs.shutdown().await;
    }
}

impl Ingest {
    /// Consumes every queue that no other server consumes, and tells how far they are, until shutdown.
    async fn watch(self) {
        let (mut told, mut told_at) = (IngestState::default(), Timestamp(0));
        let mut woken = self.wake.subscribe();
        while !self.jobs.is_stopped() {
            // An error was logged; the next look tries again.
            let free = if self.consumes { self.jobs.free().await.unwrap_or_default() } else { Vec::new() };
            for id in free {
                let Some((_, queue)) = QUEUES.into_iter().find(|(one, _)| *one == id) else { continue };
                let this = self.clone();
                drop(self.jobs.spawn(async move {
                    match this.jobs.work(id, |stop| Box::pin(this.consume(id, queue, stop))).await {
                        // Something may have come since it was empty.
                        Ok(()) => this.wake.send_modify(|()| {}),
                        Err(error) => tracing::error!(%error, %queue, "a queue waits before it goes on"),
                    }
                }));
            }
            let now = self.store.clock.now();
            if let Ok(Snapshot { data: state, .. }) = self.read_state().await
                && (state != told || now.0 - told_at.0 >= REPEAT)
            {
                self.hub.progress(Progress::Ingest(state.clone()));
                (told, told_at) = (state, now);
            }
            tokio::select! {
                _ = woken.changed() => {}
                () = self.store.clock.sleep(LOOK) => {}
                () = self.broker_changed() => {}
                () = self.jobs.stopped() => {}
            }
        }
    }

    async fn broker_changed(&self) {
        match &self.broker {
            Some(broker) => broker.changed().await,
            None => std::future::pending().await,
        }
    }

    async fn consume(&self, id: Uuid, queue: Queue, stop: CancellationToken) -> Result<()> {
        let done = match &self.broker {
            Some(broker) => self.receive(broker, id, queue, &stop).await,
            None => self.empty(id, queue, Due::ALL, &stop).await.map(drop),
        };
        match done {
            // It may have gone well for weeks, and a deadlock is over at once: the next try comes soon, unlike those of a job.
            Err(error @ (Error::Unavailable(_) | Error::Conflict(_) | Error::DiskFull)) => {
                tracing::warn!(%error, %queue, "a queue waits before it goes on");
                self.pause(&stop).await;
                Ok(())
            }
            done => done,
        }
    }

    pub(super) async fn pause(&self, stop: &CancellationToken) {
        tokio::select! {
            () = self.store.clock.sleep(LOOK) => {}
            () = stop.cancelled() => {}
        }
    }

    /// Applies these batches of the queue: those of a sender in the order in which they came, and the senders by turns.
    /// `false` when it was stopped, or another server has the queue.
    pub(super) async fn empty(&self, id: Uuid, queue: Queue, due: Due, stop: &CancellationToken) -> Result<bool> {
        // How many batches of a sender are still to be applied alone, to find the item that makes a batch impossible.
        let mut alone: HashMap<Uuid, usize> = HashMap::new();
        while !stop.is_cancelled() {
            let Some((sender, rows)) = self.next(queue, due, alone.clone()).await? else { return Ok(true) };
            let batch = with_dates_in(&self.store.current.zone(), || Batch::of(queue, rows))?;
            let Some(batch) = batch else { return Ok(true) };
            match self.apply(id, batch.clone()).await {
                Ok(true) => one_less(&mut alone, sender),
                Ok(false) => break,
                Err(error @ (Error::Unavailable(_) | Error::DiskFull)) => return Err(error),
                Err(error) if batch.len() == 1 => {
                    tracing::warn!(%error, %queue, "an item is parked");
                    self.write(&batch, {
                        let lease = self.jobs.holding(id);
                        let batch = batch.clone();
                        move |tx| Box::pin(batch.park_all(tx, lease, error.to_string()))
                    })
                    .await?;
                    one_less(&mut alone, sender);
                }
                Err(_) => {
                    let lease = self.jobs.holding(id);
                    let parts = batch.clone();
                    self.write(&batch, move |tx| Box::pin(parts.take_apart(tx, lease))).await?;
                    alone.insert(sender, batch.len());
                }
            }
        }
        Ok(false)
    }

    /// Of the sender whose turn it is, the oldest of these batches, as many as are applied at once; `None` without any.
    async fn next(&self, queue: Queue, due: Due, alone: HashMap<Uuid, usize>) -> Result<Option<(Uuid, Vec<InboxRow>)>> {
        let turn = store::sql(sql::TURN).bind(queue.as_str()).bind(due.up_to).bind(due.before);
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let Some((sender,)) = conn.optional::<(Uuid,)>(turn).await? else { return Ok(None) };
                    let most = if alone.contains_key(&sender) { 1 } else { ROWS };
                    let query = store::sql(sql::NEXT).bind(queue.as_str()).bind(most).bind(due.up_to).bind(due.before).bind(sender);
                    let mut items = 0;
                    let rows = conn
                        .until::<InboxRow>(query, |row| {
                            items += row.count;
                            items >= ITEMS
                        })
                        .await?;
                    Ok(Some((sender, rows)))
                })
            })
            .await
    }

    /// `false` when another server has the queue.
    async fn apply(&self, id: Uuid, batch: Batch) -> Result<bool> {
        let mut done = Err(Error::Internal);
        for _ in 0..TRIES {
            let lease = self.jobs.holding(id);
            let one = batch.clone();
            done = self.write(&batch, move |tx| Box::pin(one.apply(tx, id, lease))).await;
            if !matches!(done, Err(Error::Conflict(_))) {
                break;
            }
        }
        done
    }

    async fn write<F>(&self, batch: &Batch, work: F) -> Result<bool>
    where
        F: for<'t> FnOnce(&'t mut store::Tx) -> store::Work<'t, bool> + Send + 'static,
    {
        let actor = batch.actor();
        if batch.len() < MANY { self.store.write(&actor, work).await } else { self.store.write_many(&actor, work).await }
    }
}

/// A batch of the sender was applied alone.
fn one_less(alone: &mut HashMap<Uuid, usize>, sender: Uuid) {
    if let Some(left) = alone.get_mut(&sender) {
        *left -= 1;
        if *left == 0 {
            alone.remove(&sender);
        }
    }
}

//! Ingestion: an inbox in the database. A batch is on disk when it is answered; consumers apply what waits there: of each
//! sender in the order in which it came, and the senders by turns. With a broker, messages tell the consumers what to apply.

mod apply;
mod broker;
mod consumer;
mod parked;
mod receive;
mod row;
mod sql;
mod tally;

pub use broker::{Broker, BrokerAddress, Decode};
pub use sql::{STATEMENTS, WRITES};

use crate::{
    jobs::Jobs,
    live::Hub,
    node::Node,
    store::{self, Requester, Store},
};
use async_trait::async_trait;
use domain::{
    Actor, Error, Permission, Result, Snapshot,
    ingest::{Accepted, BATCH_MAX, BatchId, IngestState, Items, ParkedCursor, ParkedPage, Queue, WhichParked},
    services::IngestService,
    text::grouped,
};
use row::{NewRow, StateRow, bind_inbox, list};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tally::Tally;
use tokio::sync::watch;

/// Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    store: Store,
    hub: Hub,
    jobs: Jobs,
    /// Something came that no message tells.
    wake: watch::Sender<()>,
    /// `None`: batches go through the database alone.
    broker: Option<Broker>,
    /// Whether this process consumes the queues.
    consumes: bool,
    /// Who puts all parked items back just now.
    retrying: Arc<Mutex<HashSet<Requester>>>,
}

impl Ingest {
    pub fn new(store: Store, hub: Hub) -> Self {
        let (jobs, wake) = (consumer::jobs(store.clone()), watch::Sender::new(()));
        Self { jobs, store, hub, wake, broker: None, consumes: true, retrying: Arc::default() }
    }

    /// Hands batches over by RabbitMQ. `decode` reads what other programs publish.
    #[must_use]
    pub fn with_broker(mut self, address: BrokerAddress, decode: Decode) -> Self {
        self.jobs.set_leases(&sql::BROKER_LEASES);
        self.broker = Some(Broker::new(address, decode, self.store.clock.clone()));
        self
    }

    /// Leaves the queues to other processes on the same database.
    #[must_use]
    pub fn without_consumers(mut self) -> Self {
        self.consumes = false;
        self
    }

    /// Identifies this process to others on the same database.
    #[must_use]
    pub fn with_node(mut self, node: Node) -> Self {
        self.jobs.set_node(node);
        self
    }

    /// The lease: a server loses its queues this long after its last heartbeat.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.jobs.set_lease(lease);
        self
    }

    /// Tells consumers of batches that were written. `false` when there is a broker that takes no messages now.
    fn hand_over(&self, batches: impl IntoIterator<Item = (Queue, BatchId)>) -> bool {
        match &self.broker {
            Some(broker) if broker.is_connected() => {
                batches.into_iter().for_each(|(queue, batch)| broker.publish(queue, batch));
                true
            }
            broker => {
                self.wake.send_modify(|()| {});
                broker.is_none()
            }
        }
    }

    async fn read_state(&self) -> Result<Snapshot<IngestState>> {
        let rows = self.store.snapshot(|conn| Box::pin(conn.all::<StateRow>(store::sql(sql::STATE)))).await?;
        let now = self.store.clock.now();
        let Snapshot { as_of, pending, data } = rows;
        let queues = data.into_iter().map(|row| row.at(now)).collect::<Result<_>>()?;
        Ok(Snapshot { as_of, pending, data: IngestState { queues, broker: self.broker.as_ref().map(Broker::state) } })
    }
}

#[async_trait]
impl IngestService for Ingest {
    async fn accept(&self, actor: &Actor, items: Items) -> Result<Accepted> {
        actor.require(Permission::WriteLeads)?;
        let queue = items.queue();
        if items.len() > BATCH_MAX {
            let most = grouped(BATCH_MAX as i64);
            return Err(Error::invalid(queue.as_str(), format!("Send at most {most} {queue} at once")));
        }
        let (items, errors) = items.check();
        let count = items.len();
        if count == 0 {
            return Ok(Accepted { batch: None, count, errors, without_broker: false });
        }
        let batch = BatchId(self.store.clock.id());
        let items = list(&items.named_by(batch))?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let (who, received_at) = (tx.actor().who.clone(), tx.now());
                    let row = NewRow { id: batch.0, part: 0, queue, items, count, who: &who, received_at };
                    tx.run_one(WRITES.inbox.one(&row, bind_inbox)?).await?;
                    Tally::of(queue, &who, count as i64, 0).write(tx).await?;
                    tally::must_fit(tx, queue).await
                })
            })
            .await?;
        let without_broker = !self.hand_over([(queue, batch)]);
        Ok(Accepted { batch: Some(batch), count, errors, without_broker })
    }

    async fn state(&self, actor: &Actor) -> Result<Snapshot<IngestState>> {
        actor.require(Permission::Read)?;
        self.read_state().await
    }

    async fn parked(&self, actor: &Actor, after: Option<ParkedCursor>, limit: u32) -> Result<ParkedPage> {
        actor.require(Permission::Read)?;
        self.parked_page(after, limit).await
    }

    async fn retry(&self, actor: &Actor, which: WhichParked) -> Result<i64> {
        actor.require(Permission::WriteLeads)?;
        self.take_parked(actor, which, true).await
    }

    async fn discard(&self, actor: &Actor, which: WhichParked) -> Result<i64> {
        actor.require(Permission::WriteLeads)?;
        self.take_parked(actor, which, false).await
    }
}

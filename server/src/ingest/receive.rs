//! Consuming a queue of the broker.

use super::{
    Ingest,
    broker::{ANSWER, Broker, Deliveries, Sorted},
    consumer::{Due, LOOK},
    row::{NewParked, NewRow, bind_inbox, bind_parked, list},
    sql::WRITES,
    tally::{self, Tally},
};
use domain::{
    Actor, ActorRef, ApiKeyId, Result, Timestamp,
    ingest::{BatchId, Items, Queue},
    time::with_dates_in,
};
use lapin::{message::Delivery, options::BasicAckOptions};
use serde_json::value::RawValue;
use std::{mem, time::Duration};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A batch that waits in the inbox for this long is applied without its message: it was never sent, or is lost, or comes later.
const OVERDUE: Duration = Duration::from_secs(5);

/// Before every batch.
const NONE: BatchId = BatchId(Uuid::nil());

/// The programs that publish to the broker, as one sender: whom it let in, it does not say.
const PUBLISHER: Uuid = Uuid::from_u128(0x0198_c5a2_7b1e_7c44_9f0a_3d2f_5b6a_7c03);

fn publisher() -> Actor {
    Actor { who: ActorRef::Key { id: ApiKeyId(PUBLISHER), name: "RabbitMQ".to_owned() }, ..Actor::system() }
}

/// How receiving goes on.
enum Received {
    All,
    /// The connection is lost: what was not acknowledged is delivered again.
    Disconnected,
    /// It was stopped, or another server has the queue.
    NoLonger,
}

impl Ingest {
    /// Applies what the broker delivers, and what has waited in the inbox for too long; all of the inbox while the broker is away.
    pub(super) async fn receive(&self, broker: &Broker, id: Uuid, queue: Queue, stop: &CancellationToken) -> Result<()> {
        let mut woken = self.wake.subscribe();
        let mut deliveries = None;
        // What came before this, or while the broker was away, has no message.
        let mut all = true;
        while !stop.is_cancelled() {
            if deliveries.is_none() {
                deliveries = broker.deliveries(queue).await;
            }
            let overdue = Timestamp(self.store.clock.now().0 - OVERDUE.as_micros() as i64);
            all |= deliveries.is_none() || !broker.is_connected();
            let due = if mem::take(&mut all) { Due::ALL } else { Due { up_to: NONE, before: overdue } };
            if !self.empty(id, queue, due, stop).await? {
                break;
            }
            let messages = tokio::select! {
                messages = next(deliveries.as_mut()) => messages,
                _ = woken.changed() => {
                    all = true;
                    continue;
                }
                () = broker.changed() => continue,
                () = self.store.clock.sleep(LOOK) => continue,
                () = stop.cancelled() => break,
            };
            let (Some(messages), Some(from)) = (messages, &deliveries) else {
                deliveries = None;
                continue;
            };
            match self.take(broker, from, id, queue, messages, stop).await? {
                Received::All => {}
                Received::Disconnected => {
                    deliveries = None;
                    // The connection may be well and the channel not: never at full speed.
                    self.pause(stop).await;
                }
                Received::NoLonger => break,
            }
        }
        Ok(())
    }

    /// Applies these messages and acknowledges each when it is done with.
    async fn take(
        &self,
        broker: &Broker,
        from: &Deliveries,
        id: Uuid,
        queue: Queue,
        messages: Vec<Delivery>,
        stop: &CancellationToken,
    ) -> Result<Received> {
        let Sorted { batches, items, items_at, unread } = with_dates_in(&self.store.current.zone(), || broker.sort(queue, &messages));
        for (at, reason, _) in &unread {
            if !broker.dead_letter(&from.channel, queue, &messages[*at], reason).await {
                return Ok(Received::Disconnected);
            }
        }
        let mut up_to = batches.iter().map(|(_, batch)| *batch).max();
        if !items_at.is_empty() || !unread.is_empty() {
            let parked = unread.iter().map(|(_, reason, item)| (reason.clone(), item.clone())).collect();
            up_to = up_to.max(self.keep(queue, items, parked).await?);
            let kept = items_at.into_iter().chain(unread.into_iter().map(|(at, ..)| at));
            if !acknowledge(&messages, kept).await {
                return Ok(Received::Disconnected);
            }
        }
        // Also what came before them, so that all is applied in the order in which it came.
        if let Some(up_to) = up_to
            && !self.empty(id, queue, Due { up_to, before: Timestamp(i64::MIN) }, stop).await?
        {
            return Ok(Received::NoLonger);
        }
        let done = acknowledge(&messages, batches.into_iter().map(|(at, _)| at)).await;
        Ok(if done { Received::All } else { Received::Disconnected })
    }

    /// Writes items that other programs published into the inbox, as one batch, and parks what could not be read, unless very many are
    /// parked: the queue of dead letters has them.
    async fn keep(&self, queue: Queue, items: Option<Items>, parked: Vec<(String, Box<RawValue>)>) -> Result<Option<BatchId>> {
        let batch = BatchId(self.store.clock.id());
        let count = items.as_ref().map_or(0, Items::len);
        let items = items.map(|items| list(&items.named_by(batch))).transpose()?;
        let kept = items.is_some().then_some(batch);
        self.store
            .write(&publisher(), move |tx| {
                Box::pin(async move {
                    let (who, received_at) = (tx.actor().who.clone(), tx.now());
                    let waiting = if items.is_some() { count as i64 } else { 0 };
                    if let Some(items) = items {
                        let row = NewRow { id: batch.0, part: 0, queue, items, count, who: &who, received_at };
                        tx.run_one(WRITES.inbox.one(&row, bind_inbox)?).await?;
                    }
                    let kept = if tally::is_full(tx, queue).await? { &[] } else { parked.as_slice() };
                    let mut rows = Vec::with_capacity(kept.len());
                    for (reason, item) in kept {
                        rows.push(NewParked { id: tx.new_id(), queue, item, reason, who: &who, received_at });
                    }
                    tx.run_all(WRITES.parked.queries(&rows, |query, row| bind_parked(query, row, received_at))?).await?;
                    Tally::of(queue, &who, waiting, rows.len() as i64).write(tx).await
                })
            })
            .await?;
        Ok(kept)
    }
}

/// Waits for ever while there is no connection.
async fn next(deliveries: Option<&mut Deliveries>) -> Option<Vec<Delivery>> {
    match deliveries {
        Some(deliveries) => deliveries.next().await,
        None => std::future::pending().await,
    }
}

/// `false` when the connection is lost.
async fn acknowledge(messages: &[Delivery], places: impl Iterator<Item = usize>) -> bool {
    for at in places {
        // A connection that is blocked sends nothing.
        if !matches!(timeout(ANSWER, messages[at].ack(BasicAckOptions::default())).await, Ok(Ok(true))) {
            return false;
        }
    }
    true
}

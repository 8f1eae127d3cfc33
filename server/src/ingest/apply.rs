//! Applies batches of the inbox. The transaction that applies a batch deletes it, so each is applied exactly once, whatever happens.

use super::{
    row::{InboxRow, NewParked, NewRow, PAUSE, bind_inbox, bind_parked},
    sql::{self, WRITES},
    tally::Tally,
};
use crate::{
    leads, orders,
    store::{self, Query, Requester, Tx, Value},
};
use domain::{
    Actor, ActorRef, Error, Result, Timestamp,
    ingest::{Items, Queue},
    leads::NewCustomer,
    orders::{NewOrder, Outcome},
};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use uuid::Uuid;

/// Batches of one sender, which are applied together.
#[derive(Clone)]
pub(super) struct Batch {
    queue: Queue,
    rows: Vec<InboxRow>,
    /// All items as they are stored, each with the time at which it came.
    raw: Vec<(Box<RawValue>, Timestamp)>,
    /// Those of them that can be read, and their places.
    items: Items,
    places: Vec<usize>,
    /// The places of the others, and why.
    unread: Vec<(usize, String)>,
}

impl Batch {
    /// The first of these batches, and those after it of the same sender. `None` for an empty inbox.
    ///
    /// # Errors
    /// `Internal` when a row is no list.
    pub(super) fn of(queue: Queue, mut rows: Vec<InboxRow>) -> Result<Option<Self>> {
        let Some(who) = rows.first().map(|row| row.who.0.clone()) else { return Ok(None) };
        let same = rows.iter().take_while(|row| row.who.0 == who).count();
        rows.truncate(same);
        let mut raw = Vec::new();
        for row in &rows {
            let items: Vec<Box<RawValue>> = serde_json::from_str(row.items.0.get()).map_err(|error| {
                tracing::error!(%error, id = %row.id, "a batch of the inbox is no list");
                Error::Internal
            })?;
            raw.extend(items.into_iter().map(|item| (item, Timestamp(row.received_at))));
        }
        let (mut places, mut unread) = (Vec::with_capacity(raw.len()), Vec::new());
        let items = match queue {
            Queue::Customers => Items::Customers(read(&raw, NewCustomer::check, &mut places, &mut unread)),
            Queue::Orders => Items::Orders(read(&raw, NewOrder::check, &mut places, &mut unread)),
        };
        Ok(Some(Self { queue, rows, raw, items, places, unread }))
    }

    /// Who sent it. It was accepted when they had the right to it.
    pub(super) fn actor(&self) -> Actor {
        Actor { who: self.who().clone(), ..Actor::system() }
    }

    fn who(&self) -> &ActorRef {
        &self.rows[0].who.0
    }

    pub(super) fn len(&self) -> usize {
        self.raw.len()
    }

    /// Deletes the batches from the inbox. `false` when another server has the queue.
    ///
    /// # Errors
    /// `Conflict` when some are not there any more: another server had the queue since they were read. Nothing is deleted then.
    async fn take(&self, tx: &mut Tx, lease: Query) -> Result<bool> {
        if tx.run(lease).await? != 1 {
            return Ok(false);
        }
        let ids: Vec<(Uuid, i64)> = self.rows.iter().map(|row| (row.id, row.part)).collect();
        if tx.run(store::sql(sql::DELETE).bind_all([Value::json(&ids)?])).await? == ids.len() as u64 {
            return Ok(true);
        }
        Err(Error::Conflict("Another server applied these batches".to_owned()))
    }

    /// Applies what can be applied and parks the rest. `lease` is from `Jobs::holding`. `false` when another server has the queue.
    ///
    /// # Errors
    /// What makes all of it impossible: nothing was written.
    pub(super) async fn apply(self, tx: &mut Tx, id: Uuid, lease: Query) -> Result<bool> {
        if !self.take(tx, lease).await? {
            return Ok(false);
        }
        let refused = match self.items.clone() {
            Items::Customers(customers) => leads::put_customers(tx, customers).await?.into_iter().map(Result::err).collect(),
            Items::Orders(orders) => orders::apply_many(tx, orders).await?.into_iter().map(refusal).collect::<Vec<_>>(),
        };
        let refused = self.places.iter().zip(refused).filter_map(|(at, error)| Some((*at, error?.to_string())));
        let refused: Vec<(usize, String)> = refused.chain(self.unread.iter().cloned()).collect();
        let (applied, now) = ((self.raw.len() - refused.len()) as i64, tx.now());
        tx.run_one(store::sql(sql::APPLIED).bind(id).bind(applied).bind(now).bind(now.0 - PAUSE)).await?;
        self.park(tx, refused).await?;
        Ok(true)
    }

    /// Parks all of it for this reason.
    pub(super) async fn park_all(self, tx: &mut Tx, lease: Query, reason: String) -> Result<bool> {
        if !self.take(tx, lease).await? {
            return Ok(false);
        }
        let all = (0..self.raw.len()).map(|at| (at, reason.clone())).collect();
        self.park(tx, all).await?;
        Ok(true)
    }

    /// Parks what was refused. None of the items waits any more, and it is the turn of the next sender.
    async fn park(&self, tx: &mut Tx, refused: Vec<(usize, String)>) -> Result<()> {
        let (queue, who, now) = (self.queue, self.who(), tx.now());
        let mut parked = Vec::with_capacity(refused.len());
        for (at, reason) in &refused {
            let (item, received_at) = &self.raw[*at];
            parked.push(NewParked { id: tx.new_id(), queue, item, reason, who, received_at: *received_at });
        }
        tx.run_all(WRITES.parked.queries(&parked, |query, row| bind_parked(query, row, now))?).await?;
        Tally::of(queue, who, -(self.raw.len() as i64), parked.len() as i64).write(tx).await?;
        tx.run_one(store::sql(sql::TOOK_TURN).bind(queue.as_str()).bind(Requester::from(who))).await
    }

    /// Takes batches of several items apart, so that each item is applied alone. They keep their place.
    pub(super) async fn take_apart(self, tx: &mut Tx, lease: Query) -> Result<bool> {
        if !self.take(tx, lease).await? {
            return Ok(false);
        }
        let mut raw = self.raw.iter();
        let mut parts = Vec::new();
        for row in &self.rows {
            for (at, (item, received_at)) in raw.by_ref().take(row.count as usize).enumerate() {
                let part = if row.count == 1 { row.part } else { at as i64 };
                let items = Value::json(&[item])?;
                parts.push(NewRow { id: row.id, part, queue: self.queue, items, count: 1, who: self.who(), received_at: *received_at });
            }
        }
        tx.run_all(WRITES.inbox.queries(&parts, bind_inbox)?).await?;
        Ok(true)
    }
}

/// Checks each item again: what a broker delivered is put back as it was sent, and an older version had other limits.
fn read<T: DeserializeOwned>(
    raw: &[(Box<RawValue>, Timestamp)],
    check: impl Fn(T) -> Result<T>,
    places: &mut Vec<usize>,
    unread: &mut Vec<(usize, String)>,
) -> Vec<T> {
    let mut items = Vec::with_capacity(raw.len());
    for (at, (item, _)) in raw.iter().enumerate() {
        let read = serde_json::from_str(item.get()).map_err(|error| format!("This version cannot read it: {error}"));
        match read.and_then(|item| check(item).map_err(|error| error.to_string())) {
            Ok(item) => {
                items.push(item);
                places.push(at);
            }
            Err(reason) => unread.push((at, reason)),
        }
    }
    items
}

fn refusal(outcome: Outcome) -> Option<Error> {
    match outcome {
        Outcome::Rejected(error) => Some(error),
        Outcome::Applied(_) | Outcome::Waiting(_) | Outcome::Known(_) => None,
    }
}

//! How many items of each sender wait in each queue and are parked, counted in the transactions that move them.

use super::sql::{self, WRITES};
use crate::store::{self, Requester, Tx};
use domain::{
    ActorRef, Error, Result,
    ingest::{QUEUE_MAX, Queue, SENDER_MAX},
    text::grouped,
};
use std::collections::BTreeMap;

/// By queue and sender, what is added to the items that wait and that are parked.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<(Queue, Requester), (i64, i64)>);

impl Tally {
    pub(super) fn of(queue: Queue, who: &ActorRef, waiting: i64, parked: i64) -> Self {
        let mut tally = Self::default();
        tally.add(queue, who, waiting, parked);
        tally
    }

    pub(super) fn add(&mut self, queue: Queue, who: &ActorRef, waiting: i64, parked: i64) {
        let (all_waiting, all_parked) = self.0.entry((queue, who.into())).or_default();
        *all_waiting += waiting;
        *all_parked += parked;
    }

    /// Locks the sender on Postgres: call it last in a transaction. Rows are written in one order, so that no two transactions deadlock.
    pub(super) async fn write(self, tx: &mut Tx) -> Result<()> {
        let rows: Vec<_> = self.0.into_iter().collect();
        let queries = WRITES.tally.queries(&rows, |query, ((queue, sender), (waiting, parked))| {
            Ok(query.bind(queue.as_str()).bind(*sender).bind(*waiting).bind(*parked))
        })?;
        tx.run_all(queries).await.map(drop)
    }
}

/// Whether the sender has as many items in the queue and parked as it may.
pub(super) async fn is_full(tx: &mut Tx, queue: Queue) -> Result<bool> {
    Ok(tallies(tx, queue).await?.0 >= SENDER_MAX)
}

/// The sender's items, and those of all.
async fn tallies(tx: &mut Tx, queue: Queue) -> Result<(i64, i64)> {
    let sender = Requester::from(&tx.actor().who);
    tx.one(store::sql(sql::TALLIES).bind(queue.as_str()).bind(sender)).await
}

/// Makes sure that there was room for the items that were just counted. Several senders at once may exceed the maximum of all by a batch
/// each on Postgres.
///
/// # Errors
/// `QuotaFull` when the sender has too many, `Unavailable` when all together have, with the reason and what to do.
pub(super) async fn must_fit(tx: &mut Tx, queue: Queue) -> Result<()> {
    let (own, all) = tallies(tx, queue).await?;
    let full = |whose: &str, most: i64| {
        let most = grouped(most);
        format!(
            "{whose} may have {most} {queue} that wait or are parked, and this batch would exceed them; send it again when fewer wait, and \
             retry or discard what is parked"
        )
    };
    match (own > SENDER_MAX, all > QUEUE_MAX) {
        (true, _) => Err(Error::QuotaFull(full("You", SENDER_MAX))),
        (_, true) => Err(Error::Unavailable(full("All senders together", QUEUE_MAX))),
        _ => Ok(()),
    }
}

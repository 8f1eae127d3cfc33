//! Parked items: read, put back, deleted.

use super::{
    Ingest,
    row::{NewRow, ParkedRow, bind_inbox},
    sql::{self, WRITES},
    tally::Tally,
};
use crate::store::{self, Query, Requester, Tx, Value};
use domain::{
    Actor, Error, Result, Timestamp,
    ingest::{BatchId, PAGE_MAX, Parked, ParkedCursor, ParkedId, ParkedPage, Queue, WhichParked},
    time::SECOND,
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// Items that are put back or deleted in one transaction.
const AT_ONCE: i64 = 1_000;
/// After this time, in microseconds, no further ones are begun: a request is answered in time, whatever an older version parked.
const PATIENCE: i64 = 10 * SECOND;

/// Someone puts all parked items back, until this is dropped.
struct Retrying {
    all: Arc<Mutex<HashSet<Requester>>>,
    who: Requester,
}

impl Retrying {
    /// # Errors
    /// `Conflict` when the actor does it already: what is parked again meanwhile would be put back without end.
    fn begin(all: &Arc<Mutex<HashSet<Requester>>>, actor: &Actor) -> Result<Self> {
        let who = Requester::from(actor);
        if all.lock().unwrap_or_else(PoisonError::into_inner).insert(who) {
            return Ok(Self { all: all.clone(), who });
        }
        Err(Error::Conflict("You are putting parked items back already; wait until that is done".to_owned()))
    }
}

impl Drop for Retrying {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.who);
    }
}

impl Ingest {
    pub(super) async fn parked_page(&self, after: Option<ParkedCursor>, limit: u32) -> Result<ParkedPage> {
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(Error::invalid("limit", format!("Ask for 1 to {PAGE_MAX} items")));
        }
        let before = after.map_or(ParkedId(Uuid::max()), |cursor| cursor.id);
        let query = store::sql(sql::PARKED).bind(before).bind(i64::from(limit) + 1);
        let rows = self.store.read(move |conn| Box::pin(conn.all::<ParkedRow>(query))).await?;
        let more = rows.len() > limit as usize;
        let items = rows.into_iter().take(limit as usize).map(Parked::try_from).collect::<Result<Vec<_>>>()?;
        let next = items.last().filter(|_| more).map(|last| ParkedCursor { id: last.id, key: String::new() });
        Ok(ParkedPage { items, next })
    }

    /// Takes parked items out, and puts them back into their queues for a `retry`. Returns their number; of very many the oldest.
    pub(super) async fn take_parked(&self, actor: &Actor, which: WhichParked, retry: bool) -> Result<i64> {
        let is_all = matches!(which, WhichParked::All);
        let _retrying = (is_all && retry).then(|| Retrying::begin(&self.retrying, actor)).transpose()?;
        let (newest, until) = (self.store.clock.id(), self.store.clock.now().0 + PATIENCE);
        let mut taken = 0;
        loop {
            let query = match which {
                WhichParked::One(id) => store::sql(sql::TAKE_ONE).bind(id),
                WhichParked::All => store::sql(sql::TAKE_MANY).bind(newest).bind(AT_ONCE),
            };
            let batches = self.store.write(actor, move |tx| Box::pin(take(tx, query, retry))).await?;
            let now = batches.len() as i64;
            if retry && now > 0 {
                self.hand_over(batches);
            }
            taken += now;
            if matches!(which, WhichParked::One(_)) || now < AT_ONCE || self.store.clock.now().0 > until {
                break;
            }
        }
        if let (WhichParked::One(id), 0) = (which, taken) {
            return Err(Error::not_found("Parked item", id));
        }
        tracing::info!(who = actor.who.name(), taken, retry, "parked items were taken out");
        Ok(taken)
    }
}

/// Returns the items that were taken out; each is a batch of its own when it is put back.
async fn take(tx: &mut Tx, query: Query, retry: bool) -> Result<Vec<(Queue, BatchId)>> {
    let rows = tx.all::<ParkedRow>(query).await?;
    let now: Timestamp = tx.now();
    let (mut tally, mut back, mut taken) = (Tally::default(), Vec::new(), Vec::with_capacity(rows.len()));
    for row in &rows {
        let (queue, who): (Queue, _) = (row.queue.parse()?, &row.who.0);
        tally.add(queue, who, i64::from(retry), -1);
        taken.push((queue, BatchId(row.id)));
        if retry {
            let items = Value::json(&[&row.item.0])?;
            back.push(NewRow { id: row.id, part: 0, queue, items, count: 1, who, received_at: now });
        }
    }
    tx.run_all(WRITES.inbox.queries(&back, bind_inbox)?).await?;
    tally.write(tx).await?;
    Ok(taken)
}

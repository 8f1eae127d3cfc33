//! Rows of ingestion.

use crate::store::{Query, Requester, Value};
use domain::{
    ActorRef, Result, Timestamp,
    ingest::{Items, Parked, ParkedId, Queue, QueueState},
    text::clean_line,
    time::SECOND,
};
use serde_json::value::RawValue;
use sqlx::types::Json;
use uuid::Uuid;

crate::store::bind_ids!(domain::ingest::BatchId, domain::ingest::ParkedId);

/// A run ends after a pause this long.
pub(super) const PAUSE: i64 = 10 * SECOND;

/// A batch in the inbox.
#[derive(sqlx::FromRow, Clone)]
pub(super) struct InboxRow {
    pub(super) id: Uuid,
    pub(super) part: i64,
    pub(super) items: Json<Box<RawValue>>,
    pub(super) count: i64,
    pub(super) who: Json<ActorRef>,
    pub(super) received_at: i64,
}

/// What a batch in the inbox is made of.
pub(super) struct NewRow<'b> {
    pub(super) id: Uuid,
    pub(super) part: i64,
    pub(super) queue: Queue,
    /// A JSON list.
    pub(super) items: Value,
    pub(super) count: usize,
    pub(super) who: &'b ActorRef,
    pub(super) received_at: Timestamp,
}

/// The items of a batch as JSON.
pub(super) fn list(items: &Items) -> Result<Value> {
    match items {
        Items::Customers(items) => Value::json(items),
        Items::Orders(items) => Value::json(items),
    }
}

pub(super) fn bind_inbox(query: Query, row: &NewRow<'_>) -> Result<Query> {
    Ok(query
        .bind(row.id)
        .bind(row.part)
        .bind(row.queue.as_str())
        .bind_all([row.items.clone()])
        .bind(row.count as i64)
        .bind_all([Value::json(row.who)?])
        .bind(row.received_at)
        .bind(Requester::from(row.who)))
}

/// Most characters of a reason.
const REASON_MAX: usize = 500;

/// What a parked item is made of.
pub(super) struct NewParked<'i> {
    pub(super) id: Uuid,
    pub(super) queue: Queue,
    pub(super) item: &'i RawValue,
    pub(super) reason: &'i str,
    pub(super) who: &'i ActorRef,
    pub(super) received_at: Timestamp,
}

/// A reason as it is kept and told: it may quote anything that was sent.
pub(super) fn told(reason: &str) -> String {
    clean_line(reason).chars().take(REASON_MAX).collect()
}

pub(super) fn bind_parked(query: Query, row: &NewParked<'_>, now: Timestamp) -> Result<Query> {
    let query = query.bind(row.id).bind(row.queue.as_str()).bind_all([Value::Json(Some(row.item.to_owned()))]).bind(told(row.reason));
    Ok(query.bind_all([Value::json(row.who)?]).bind(row.received_at).bind(now))
}

#[derive(sqlx::FromRow)]
pub(super) struct ParkedRow {
    pub(super) id: Uuid,
    pub(super) queue: String,
    pub(super) item: Json<Box<RawValue>>,
    pub(super) reason: String,
    pub(super) who: Json<ActorRef>,
    pub(super) received_at: i64,
    pub(super) parked_at: i64,
}

impl TryFrom<ParkedRow> for Parked {
    type Error = domain::Error;

    fn try_from(row: ParkedRow) -> Result<Self> {
        Ok(Self {
            id: ParkedId(row.id),
            queue: row.queue.parse()?,
            reason: row.reason,
            item: row.item.0.get().to_owned(),
            who: row.who.0,
            received_at: Timestamp(row.received_at),
            parked_at: Timestamp(row.parked_at),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct StateRow {
    name: String,
    applied: i64,
    applied_at: i64,
    began_at: i64,
    began_applied: i64,
    waiting: i64,
    oldest: Option<i64>,
    parked: i64,
}

impl StateRow {
    pub(super) fn at(self, now: Timestamp) -> Result<QueueState> {
        let goes_on = now.0 - self.applied_at < PAUSE;
        let took = (self.applied_at - self.began_at).max(SECOND);
        let per_second = if goes_on { (self.applied - self.began_applied).saturating_mul(SECOND) / took } else { 0 };
        Ok(QueueState {
            queue: self.name.parse()?,
            waiting: self.waiting,
            oldest: self.oldest.map(Timestamp),
            applied: self.applied,
            per_second,
            parked: self.parked,
        })
    }
}

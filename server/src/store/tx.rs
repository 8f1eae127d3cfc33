//! A write transaction: its statements, and the changes that it appends to the log.

use super::{
    Work,
    conn::Conn,
    memory::Memory,
    sql::{Query, Row, Value, sql},
    texts,
};
use crate::clock::SharedClock;
use domain::{Actor, Change, ChangeId, Record, Result, Role, Timestamp, change::Op};
use std::{any::Any, sync::Arc};
use uuid::Uuid;

/// Work that a transaction does once, at its end: sums in rows that many transactions write, so that these are locked as briefly as
/// possible.
pub trait BeforeCommit: Any + Send {
    fn run(self: Box<Self>, conn: &mut Conn) -> Work<'_, ()>;
}

/// The only type that can write. `Store::write` creates it, commits it and sends its changes to the feed.
pub struct Tx {
    pub(super) conn: Conn,
    pub(super) clock: SharedClock,
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
    pub(super) memory: Arc<Memory>,
    pub(super) changes: Vec<Change>,
    ends: Vec<Box<dyn BeforeCommit>>,
}

impl Tx {
    pub(super) fn new(conn: Conn, clock: SharedClock, actor: Actor, memory: Arc<Memory>) -> Self {
        let now = clock.now();
        Self { conn, clock, actor, now, memory, changes: Vec::new(), ends: Vec::new() }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn new_id(&self) -> Uuid {
        self.clock.id()
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Sets the role with which the rest of the transaction acts.
    pub fn set_role(&mut self, role: Role) {
        self.actor.role = role;
    }

    /// The connection, for functions that read inside and outside of writes.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    pub async fn all<T: Row>(&mut self, query: Query) -> Result<Vec<T>> {
        self.conn.all(query).await
    }

    pub async fn optional<T: Row>(&mut self, query: Query) -> Result<Option<T>> {
        self.conn.optional(query).await
    }

    pub async fn one<T: Row>(&mut self, query: Query) -> Result<T> {
        self.conn.one(query).await
    }

    pub async fn run(&mut self, query: Query) -> Result<u64> {
        self.conn.run(query).await
    }

    /// Returns the total number of affected rows.
    pub async fn run_all(&mut self, queries: Vec<Query>) -> Result<u64> {
        let mut rows = 0;
        for query in queries {
            rows += self.run(query).await?;
        }
        Ok(rows)
    }

    pub async fn run_one(&mut self, query: Query) -> Result<()> {
        self.conn.run_one(query).await
    }

    /// Records a change for the log. It is written with the rest of the transaction or not at all. Returns its id.
    pub fn record(&mut self, op: Op, before: Option<Record>, after: Option<Record>) -> ChangeId {
        let id = ChangeId(self.clock.id());
        self.changes.push(Change {
            id,
            seq: None,
            at: self.now,
            who: self.actor.who.clone(),
            origin: self.actor.origin,
            on_behalf_of: self.actor.on_behalf_of.clone(),
            op,
            before,
            after,
        });
        id
    }

    pub fn created(&mut self, after: Record) -> ChangeId {
        self.record(Op::Create, None, Some(after))
    }

    pub fn updated(&mut self, before: Record, after: Record) -> ChangeId {
        self.record(Op::Update, Some(before), Some(after))
    }

    pub fn deleted(&mut self, before: Record) -> ChangeId {
        self.record(Op::Delete, Some(before), None)
    }

    /// The transaction's only value of this type, created at its first use. It runs once, at the end.
    pub fn before_commit<T: BeforeCommit + Default>(&mut self) -> &mut T {
        let known = self.ends.iter().position(|one| {
            let any: &dyn Any = &**one;
            any.is::<T>()
        });
        let at = known.unwrap_or_else(|| {
            self.ends.push(Box::<T>::default());
            self.ends.len() - 1
        });
        let any: &mut dyn Any = &mut *self.ends[at];
        any.downcast_mut().expect("it was found by its type, or is what was just added")
    }

    /// The last statements of the transaction: appends the recorded changes, then runs the `BeforeCommit` values.
    pub(super) async fn finish(&mut self, head: Option<i64>) -> Result<()> {
        self.append_changes(head).await?;
        for end in std::mem::take(&mut self.ends) {
            end.run(&mut self.conn).await?;
        }
        Ok(())
    }

    /// Appends the recorded changes: with `seq` from `head + 1` on SQLite, without on Postgres.
    async fn append_changes(&mut self, head: Option<i64>) -> Result<()> {
        for at in 0..self.changes.len() {
            let change = &mut self.changes[at];
            change.seq = head.map(|head| head + 1 + at as i64);
            let [before, after] = texts::pack(&mut self.conn, change.at, change.before.as_ref(), change.after.as_ref()).await?;
            let record = change.record();
            let query = sql(INSERT_CHANGE)
                .bind(change.seq)
                .bind(change.id)
                .bind(change.at)
                .bind(Value::json(&change.who)?)
                .bind(change.origin)
                .bind(change.on_behalf_of.clone())
                .bind(change.op.as_str())
                .bind(record.map_or("set", |record| record.entity().as_str()))
                .bind(record.map(Record::id))
                .bind(record.and_then(Record::lead_id))
                .bind(record.and_then(Record::campaign_id))
                .bind_all([before, after]);
            self.conn.run_one(query).await?;
        }
        Ok(())
    }
}

pub(super) const INSERT_CHANGE: &str = "
INSERT INTO change (seq, id, at, who, origin, on_behalf_of, op, entity, entity_id, lead_id, campaign_id, before, after)
VALUES             ($1,  $2, $3, $4,  $5,     $6,           $7, $8,     $9,        $10,     $11,         $12,    $13)";

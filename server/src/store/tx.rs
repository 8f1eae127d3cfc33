//! A write in progress: statements, and the changes that will stand in the log beside them.

use super::{
    conn::Conn,
    sql::{Query, Row, Value, sql},
    tally::{Counted, Tally},
    texts,
};
use crate::clock::SharedClock;
use domain::{Actor, Change, ChangeId, Record, Result, Timestamp, change::Op};
use uuid::Uuid;

/// The only thing that can write. `Store::write` makes it, commits it and tells the feed.
pub struct Tx {
    pub(super) conn: Conn,
    pub(super) clock: SharedClock,
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
    pub(super) changes: Vec<Change>,
    pub(super) tally: Tally,
}

impl Tx {
    pub(super) fn new(conn: Conn, clock: SharedClock, actor: Actor) -> Self {
        let now = clock.now();
        Self { conn, clock, actor, now, changes: Vec::new(), tally: Tally::default() }
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

    pub async fn run_one(&mut self, query: Query) -> Result<()> {
        self.conn.run_one(query).await
    }

    /// Notes one change for the log. It is written with the rest of the transaction or not at all. Answers its id.
    pub fn record(&mut self, op: Op, before: Option<Record>, after: Option<Record>) -> ChangeId {
        let lead = |record: &Option<Record>| record.as_ref().and_then(Record::as_lead).map(Counted::from);
        self.tally.moved(lead(&before), lead(&after));
        let id = ChangeId(self.clock.id());
        self.changes.push(Change {
            id,
            seq: None,
            at: self.now,
            who: self.actor.who.clone(),
            origin: self.actor.origin,
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

    /// Moves the counters of the dashboard by a lead that came (no `before`), changed, or went (no `after`), when no change of its own is
    /// recorded for it. `record` does it for single leads; **whoever writes leads in bulk, under one change for the set, must call this
    /// for each of them**: with what `RETURNING` or the rows before say. It costs no statement; the sums are written at the end.
    pub fn count_lead(&mut self, before: Option<Counted>, after: Option<Counted>) {
        self.tally.moved(before, after);
    }

    /// The last statements of the transaction: the noted changes, then the counters, whose rows are held shortest so.
    pub(super) async fn finish(&mut self, head: Option<i64>) -> Result<()> {
        self.append_changes(head).await?;
        self.tally.write(&mut self.conn).await
    }

    /// Appends the noted changes; with numbers from `head + 1` on SQLite, without on Postgres.
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
INSERT INTO change (seq, id, at, who, origin, op, entity, entity_id, lead_id, campaign_id, before, after)
VALUES             ($1,  $2, $3, $4,  $5,     $6, $7,     $8,        $9,      $10,         $11,    $12)";

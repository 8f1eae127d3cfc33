//! Counters of leads, updated in the transaction that writes the leads. A transaction sums up its differences and writes them once, at its
//! end: a rolled-back transaction changes no counter, and one that changes nothing counted writes nothing.

use super::commit::Written;
use crate::{
    store::{BeforeCommit, Conn, Sql, Tx, Value, Work, sql},
    tags,
};
use domain::{
    Timestamp,
    leads::{Connection, Lead, Stage, Status},
    text::folded,
    time::MINUTE,
};
use std::collections::BTreeMap;

/// New leads are counted by the quarter of an hour, in microseconds. The days of every time zone are made of whole ones.
pub const QUARTER: i64 = 15 * MINUTE;

/// The counted fields of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    stage: Stage,
    status: Status,
    connection: Connection,
    /// Minor units.
    value: i64,
    created_at: Timestamp,
}

impl From<&Lead> for Counted {
    fn from(lead: &Lead) -> Self {
        Self {
            stage: lead.stage,
            status: lead.status,
            connection: lead.connection,
            value: lead.value.unwrap_or_default(),
            created_at: lead.created_at,
        }
    }
}

/// One counter. Transactions lock the rows in this order, to prevent deadlocks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Stage(i64),
    /// The quarter of an hour, since 1970.
    Created(i64),
    Status(&'static str),
    Connection(&'static str),
    /// The folded tag.
    Tag(String),
}

impl Key {
    fn columns(self) -> (String, i64) {
        match self {
            Self::Stage(rank) => ("stage".to_owned(), rank),
            Self::Created(quarter) => ("created".to_owned(), quarter),
            Self::Status(word) => (format!("status:{word}"), 0),
            Self::Connection(word) => (format!("connection:{word}"), 0),
            Self::Tag(fold) => (format!("tag:{fold}"), 0),
        }
    }
}

/// The differences of a transaction so far.
#[derive(Default)]
struct Tally {
    /// Number of leads, and their value.
    sums: BTreeMap<Key, (i64, i64)>,
    /// How the tags are written that leads got, by their folded names.
    names: BTreeMap<String, String>,
}

impl Tally {
    /// Counts a lead that was created (`before` is `None`), changed, or deleted (`after` is `None`).
    fn moved(&mut self, before: Option<Counted>, after: Option<Counted>) {
        if before == after {
            return;
        }
        for (lead, sign) in [(before, -1), (after, 1)] {
            let Some(lead) = lead else { continue };
            self.add(Key::Stage(lead.stage.rank()), sign, sign * lead.value);
            self.add(Key::Created(lead.created_at.0.div_euclid(QUARTER)), sign, 0);
            self.add(Key::Status(lead.status.as_str()), sign, 0);
            self.add(Key::Connection(lead.connection.as_str()), sign, 0);
        }
    }

    fn tagged(&mut self, before: &[String], after: &[String]) {
        if before == after {
            return;
        }
        for tag in before {
            self.add(Key::Tag(folded(tag).into_owned()), -1, 0);
        }
        for tag in after {
            let fold = folded(tag).into_owned();
            self.names.entry(fold.clone()).or_insert_with(|| tag.clone());
            self.add(Key::Tag(fold), 1, 0);
        }
    }

    fn add(&mut self, key: Key, leads: i64, value: i64) {
        let sums = self.sums.entry(key).or_default();
        sums.0 += leads;
        sums.1 += value;
    }
}

impl BeforeCommit for Tally {
    /// Writes the differences in one statement.
    fn run(self: Box<Self>, conn: &mut Conn) -> Work<'_, ()> {
        Box::pin(async move {
            let moves: Vec<(String, i64, i64, i64)> = self
                .sums
                .into_iter()
                .filter(|(_, sums)| *sums != (0, 0))
                .map(|(key, (leads, value))| {
                    let (kind, key) = key.columns();
                    (kind, key, leads, value)
                })
                .collect();
            if moves.is_empty() {
                return Ok(());
            }
            conn.run(sql(MOVE).bind_all([Value::json(&moves)?])).await?;
            if self.names.is_empty() {
                return Ok(());
            }
            let names: Vec<(String, String)> = self.names.into_iter().collect();
            conn.run(sql(tags::NAME).bind_all([Value::json(&names)?])).await.map(drop)
        })
    }
}

/// Counts the written leads. Runs no statement until the transaction ends.
pub(super) fn count(tx: &mut Tx, written: &[Written]) {
    let tally = tx.before_commit::<Tally>();
    for one in written {
        tally.moved(one.before().map(Counted::from), one.after().map(Counted::from));
        tally.tagged(one.before().map_or(&[], |lead| &lead.tags), one.after().map_or(&[], |lead| &lead.tags));
    }
}

/// On Postgres, concurrent writers mostly use different slots of a counter (16), so that they do not wait for each other; SQLite has one
/// writer.
pub(super) const MOVE: Sql = Sql {
    sqlite: "
INSERT INTO tally (kind, key, slot, leads, value)
SELECT      one.value ->> 0, one.value ->> 1, 0, one.value ->> 2, one.value ->> 3
FROM        json_each($1) AS one
WHERE       TRUE
ON CONFLICT (kind, key, slot) DO UPDATE SET leads = tally.leads + excluded.leads, value = tally.value + excluded.value",
    postgres: "
INSERT INTO tally (kind, key, slot, leads, value)
SELECT      one ->> 0, CAST(one ->> 1 AS BIGINT), pg_backend_pid() % 16, CAST(one ->> 2 AS BIGINT), CAST(one ->> 3 AS BIGINT)
FROM        jsonb_array_elements($1) AS one
ON CONFLICT (kind, key, slot) DO UPDATE SET leads = tally.leads + excluded.leads, value = tally.value + excluded.value",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_counts_only_where_something_moved() {
        let lead = Counted {
            stage: Stage::NewLead,
            status: Status::Pending,
            connection: Connection::NotConnected,
            value: 500,
            created_at: Timestamp(QUARTER),
        };
        let mut tally = Tally::default();
        tally.moved(Some(lead), Some(lead));
        assert!(tally.sums.is_empty());
        tally.moved(Some(lead), Some(Counted { stage: Stage::Negotiation, ..lead }));
        let left: Vec<_> = tally.sums.iter().filter(|(_, sums)| **sums != (0, 0)).map(|(key, sums)| (key.clone(), *sums)).collect();
        assert_eq!(left, [(Key::Stage(0), (-1, -500)), (Key::Stage(4), (1, 500))]);
    }
}

//! Every statement about ingestion.

use crate::{
    jobs::{Leases, leases},
    store::{Bulk, Query, Sql},
};
use std::sync::LazyLock;

/// The statements that write rows.
pub struct Writes {
    pub(super) inbox: Bulk,
    pub(super) parked: Bulk,
    pub(super) tally: Bulk,
}

pub static WRITES: LazyLock<Writes> = LazyLock::new(|| Writes {
    inbox: Bulk::new("inbox", "id, part, queue, items, count, who, received_at, sender", ""),
    parked: Bulk::new("parked", "id, queue, item, reason, who, received_at, parked_at", ""),
    tally: Bulk::new(
        "ingest_sender",
        "queue, sender, waiting, parked",
        "ON CONFLICT (queue, sender) DO UPDATE SET waiting = ingest_sender.waiting + excluded.waiting, parked = ingest_sender.parked + \
         excluded.parked",
    ),
});

impl Writes {
    /// For the test that prepares every statement.
    pub fn samples(&self) -> Vec<Query> {
        [&self.inbox, &self.parked, &self.tally].map(Bulk::samples).concat()
    }
}

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[
    Sql::same(TURN),
    Sql::same(NEXT),
    Sql::same(TOOK_TURN),
    DELETE,
    Sql::same(APPLIED),
    Sql::same(STATE),
    Sql::same(TALLIES),
    Sql::same(PARKED),
    Sql::same(TAKE_ONE),
    Sql::same(TAKE_MANY),
    LEASES.statements()[0],
    LEASES.statements()[1],
    LEASES.statements()[2],
    LEASES.statements()[3],
    LEASES.statements()[4],
    BROKER_LEASES.statements()[2],
];

/// A queue is a job while something waits in it.
pub(super) const LEASES: Leases = Leases {
    free: "
SELECT   id
FROM     ingest_queue
WHERE    EXISTS (SELECT 1 FROM inbox WHERE inbox.queue = ingest_queue.name)
AND      (lease_by = $1 OR lease_until < $2 OR lease_until > $3)
ORDER BY id",
    ..leases!("ingest_queue")
};

/// With a broker, always: other programs publish to it.
pub(super) const BROKER_LEASES: Leases = leases!("ingest_queue");

/// Whose turn it is in a queue: of the senders with batches up to `$2` or from before `$3`, the one who waited longest.
pub(super) const TURN: &str = "
SELECT   sender
FROM     ingest_sender AS one
WHERE    one.queue = $1
AND      (SELECT   inbox.id
          FROM     inbox
          WHERE    inbox.queue = $1 AND inbox.sender = one.sender AND (inbox.id <= $2 OR inbox.received_at < $3)
          ORDER BY inbox.id, inbox.part
          LIMIT    1) IS NOT NULL
ORDER BY turn, sender
LIMIT    1";

/// The sender `$2` had their turn.
pub(super) const TOOK_TURN: &str = "
UPDATE ingest_sender
SET    turn = 1 + (SELECT MAX(one.turn) FROM ingest_sender AS one WHERE one.queue = $1)
WHERE  queue = $1 AND sender = $2";

/// The oldest batches of the sender `$5` in a queue, as many as `$2`, among those up to `$3` and those that came before `$4`.
pub(super) const NEXT: &str = "
SELECT   id, part, items, count, who, received_at
FROM     inbox
WHERE    queue = $1 AND sender = $5 AND (id <= $3 OR received_at < $4)
ORDER BY id, part
LIMIT    $2";

/// `$1` is a JSON list of lists: the id and part of a batch.
pub(super) const DELETE: Sql = Sql {
    sqlite: "
DELETE FROM inbox
WHERE  (id, part) IN (SELECT unhex(replace(one.value ->> 0, '-', '')), one.value ->> 1 FROM json_each($1) AS one)",
    postgres: "
DELETE FROM inbox
WHERE  (id, part) IN (SELECT CAST(one ->> 0 AS UUID), CAST(one ->> 1 AS BIGINT) FROM jsonb_array_elements($1) AS one)",
};

/// `$2` items more were applied at `$3`. A pause since `$4` or earlier began a new run.
pub(super) const APPLIED: &str = "
UPDATE ingest_queue
SET    applied = applied + $2, applied_at = $3,
       began_at = CASE WHEN applied_at <= $4 THEN $3 ELSE began_at END,
       began_applied = CASE WHEN applied_at <= $4 THEN applied ELSE began_applied END
WHERE  id = $1";

pub(super) const STATE: &str = "
SELECT   name, applied, applied_at, began_at, began_applied,
         (SELECT CAST(COALESCE(SUM(waiting), 0) AS BIGINT) FROM ingest_sender WHERE queue = ingest_queue.name) AS waiting,
         (SELECT received_at FROM inbox WHERE inbox.queue = ingest_queue.name ORDER BY id, part LIMIT 1) AS oldest,
         (SELECT CAST(COALESCE(SUM(parked), 0) AS BIGINT) FROM ingest_sender WHERE queue = ingest_queue.name) AS parked
FROM     ingest_queue
ORDER BY name";

/// The items in the queue `$1` and parked: those of the sender `$2`, and all.
pub(super) const TALLIES: &str = "
SELECT CAST(COALESCE(SUM(waiting + parked) FILTER (WHERE sender = $2), 0) AS BIGINT), CAST(COALESCE(SUM(waiting + parked), 0) AS BIGINT)
FROM   ingest_sender
WHERE  queue = $1";

/// Parked items before an id, newest first, as many as `$2`.
pub(super) const PARKED: &str = "
SELECT   id, queue, item, reason, who, received_at, parked_at
FROM     parked
WHERE    id < $1
ORDER BY id DESC
LIMIT    $2";

/// Takes out parked items.
macro_rules! take {
    ($which:literal) => {
        concat!("DELETE FROM parked WHERE ", $which, " RETURNING id, queue, item, reason, who, received_at, parked_at")
    };
}
pub(super) const TAKE_ONE: &str = take!("id = $1");
/// The oldest up to an id, as many as `$2`.
pub(super) const TAKE_MANY: &str = take!("id IN (SELECT id FROM parked WHERE id <= $1 ORDER BY id LIMIT $2)");

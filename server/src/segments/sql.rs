//! Every statement about segments.

use crate::store::{Sql, log::Prune};

/// The columns of a `Segment`, in the order of `bind_segment`.
macro_rules! segment_columns {
    () => {
        "id, revision, name, description, rule, created_by, created_at, updated_at"
    };
}

/// A segment's size; NULL until it is counted.
macro_rules! size {
    () => {
        "CASE WHEN counted THEN (SELECT CAST(COALESCE(SUM(entered - departed), 0) AS BIGINT) FROM segment_tally WHERE segment_id = segment.id) END"
    };
}

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[
    LOCK,
    LOCK_ALL,
    LOCK_LEADS,
    MOVE,
    ENTRIES,
    COUNT_ASKED,
    Sql::same(ALL),
    Sql::same(GET),
    Sql::same(RULES),
    Sql::same(ZONE),
    Sql::same(CREATORS),
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(DELETE),
    Sql::same(BY_NAME),
    Sql::same(TO_REFOLD),
    Sql::same(DAYS),
    Sql::same(MOVES),
    Sql::same(NAMES),
    Sql::same(DUE),
    Sql::same(TO_COUNT),
    Sql::same(TALLIED),
    Sql::same(SET_COUNTED),
    Sql::same(SET_TALLY),
    Sql::same(SET_AS_OF),
];

/// Templates with `{rule}`, for the same test.
pub const TEMPLATES: &[Sql] = &[MATCHING];

pub(super) const ALL: &str = concat!("SELECT ", segment_columns!(), ", ", size!(), " AS size FROM segment ORDER BY name_fold");
pub(super) const GET: &str = concat!("SELECT ", segment_columns!(), ", ", size!(), " AS size FROM segment WHERE id = $1");

/// Locks the segment. SQLite has one writer and needs no lock.
pub(super) const LOCK: Sql = Sql {
    sqlite: concat!("SELECT ", segment_columns!(), ", NULL AS size FROM segment WHERE id = $1"),
    postgres: concat!("SELECT ", segment_columns!(), ", CAST(NULL AS BIGINT) AS size FROM segment WHERE id = $1 FOR UPDATE"),
};

/// Serialises the writes of segments: their number is limited, and their rules name each other. SQLite has one writer.
pub(super) const LOCK_ALL: Sql = Sql { sqlite: "SELECT 1", postgres: "SELECT 1 FROM pg_advisory_xact_lock(7812733440310603878)" };
pub(super) const CREATORS: &str = "SELECT created_by FROM segment";

/// Returns no row when a segment has this name.
pub(super) const INSERT: &str = concat!(
    "INSERT INTO segment (",
    segment_columns!(),
    ", name_fold, as_of, counted_as_of, counted, count_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, FALSE, 0) \
     ON CONFLICT (name_fold) DO NOTHING RETURNING id"
);
pub(super) const UPDATE: &str =
    concat!("UPDATE segment SET (", segment_columns!(), ", name_fold) = ($1, $2, $3, $4, $5, $6, $7, $8, $9) WHERE id = $1");
pub(super) const DELETE: &str = "DELETE FROM segment WHERE id = $1";
pub(super) const BY_NAME: &str = concat!("SELECT ", segment_columns!(), ", CAST(NULL AS BIGINT) AS size FROM segment WHERE name_fold = $1");
pub(super) const TO_REFOLD: &str =
    concat!("SELECT ", segment_columns!(), ", CAST(NULL AS BIGINT) AS size, name_fold FROM segment ORDER BY id");

pub(super) const NAMES: &str = "SELECT id, name FROM segment ORDER BY name_fold";

/// What the background work looks at.
pub(super) const DUE: &str = "SELECT id, rule, as_of, counted AND counted_as_of = as_of FROM segment ORDER BY id";

/// What each write evaluates.
pub(super) const RULES: &str = "SELECT id, rule, as_of FROM segment ORDER BY id";

/// The name of the time zone in which rules are evaluated.
pub(super) const ZONE: &str = "SELECT time_zone FROM workspace";

/// The leads of a list that match. Takes `{rule}`.
pub(super) const MATCHING: Sql = Sql {
    sqlite: "SELECT id FROM lead WHERE id IN (SELECT unhex(replace(value, '-', '')) FROM json_each($1)) AND {rule}",
    postgres: "SELECT id FROM lead WHERE id IN (SELECT CAST(one AS UUID) FROM jsonb_array_elements_text($1) AS one) AND {rule}",
};

/// Locks leads in the order of their ids. SQLite has one writer.
pub(super) const LOCK_LEADS: Sql = Sql {
    sqlite: "SELECT 1 WHERE $1 IS NULL",
    postgres: "SELECT id FROM lead WHERE id IN (SELECT CAST(one AS UUID) FROM jsonb_array_elements_text($1) AS one) ORDER BY id FOR UPDATE",
};

/// `$1`: a list of segment, entered, departed; `$2`: the day. On Postgres, concurrent writers mostly use different slots (16).
pub(super) const MOVE: Sql = Sql {
    sqlite: "
INSERT INTO segment_tally (segment_id, day, slot, entered, departed)
SELECT      unhex(replace(one.value ->> 0, '-', '')), $2, 0, one.value ->> 1, one.value ->> 2
FROM        json_each($1) AS one
WHERE       TRUE
ON CONFLICT (segment_id, day, slot)
DO UPDATE SET entered = segment_tally.entered + excluded.entered, departed = segment_tally.departed + excluded.departed",
    postgres: "
INSERT INTO segment_tally (segment_id, day, slot, entered, departed)
SELECT      CAST(one ->> 0 AS UUID), $2, pg_backend_pid() % 16, CAST(one ->> 1 AS BIGINT), CAST(one ->> 2 AS BIGINT)
FROM        jsonb_array_elements($1) AS one
ON CONFLICT (segment_id, day, slot)
DO UPDATE SET entered = segment_tally.entered + excluded.entered, departed = segment_tally.departed + excluded.departed",
};

/// `$1`: a list of segment, lead, entered; `$2`: the time.
pub(super) const ENTRIES: Sql = Sql {
    sqlite: "
INSERT INTO segment_move (segment_id, lead_id, entered, at)
SELECT      unhex(replace(one.value ->> 0, '-', '')), unhex(replace(one.value ->> 1, '-', '')), one.value ->> 2, $2
FROM        json_each($1) AS one",
    postgres: "
INSERT INTO segment_move (segment_id, lead_id, entered, at)
SELECT      CAST(one ->> 0 AS UUID), CAST(one ->> 1 AS UUID), CAST(one ->> 2 AS BOOLEAN), $2
FROM        jsonb_array_elements($1) AS one",
};

/// The sums of each day, newest first: the day, what entered and left, and by how much the size grew. `$2`: the most days.
pub(super) const DAYS: &str = "
SELECT   day, CAST(COALESCE(SUM(entered) FILTER (WHERE slot >= 0), 0) AS BIGINT), CAST(COALESCE(SUM(departed) FILTER (WHERE slot >= 0), 0) AS BIGINT),
         CAST(SUM(entered - departed) AS BIGINT)
FROM     segment_tally
WHERE    segment_id = $1
GROUP BY day
ORDER BY day DESC
LIMIT    $2";

/// The newest moves, with the leads' names.
pub(super) const MOVES: &str = "
SELECT    segment_move.lead_id, lead.name, segment_move.entered, segment_move.at
FROM      segment_move
LEFT JOIN lead ON lead.id = segment_move.lead_id
WHERE     segment_move.segment_id = $1
ORDER BY  segment_move.id DESC
LIMIT     $2";

/// Asks for a count of the given segments.
pub(super) const COUNT_ASKED: Sql = Sql {
    sqlite: "UPDATE segment SET counted = FALSE, count_number = count_number + 1 \
             WHERE id IN (SELECT unhex(replace(value, '-', '')) FROM json_each($1))",
    postgres: "UPDATE segment SET counted = FALSE, count_number = count_number + 1 \
               WHERE id IN (SELECT CAST(one AS UUID) FROM jsonb_array_elements_text($1) AS one)",
};

/// For a count: the rule, its moment, whether it was counted before, and as of this moment, and the number that no other count may have
/// changed.
pub(super) const TO_COUNT: &str = "SELECT rule, as_of, counted, counted_as_of = as_of, count_number FROM segment WHERE id = $1";
pub(super) const TALLIED: &str = "SELECT CAST(COALESCE(SUM(entered - departed), 0) AS BIGINT) FROM segment_tally WHERE segment_id = $1";
/// Affects no row when something made the count wrong, or another node was faster.
pub(super) const SET_COUNTED: &str =
    "UPDATE segment SET counted = TRUE, counted_as_of = as_of, count_number = count_number + 1 WHERE id = $1 AND count_number = $2";
/// `$3` is the slot.
pub(super) const SET_TALLY: &str = "
INSERT INTO segment_tally (segment_id, day, slot, entered, departed)
VALUES      ($1, $2, $3, $4, $5)
ON CONFLICT (segment_id, day, slot)
DO UPDATE SET entered = segment_tally.entered + excluded.entered, departed = segment_tally.departed + excluded.departed";
/// Affects no row when another node was faster.
pub(super) const SET_AS_OF: &str = "UPDATE segment SET as_of = $2, count_number = count_number + 1 WHERE id = $1 AND as_of = $3";

pub const PRUNE: &[Prune] = &[
    Prune::Older("DELETE FROM segment_move WHERE at < $1"),
    Prune::Unnamed(
        "
DELETE FROM segment_move
WHERE  segment_id NOT IN (SELECT id FROM segment)
AND    segment_id NOT IN (SELECT entity_id FROM change WHERE entity = 'segment' AND entity_id IS NOT NULL)",
    ),
    Prune::Unnamed(
        "
DELETE FROM segment_tally
WHERE  segment_id NOT IN (SELECT id FROM segment)
AND    segment_id NOT IN (SELECT entity_id FROM change WHERE entity = 'segment' AND entity_id IS NOT NULL)",
    ),
];

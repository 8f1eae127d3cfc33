//! Every statement about exports.

use crate::{
    jobs::{Leases, leases},
    store::{Sql, log::Prune},
};

macro_rules! columns {
    () => {
        "id, revision, file, asked, status, total, rows, bytes, error, who, made_by, created_at, finished_at, expires_at, columns, cursor, zone"
    };
}

macro_rules! values {
    () => {
        "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17"
    };
}

/// Every statement with a constant text, for the test that prepares them all on both databases.
pub const STATEMENTS: &[Sql] = &[
    Sql::same(GET),
    LOCK,
    Sql::same(LIST),
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(DELETE),
    Sql::same(KEPT),
    Sql::same(FILES),
    Sql::same(EXPIRED),
    Sql::same(OWNERS),
    Sql::same(PUT_PART),
    Sql::same(GET_PART),
    Sql::same(DROP_PARTS),
    LEASES.statements()[0],
    LEASES.statements()[1],
    LEASES.statements()[2],
    LEASES.statements()[3],
    LEASES.statements()[4],
];

/// Exports whose files are gone stay as long as the log.
pub const PRUNE: &[Prune] = &[Prune::Older("DELETE FROM export WHERE created_at < $1 AND status IN ('failed', 'expired')")];

pub(super) const LEASES: Leases = leases!("export");

/// Statements that take a rule's condition.
pub const TEMPLATES: &[Sql] = &[CUSTOM_OF_RULE, CUSTOM_OF_LEADS];

pub(super) const GET: &str = concat!("SELECT ", columns!(), " FROM export WHERE id = $1");
pub(super) const LOCK: Sql = Sql { sqlite: GET, postgres: concat!("SELECT ", columns!(), " FROM export WHERE id = $1 FOR UPDATE") };
pub(super) const LIST: &str = concat!("SELECT ", columns!(), " FROM export WHERE made_by = $1 ORDER BY id DESC LIMIT 100");
pub(super) const INSERT: &str = concat!("INSERT INTO export (", columns!(), ") VALUES (", values!(), ")");
pub(super) const UPDATE: &str = concat!("UPDATE export SET (", columns!(), ") = (", values!(), ") WHERE id = $1");
pub(super) const DELETE: &str = "DELETE FROM export WHERE id = $1";
/// Number and bytes of the files that someone keeps.
pub(super) const KEPT: &str =
    "SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM export WHERE made_by = $1 AND status IN ('running', 'done')";
/// Exports that have a file.
pub(super) const FILES: &str = "SELECT id FROM export WHERE status IN ('running', 'done')";
pub(super) const EXPIRED: &str = "SELECT id FROM export WHERE status = 'done' AND expires_at <= $1";

pub(super) const OWNERS: &str = "SELECT id, name FROM account";

/// Parts of a file, on Postgres only.
pub(super) const PUT_PART: &str = "INSERT INTO export_part (export_id, begins, ends, bytes) VALUES ($1, $2, $3, $4)";
/// The part with the byte at `$2`.
pub(super) const GET_PART: &str =
    "SELECT begins, bytes FROM export_part WHERE export_id = $1 AND begins <= $2 AND ends > $2 ORDER BY begins DESC LIMIT 1";
/// Parts from an offset on.
pub(super) const DROP_PARTS: &str = "DELETE FROM export_part WHERE export_id = $1 AND begins >= $2";

/// Names of custom fields of the leads that `$where` selects, at most `$1`.
macro_rules! custom {
    (sqlite $where:expr) => {
        concat!(
            "SELECT DISTINCT field.key FROM (SELECT custom FROM lead WHERE custom <> '{}' AND ",
            $where,
            ") AS one, json_each(one.custom) AS field ORDER BY field.key LIMIT $1"
        )
    };
    (postgres $where:expr) => {
        concat!(
            "SELECT DISTINCT field.key COLLATE \"C\" AS key FROM (SELECT custom FROM lead WHERE custom <> '{}' AND ",
            $where,
            ") AS one CROSS JOIN LATERAL jsonb_object_keys(one.custom) AS field(key) ORDER BY key LIMIT $1"
        )
    };
}
pub(super) const CUSTOM_OF_RULE: Sql = Sql { sqlite: custom!(sqlite "{rule}"), postgres: custom!(postgres "{rule}") };
pub(super) const CUSTOM_OF_LEADS: Sql = Sql {
    sqlite: custom!(sqlite concat!("{rule} AND id IN ", crate::leads::ids!(sqlite "$2"))),
    postgres: custom!(postgres concat!("{rule} AND id IN ", crate::leads::ids!(postgres "$2"))),
};

//! Every statement about bulk actions.

use crate::{
    jobs::{Leases, leases},
    leads::ids,
    store::{Sql, log::Prune},
};

macro_rules! columns {
    () => {
        "id, revision, action, which, name, status, total, done, changed, left_out, error, who, created_at, finished_at, cursor, upto, zone"
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
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(UNFINISHED),
    KNOWN,
    THERE,
    Sql::same(NEWEST_LEAD),
    Sql::same(OWNER),
    LEASES.statements()[0],
    LEASES.statements()[1],
    LEASES.statements()[2],
    LEASES.statements()[3],
    LEASES.statements()[4],
];

/// Deletes old bulk actions and their undo images. Undo images of imports stay as long as the import can be undone.
pub const PRUNE: &[Prune] = &[
    Prune::Older("DELETE FROM lead_image WHERE set_id IN (SELECT id FROM bulk WHERE created_at < $1)"),
    Prune::Older("DELETE FROM bulk WHERE created_at < $1 AND status NOT IN ('running', 'undoing')"),
];

pub(super) const LEASES: Leases = leases!("bulk");

/// Statements that take a rule's condition.
pub const TEMPLATES: &[&str] = &[NEXT];

pub(super) const GET: &str = concat!("SELECT ", columns!(), " FROM bulk WHERE id = $1");
pub(super) const LOCK: Sql = Sql { sqlite: GET, postgres: concat!("SELECT ", columns!(), " FROM bulk WHERE id = $1 FOR UPDATE") };
pub(super) const INSERT: &str = concat!("INSERT INTO bulk (", columns!(), ") VALUES (", values!(), ")");
pub(super) const UPDATE: &str = concat!("UPDATE bulk SET (", columns!(), ") = (", values!(), ") WHERE id = $1");
pub(super) const UNFINISHED: &str = concat!("SELECT ", columns!(), " FROM bulk WHERE status IN ('running', 'undoing') ORDER BY id");

/// How many of the listed leads exist.
pub(super) const KNOWN: Sql = Sql {
    sqlite: concat!("SELECT COUNT(*) FROM lead WHERE id IN ", ids!(sqlite "$1")),
    postgres: concat!("SELECT COUNT(*) FROM lead WHERE id IN ", ids!(postgres "$1")),
};
/// Which of the listed leads exist.
pub(super) const THERE: Sql = Sql {
    sqlite: concat!("SELECT id FROM lead WHERE id IN ", ids!(sqlite "$1")),
    postgres: concat!("SELECT id FROM lead WHERE id IN ", ids!(postgres "$1")),
};
/// Ids are in order of creation, so leads with a greater id are newer.
pub(super) const NEWEST_LEAD: &str = "SELECT id FROM lead ORDER BY id DESC LIMIT 1";
/// Name of an active user, who may own leads.
pub(super) const OWNER: &str = "SELECT name FROM account WHERE id = $1 AND deactivated_at IS NULL";

/// The next leads that match a rule. The keyset on `id` returns each lead once, even when the action changes whether it matches.
pub(super) const NEXT: &str = "SELECT id FROM lead WHERE id > $1 AND id <= $2 AND {rule} ORDER BY id LIMIT $3";

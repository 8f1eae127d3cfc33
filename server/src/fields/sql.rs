//! Every statement about custom fields.

use crate::store::Sql;

/// The columns of a `CustomField`, in the order of `bind_field`.
macro_rules! columns {
    () => {
        "id, revision, key, label, kind, required, choices, position, created_at, updated_at"
    };
}

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[LOCK_ALL, Sql::same(ALL), Sql::same(IMPORTS), Sql::same(INSERT), Sql::same(UPDATE), Sql::same(DELETE)];

/// Serialises the writes, which look at all definitions. SQLite has one writer.
pub(super) const LOCK_ALL: Sql = Sql { sqlite: "SELECT 1", postgres: "SELECT 1 FROM pg_advisory_xact_lock(7812733440310603879)" };

pub(super) const ALL: &str = concat!("SELECT ", columns!(), " FROM custom_field");

/// File, columns and options of the imports that wait or run.
pub(super) const IMPORTS: &str = "SELECT file, columns, options FROM import WHERE status IN ('uploaded', 'running', 'paused') ORDER BY id";

pub(super) const INSERT: &str = concat!("INSERT INTO custom_field (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
pub(super) const UPDATE: &str =
    concat!("UPDATE custom_field SET (", columns!(), ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) WHERE id = $1");
pub(super) const DELETE: &str = "DELETE FROM custom_field WHERE id = $1";

//! Every statement about saved views.

use crate::store::Sql;

/// The columns of a `View`, in the order of `bind_view`.
macro_rules! view_columns {
    () => {
        "id, revision, name, shared, owner, query, position, created_at, updated_at"
    };
}

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[
    LOCK,
    LOCK_OWNER,
    Sql::same(GET),
    Sql::same(SEEN),
    Sql::same(PLACES),
    Sql::same(INSERT),
    Sql::same(UPDATE),
    Sql::same(DELETE),
    Sql::same(BY_NAME),
    Sql::same(TO_REFOLD),
];

pub(super) const GET: &str = concat!("SELECT ", view_columns!(), " FROM saved_view WHERE id = $1");

/// Locks the view. SQLite has one writer and needs no lock.
pub(super) const LOCK: Sql =
    Sql { sqlite: GET, postgres: concat!("SELECT ", view_columns!(), " FROM saved_view WHERE id = $1 FOR UPDATE") };

pub(super) const SEEN: &str = concat!("SELECT ", view_columns!(), " FROM saved_view WHERE shared OR owner = $1 ORDER BY position, id");

/// Serialises the writes of one owner, so that the limits hold. SQLite has one writer.
pub(super) const LOCK_OWNER: Sql =
    Sql { sqlite: "SELECT id FROM account WHERE id = $1", postgres: "SELECT id FROM account WHERE id = $1 FOR UPDATE" };

/// The owner's number of views and bytes of queries, the bytes of all shared queries, and the greatest position.
pub(super) const PLACES: &str = "
SELECT COUNT(*) FILTER (WHERE owner = $1),
       CAST(COALESCE(SUM(OCTET_LENGTH(CAST(query AS TEXT))) FILTER (WHERE owner = $1), 0) AS BIGINT),
       CAST(COALESCE(SUM(OCTET_LENGTH(CAST(query AS TEXT))) FILTER (WHERE shared), 0) AS BIGINT),
       MAX(position)
FROM   saved_view";

/// Returns no row when the owner has a view of this name.
pub(super) const INSERT: &str = concat!(
    "INSERT INTO saved_view (",
    view_columns!(),
    ", name_fold) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (owner, name_fold) DO NOTHING RETURNING id"
);
pub(super) const UPDATE: &str =
    concat!("UPDATE saved_view SET (", view_columns!(), ", name_fold) = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) WHERE id = $1");
pub(super) const DELETE: &str = "DELETE FROM saved_view WHERE id = $1";
pub(super) const BY_NAME: &str = concat!("SELECT ", view_columns!(), " FROM saved_view WHERE owner = $1 AND name_fold = $2");
pub(super) const TO_REFOLD: &str = concat!("SELECT ", view_columns!(), ", name_fold FROM saved_view ORDER BY id");

//! Every statement about profiles.

use crate::store::Sql;

/// The columns of a `Profile`, in the order of `bind_profile`.
macro_rules! columns {
    () => {
        "id, owner, name, linkedin_url, is_active, is_primary, daily_limit, weekly_limit, current_daily_count, current_weekly_count, \
         last_reset_date, created_at, updated_at"
    };
}

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] =
    &[LOCK, LOCK_OWNER, Sql::same(GET), Sql::same(SEEN), Sql::same(OWNED), Sql::same(INSERT), Sql::same(UPDATE), Sql::same(DELETE)];

pub(super) const GET: &str = concat!("SELECT ", columns!(), " FROM profile WHERE id = $1");

/// Locks the profile. SQLite has one writer and needs no lock.
pub(super) const LOCK: Sql = Sql { sqlite: GET, postgres: concat!("SELECT ", columns!(), " FROM profile WHERE id = $1 FOR UPDATE") };

/// The owner's profiles, or everyone's, newest first.
pub(super) const SEEN: &str = concat!("SELECT ", columns!(), " FROM profile WHERE owner = $1 OR $2 ORDER BY id DESC LIMIT 1000");

/// Serialises the additions of one owner, so that the limit holds. SQLite has one writer.
pub(super) const LOCK_OWNER: Sql =
    Sql { sqlite: "SELECT id FROM account WHERE id = $1", postgres: "SELECT id FROM account WHERE id = $1 FOR UPDATE" };

pub(super) const OWNED: &str = "SELECT COUNT(*) FROM profile WHERE owner = $1";

pub(super) const INSERT: &str =
    concat!("INSERT INTO profile (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");
pub(super) const UPDATE: &str =
    concat!("UPDATE profile SET (", columns!(), ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) WHERE id = $1");
pub(super) const DELETE: &str = "DELETE FROM profile WHERE id = $1";

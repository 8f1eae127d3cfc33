//! Every statement about the workspace.

use crate::store::Sql;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[LOCK, Sql::same(GET), Sql::same(UPDATE)];

/// The settings. There is one row.
pub(super) const GET: &str = "SELECT revision, name, currency, time_zone, week_start, updated_at FROM workspace";

/// Locks the row. SQLite has one writer and needs no lock.
pub(super) const LOCK: Sql =
    Sql { sqlite: GET, postgres: "SELECT revision, name, currency, time_zone, week_start, updated_at FROM workspace FOR UPDATE" };

pub(super) const UPDATE: &str =
    "UPDATE workspace SET (revision, name, currency, time_zone, week_start, updated_at) = ($1, $2, $3, $4, $5, $6)";

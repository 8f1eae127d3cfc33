//! Migrations: the same numbers for both databases, only ever added to.

use super::failures::failed;
use domain::{Error, Result};
use sqlx::{
    PgPool, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
};
use std::collections::BTreeSet;
use uuid::Uuid;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// A database gets its epoch once; a restore sets a new one.
const EPOCH: &str = "INSERT INTO meta (key, value) VALUES ('epoch', $1) ON CONFLICT (key) DO NOTHING";

/// The migrations that a database has.
const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success";

fn refused(error: &MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => newer(*version),
        error => Error::Unavailable(format!("The database could not be brought up to date: {error}")),
    }
}

fn newer(version: i64) -> Error {
    Error::Unavailable(format!(
        "The database is of a newer version of Linnet ({version:04}; this program has {:04}); use the program of that version",
        newest()
    ))
}

/// The database is of an older version: it lacks migrations, or text is not compared in the present way.
pub fn outdated() -> Error {
    Error::Unavailable(
        "The database is of an older version of Linnet; run `linnet migrate`, or start the new server, to bring it up to date".to_owned(),
    )
}

/// # Errors
/// `Unavailable` when the database is older or newer than this program.
fn check(ours: &Migrator, applied: Vec<(i64,)>) -> Result<()> {
    let applied: BTreeSet<i64> = applied.into_iter().map(|(version,)| version).collect();
    let ours: BTreeSet<i64> = ours.iter().map(|migration| migration.version).collect();
    match applied.difference(&ours).last() {
        Some(version) => Err(newer(*version)),
        None if applied.len() < ours.len() => Err(outdated()),
        None => Ok(()),
    }
}

/// # Errors
/// As `check`.
pub(super) async fn check_sqlite(pool: &SqlitePool) -> Result<()> {
    check(&SQLITE, sqlx::query_as(APPLIED).fetch_all(pool).await.map_err(|error| failed(&error))?)
}

/// # Errors
/// As `check`.
pub(super) async fn check_postgres(pool: &PgPool) -> Result<()> {
    check(&POSTGRES, sqlx::query_as(APPLIED).fetch_all(pool).await.map_err(|error| failed(&error))?)
}

pub(super) async fn sqlite(pool: &SqlitePool, epoch: Uuid) -> Result<()> {
    SQLITE.run(pool).await.map_err(|error| refused(&error))?;
    sqlx::query(EPOCH).bind(epoch.to_string()).execute(pool).await.map_err(|error| failed(&error))?;
    Ok(())
}

/// # Errors
/// Errors of the migrator: unknown migrations, or other ones under the same numbers.
pub(super) async fn sqlite_copy(conn: &mut SqliteConnection) -> std::result::Result<(), MigrateError> {
    SQLITE.run(conn).await
}

pub(super) async fn postgres(pool: &PgPool, epoch: Uuid) -> Result<()> {
    // Takes an advisory lock, so that several nodes can start at once.
    POSTGRES.run(pool).await.map_err(|error| refused(&error))?;
    sqlx::query(EPOCH).bind(epoch.to_string()).execute(pool).await.map_err(|error| failed(&error))?;
    Ok(())
}

/// Whether the file is the database of another program.
pub(super) async fn is_of_another(pool: &SqlitePool) -> std::result::Result<bool, sqlx::Error> {
    let (tables, ours): (i64, i64) =
        sqlx::query_as("SELECT COUNT(*), COUNT(*) FILTER (WHERE name = '_sqlx_migrations') FROM sqlite_schema WHERE type = 'table'")
            .fetch_one(pool)
            .await?;
    Ok(tables > 0 && ours == 0)
}

/// Whether the database has Linnet's tables.
pub(super) async fn is_ours(pool: &PgPool) -> Result<bool> {
    let (ours,): (bool,) = sqlx::query_as("SELECT to_regclass('_sqlx_migrations') IS NOT NULL AND to_regclass('meta') IS NOT NULL")
        .fetch_one(pool)
        .await
        .map_err(|error| failed(&error))?;
    Ok(ours)
}

/// Number of the newest migration in this program.
pub fn newest() -> i64 {
    SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default()
}

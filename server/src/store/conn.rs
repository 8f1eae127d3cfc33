//! One connection to either database. With `sql.rs`, the only code that runs statements.

use super::sql::{Query, Row};
use domain::{Error, Result};
use futures::{FutureExt, TryStreamExt};
use sqlx::{Postgres, Sqlite, Transaction, pool::PoolConnection};

/// A connection inside a transaction: reads see one snapshot of the database.
pub enum Conn {
    /// The writer, which begins and ends its transactions itself; also a read of a single statement.
    Sqlite(PoolConnection<Sqlite>),
    SqliteRead(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs a query on any of the connections, whose types share no trait.
macro_rules! on {
    ($self:ident, $query:ident, |$text:ident, $arguments:ident, $cached:ident, $conn:ident| $run:expr) => {{
        let $cached = $query.is_cached();
        match $self {
            Conn::Sqlite($conn) => on!($query.for_sqlite(), $text, $arguments, $run),
            Conn::SqliteRead($conn) => on!($query.for_sqlite(), $text, $arguments, $run),
            Conn::Postgres($conn) => on!($query.for_postgres(), $text, $arguments, $run),
        }
    }};
    ($bound:expr, $text:ident, $arguments:ident, $run:expr) => {{
        let ($text, $arguments) = $bound;
        let $arguments = $arguments.map_err(|error| failed(&sqlx::Error::Encode(error)))?;
        $run.await.map_err(|error| failed(&error))?
    }};
}

impl Conn {
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub async fn all<T: Row>(&mut self, query: Query) -> Result<Vec<T>> {
        Ok(on!(self, query, |text, arguments, cached, conn| sqlx::query_as_with::<_, T, _>(text, arguments)
            .persistent(cached)
            .fetch_all(&mut **conn)))
    }

    /// Reads rows in order until `enough` returns true; that row is the last. Later rows are not read into memory.
    pub async fn until<T: Row>(&mut self, query: Query, mut enough: impl FnMut(&T) -> bool + Send) -> Result<Vec<T>> {
        let enough = &mut enough;
        Ok(on!(self, query, |text, arguments, cached, conn| async {
            let mut rows = sqlx::query_as_with::<_, T, _>(text, arguments).persistent(cached).fetch(&mut **conn);
            let mut read = Vec::new();
            while let Some(row) = rows.try_next().await? {
                let last = enough(&row);
                read.push(row);
                if last {
                    break;
                }
            }
            Ok::<_, sqlx::Error>(read)
        }))
    }

    /// The first `limit` rows of a query that reads one more, and whether more follow. Ends early with the row at which the rows reach `most`
    /// bytes, so a page has at least one row. One row more is read then too.
    pub async fn page<T: Row>(&mut self, query: Query, limit: usize, most: usize, size: fn(&T) -> usize) -> Result<(Vec<T>, bool)> {
        let (mut bytes, mut full) = (0, false);
        let mut rows = self
            .until::<T>(query, |row| {
                full = bytes >= most;
                bytes += size(row);
                full
            })
            .await?;
        if full {
            rows.pop();
        }
        let more = full || rows.len() > limit;
        rows.truncate(limit);
        Ok((rows, more))
    }

    pub async fn optional<T: Row>(&mut self, query: Query) -> Result<Option<T>> {
        Ok(on!(self, query, |text, arguments, cached, conn| sqlx::query_as_with::<_, T, _>(text, arguments)
            .persistent(cached)
            .fetch_optional(&mut **conn)))
    }

    /// Reads exactly one row, such as a count.
    pub async fn one<T: Row>(&mut self, query: Query) -> Result<T> {
        self.optional(query).await?.ok_or_else(|| failed(&sqlx::Error::RowNotFound))
    }

    /// Returns the number of affected rows.
    pub async fn run(&mut self, query: Query) -> Result<u64> {
        Ok(on!(self, query, |text, arguments, cached, conn| sqlx::query_with(text, arguments)
            .persistent(cached)
            .execute(&mut **conn)
            .map(|done| done.map(|done| done.rows_affected()))))
    }

    /// Writes exactly one row.
    ///
    /// # Errors
    /// `Internal` when it affected no row or several, which is a bug of the caller.
    pub async fn run_one(&mut self, query: Query) -> Result<()> {
        match self.run(query).await? {
            1 => Ok(()),
            rows => {
                tracing::error!(rows, "a statement meant for one row touched another number");
                Err(Error::Internal)
            }
        }
    }
}

/// Logs the database's error. The caller only learns whether a retry may help.
pub(super) fn failed(error: &sqlx::Error) -> Error {
    let busy = match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        // serialization failure, deadlock, a transaction that stood still, shutdown (Postgres); busy (SQLite)
        sqlx::Error::Database(error) => {
            matches!(error.code().as_deref(), Some("40001" | "40P01" | "25P03" | "57P01" | "57P03" | "53300" | "5" | "517"))
        }
        _ => false,
    };
    // disk full (Postgres, SQLite)
    if matches!(error, sqlx::Error::Database(error) if matches!(error.code().as_deref(), Some("53100" | "13"))) {
        tracing::error!(%error, "the disk is full");
        return Error::DiskFull;
    }
    // Two transactions wrote the same unique key at the same time; each had checked before that it was free.
    if matches!(error, sqlx::Error::Database(error) if error.is_unique_violation()) {
        tracing::warn!(%error, "a unique key was taken in this moment");
        return Error::Conflict("Someone else changed this at the same moment; check it, then try again".to_owned());
    }
    // Another transaction held the row for too long (Postgres).
    if matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("55P03")) {
        tracing::warn!(%error, "a write waited too long for another");
        return Error::Unavailable("Someone else is changing the same thing and is slow; nothing was changed. Try again".to_owned());
    }
    // Cancelled (Postgres) or interrupted (SQLite): its time limit was over, or its caller is gone.
    if matches!(error, sqlx::Error::Database(error) if matches!(error.code().as_deref(), Some("57014" | "9"))) {
        tracing::warn!(%error, "a statement was stopped");
        return Error::Unavailable("This took too long and was stopped; use fewer or simpler filters, then try again".to_owned());
    }
    tracing::error!(%error, busy, "the database refused");
    if busy {
        Error::Unavailable("The database is busy or out of reach; nothing was changed. Try again".to_owned())
    } else {
        Error::Internal
    }
}

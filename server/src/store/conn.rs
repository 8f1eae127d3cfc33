//! One connection to either database. With `sql.rs`, the only code that runs statements.

use super::{
    failures::failed,
    sql::{Query, Row},
};
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

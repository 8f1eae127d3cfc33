//! One connection to either database. With `sql.rs`, the only code that runs statements.

use super::sql::{Query, Row};
use domain::{Error, Result};
use futures::{FutureExt, TryStreamExt};
use sqlx::{Postgres, Sqlite, Transaction, pool::PoolConnection};

/// A connection inside a transaction: reads see one state of the database.
pub enum Conn {
    /// The writer's, which begins and ends its transactions itself.
    Sqlite(PoolConnection<Sqlite>),
    SqliteRead(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs a query on whichever connection this is: the same lines for types that share no trait.
macro_rules! on {
    ($self:ident, $query:ident, |$text:ident, $arguments:ident, $kept:ident, $conn:ident| $run:expr) => {{
        let $kept = $query.is_kept();
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
        Ok(on!(self, query, |text, arguments, kept, conn| sqlx::query_as_with::<_, T, _>(text, arguments)
            .persistent(kept)
            .fetch_all(&mut **conn)))
    }

    /// Rows in their order until one is `enough`; that one is the last. What comes after it is not read into memory.
    pub async fn until<T: Row>(&mut self, query: Query, mut enough: impl FnMut(&T) -> bool + Send) -> Result<Vec<T>> {
        let enough = &mut enough;
        Ok(on!(self, query, |text, arguments, kept, conn| async {
            let mut rows = sqlx::query_as_with::<_, T, _>(text, arguments).persistent(kept).fetch(&mut **conn);
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

    pub async fn optional<T: Row>(&mut self, query: Query) -> Result<Option<T>> {
        Ok(on!(self, query, |text, arguments, kept, conn| sqlx::query_as_with::<_, T, _>(text, arguments)
            .persistent(kept)
            .fetch_optional(&mut **conn)))
    }

    /// Exactly one row, such as a count.
    pub async fn one<T: Row>(&mut self, query: Query) -> Result<T> {
        self.optional(query).await?.ok_or_else(|| failed(&sqlx::Error::RowNotFound))
    }

    /// How many rows it touched.
    pub async fn run(&mut self, query: Query) -> Result<u64> {
        Ok(on!(self, query, |text, arguments, kept, conn| sqlx::query_with(text, arguments)
            .persistent(kept)
            .execute(&mut **conn)
            .map(|done| done.map(|done| done.rows_affected()))))
    }

    /// Writes one row, and nothing else.
    ///
    /// # Errors
    /// `Internal` when it touched none or several: the caller was sure of it.
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

/// Logs what the database said; tells the caller only whether trying again may help.
pub(super) fn failed(error: &sqlx::Error) -> Error {
    let busy = match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        // serialization failure, deadlock, shutdown (Postgres); busy (SQLite)
        sqlx::Error::Database(error) => {
            matches!(error.code().as_deref(), Some("40001" | "40P01" | "57P01" | "57P03" | "53300" | "5" | "517"))
        }
        _ => false,
    };
    // disk full (Postgres, SQLite)
    if matches!(error, sqlx::Error::Database(error) if matches!(error.code().as_deref(), Some("53100" | "13"))) {
        tracing::error!(%error, "the disk is full");
        return Error::DiskFull;
    }
    // Two transactions wrote the same unique key at once; each had looked before and seen it free.
    if matches!(error, sqlx::Error::Database(error) if error.is_unique_violation()) {
        tracing::warn!(%error, "a unique key was taken in this moment");
        return Error::Conflict("Someone else changed this at the same moment; check it, then try again".to_owned());
    }
    // Cancelled (Postgres), interrupted (SQLite): its time was up, or nobody waits for it any more.
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

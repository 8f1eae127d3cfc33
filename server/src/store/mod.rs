//! Storage. Only the files of this folder know that there are two databases.
//! All writes go through `write` and `write_many`, all reads through `read`, `optional` and `snapshot`.

pub mod abandon;
mod backlog;
mod built;
mod bulk;
mod conn;
mod deadline;
mod existence;
mod failures;
pub mod log;
mod memory;
pub mod meta;
mod migrate;
mod postgres;
mod read_permits;
mod readers;
pub mod restore;
mod sql;
mod sqlite;
mod texts;
mod tx;
mod writer;

pub use built::next_passed;
pub use bulk::{Bulk, update};
pub use conn::Conn;
pub use existence::Existence;
pub use memory::{Remembered, STATEMENTS as MEMORY_STATEMENTS};
pub use migrate::{newest as newest_migration, outdated};
pub use read_permits::{ReadPermit, Requester};
pub(crate) use sql::bind_ids;
pub use sql::{Query, Row, Sql, Value, sql};
pub use sqlite::file as sqlite_file;
pub use texts::STATEMENTS as TEXT_STATEMENTS;
pub use tx::{BeforeCommit, Tx};

use crate::{clock::SharedClock, current::Current};
use domain::{Actor, Change, Error, Moment, Result, Snapshot, Timestamp};
use futures::future::BoxFuture;
use read_permits::ReadPermits;
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// The work of a write or read: a boxed future that borrows its connection.
pub type Work<'t, T> = BoxFuture<'t, Result<T>>;

/// Number of changes that a listener may lag behind before it must read the log instead.
const FEED_CAPACITY: usize = 8_192;
/// Time limit of a read; shorter than that of a request.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// Most long reads at once (on Postgres twice as many), so that other reads always find a connection.
const HEAVY: usize = 3;
/// Most subscriptions at once that replay the log.
const REPLAYS: usize = 3;

/// Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub clock: SharedClock,
    /// The settings of the workspace.
    pub current: Current,
    db: Arc<Db>,
    feed: broadcast::Sender<Arc<Change>>,
    read_permits: ReadPermits,
    replays: ReadPermits,
    patience: Duration,
}

/// What may be done to the database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Create it, and bring its tables up to date.
    Migrate,
    /// Change rows.
    Write,
    /// Nothing.
    Read,
}

enum Db {
    Sqlite(Box<sqlite::Sqlite>),
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens (and for SQLite creates) the database, and brings its tables up to date.
    ///
    /// `url`: `sqlite://path/to/linnet.db` or `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// `Invalid` on `database` for a URL of neither kind; `Unavailable` when it cannot be opened.
    pub async fn open(url: &str, clock: SharedClock) -> Result<Self> {
        Self::open_as(url, clock, Access::Migrate).await
    }

    /// Opens a database that must exist, because a mistyped address must not create an empty one, and be of this version, because a server
    /// of another version may be using it.
    ///
    /// # Errors
    /// `Invalid` on `database` when there is no database, or it is not Linnet's; `Unavailable` when it cannot be opened, or is of an older or
    /// newer version, with what to run.
    pub async fn open_existing(url: &str, clock: SharedClock) -> Result<Self> {
        Self::open_as(url, clock, Access::Write).await
    }

    /// As `open_existing`, and nothing can be written.
    ///
    /// # Errors
    /// As `open_existing`.
    pub async fn open_to_read(url: &str, clock: SharedClock) -> Result<Self> {
        Self::open_as(url, clock, Access::Read).await
    }

    async fn open_as(url: &str, clock: SharedClock, access: Access) -> Result<Self> {
        let (feed, _) = broadcast::channel(FEED_CAPACITY);
        let db = if url.starts_with("sqlite:") {
            Db::Sqlite(Box::new(sqlite::Sqlite::open(url, clock.clone(), feed.clone(), access).await?))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Db::Postgres(postgres::Postgres::open(url, clock.clone(), feed.clone(), access).await?)
        } else {
            return Err(Error::invalid("database", "Write sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE"));
        };
        // Postgres has more connections.
        let read_permits = ReadPermits::new(if matches!(db, Db::Postgres(_)) { 2 * HEAVY } else { HEAVY });
        Ok(Self {
            clock,
            current: Current::default(),
            db: Arc::new(db),
            feed,
            read_permits,
            replays: ReadPermits::new(REPLAYS),
            patience: READ_TIMEOUT,
        })
    }

    /// Now, in the workspace's time zone.
    pub fn moment(&self) -> Moment {
        self.moment_of(self.clock.now())
    }

    /// Another time in the workspace's time zone.
    pub fn moment_of(&self, now: Timestamp) -> Moment {
        Moment { now, zone: self.current.zone() }
    }

    /// The same store, with another time limit of reads than 20 s.
    #[must_use]
    pub fn with_read_timeout(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// Waits for a permit for a read that may take long: a filter or a count over all leads, not the read of one record. Hold it while
    /// reading.
    ///
    /// # Errors
    /// `TooMany` when too many such reads of the same caller are waiting.
    pub async fn read_permit(&self, requester: impl Into<Requester>) -> Result<ReadPermit> {
        abandon::check(self.read_permits.take(requester.into())).await
    }

    /// Runs `work` while it holds a read permit, also for what is made of the rows: a large answer takes longer to write than to read.
    ///
    /// # Errors
    /// `TooMany` as `read_permit`.
    pub async fn in_turn<T>(&self, requester: impl Into<Requester>, work: impl Future<Output = T>) -> Result<T> {
        self.read_permits.in_turn(requester.into(), work).await
    }

    /// Waits for a permit to replay the log for a subscription, because after a restart all clients resume at once. Hold it while reading.
    ///
    /// # Errors
    /// `TooMany` when too many such reads of the same caller are waiting.
    pub async fn replay_permit(&self, requester: impl Into<Requester>) -> Result<ReadPermit> {
        self.replays.take(requester.into()).await
    }

    /// Checks on a separate connection that the database responds.
    ///
    /// # Errors
    /// `Unavailable`, after at most 5 s; on Postgres also when committed changes were not numbered for 10 s, so that nobody hears of them.
    pub async fn answers(&self) -> Result<()> {
        match &*self.db {
            Db::Sqlite(db) => db.answers().await,
            Db::Postgres(db) => db.answers().await,
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(*self.db, Db::Postgres(_))
    }

    /// Runs one transaction: everything that `work` writes and records is committed together, or nothing is.
    /// Returns after the commit is on disk; only then does the feed get the changes.
    /// `work` must await nothing but its `Tx`: on SQLite it holds the only writer.
    pub async fn write<T, F>(&self, actor: &Actor, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.submit(actor.clone(), false, work).await
    }

    /// Like `write`, for thousands of rows. On SQLite it shares no transaction with other writes, because a savepoint copies every page
    /// that is touched.
    pub async fn write_many<T, F>(&self, actor: &Actor, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.submit(actor.clone(), true, work).await
    }

    async fn submit<T, F>(&self, actor: Actor, alone: bool, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        match &*self.db {
            Db::Sqlite(db) => db.write(actor, alone, work).await,
            Db::Postgres(db) => db.write(actor, work).await,
        }
    }

    /// Reads that see one snapshot of the database. They are stopped, in the database too, after 20 s and when the caller is dropped or
    /// `abandon`ed.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Conn) -> Work<'t, T> + Send + 'static,
    {
        // Boxed, because every caller holds it.
        let read = Box::pin(async move {
            match &*self.db {
                Db::Sqlite(db) => db.read(self.patience, work).await,
                Db::Postgres(db) => db.read(self.patience, work).await,
            }
        });
        abandon::check(read).await
    }

    /// Reads one row by one statement, which sees one snapshot of the database without the round trips of a transaction.
    pub async fn optional<T: Row + 'static>(&self, query: Query) -> Result<Option<T>> {
        match &*self.db {
            Db::Sqlite(db) => db.optional(self.patience, query).await,
            Db::Postgres(_) => self.read(move |conn| Box::pin(conn.optional(query))).await,
        }
    }

    /// Like `read`, with the position of the data in the log.
    pub async fn snapshot<T, F>(&self, work: F) -> Result<Snapshot<T>>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Conn) -> Work<'t, T> + Send + 'static,
    {
        self.read(move |conn| {
            Box::pin(async move {
                let as_of = log::head(conn).await?;
                let pending = log::pending(conn).await?;
                let data = work(conn).await?;
                Ok(Snapshot { as_of, pending, data })
            })
        })
        .await
    }

    /// Waits until all writes have ended that were under way when it was called. On Postgres, where writes run side by side: one that
    /// began earlier may write by rules that it read earlier.
    ///
    /// # Errors
    /// `Unavailable` when one of them takes longer than 20 s.
    pub async fn earlier_writes_end(&self) -> Result<()> {
        match &*self.db {
            Db::Sqlite(_) => Ok(()),
            Db::Postgres(db) => db.earlier_writes_end(self.patience).await,
        }
    }

    /// Every change committed from now on, in order and without gaps. A listener that lags must read the log (`log::since`).
    pub fn feed(&self) -> broadcast::Receiver<Arc<Change>> {
        self.feed.subscribe()
    }

    /// Writes a complete copy to `file` while others continue to read and write. SQLite only.
    pub async fn backup(&self, file: &str) -> Result<()> {
        match &*self.db {
            Db::Sqlite(db) => db.backup(file).await,
            Db::Postgres(_) => Err(Error::Conflict("Back up Postgres with its own pg_dump, which sees all of it at one moment".to_owned())),
        }
    }

    /// Lets the database prepare `query` without running it, for the test of all statements.
    pub async fn prepare(&self, query: Query) -> Result<()> {
        match &*self.db {
            Db::Sqlite(db) => db.prepare(query).await,
            Db::Postgres(db) => db.prepare(query).await,
        }
    }

    /// Finishes pending writes, then closes.
    pub async fn close(&self) {
        match &*self.db {
            Db::Sqlite(db) => db.close().await,
            Db::Postgres(db) => db.close().await,
        }
    }
}

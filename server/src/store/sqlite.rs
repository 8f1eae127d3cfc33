//! SQLite: one connection writes, the others read.

use super::{
    Access, Work,
    conn::Conn,
    failures::failed,
    log,
    memory::Memory,
    migrate,
    readers::Readers,
    sql::{Query, Row},
    tx::Tx,
    writer::{self, Job, Run, Writer},
};
use crate::{clock::SharedClock, private};
use domain::{Actor, Change, Error, Result};
use sqlx::{
    ConnectOptions, Connection, Executor, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};
use tokio::sync::{broadcast, mpsc, oneshot};

/// Length of the write queue; when it is full, callers wait to enqueue.
const QUEUE: usize = 4_096;

/// Number of connections for reading; long reads use at most `store::HEAVY` of them.
const READERS: usize = 5;
/// Time limit of the health check.
const ANSWER: Duration = Duration::from_secs(5);

pub(super) struct Sqlite {
    readers: Readers,
    /// For health checks, which must not wait for other reads.
    health: Readers,
    /// Options of a separate connection, for backups.
    reading: SqliteConnectOptions,
    writer: SqlitePool,
    jobs: mpsc::Sender<Job>,
    clock: SharedClock,
}

impl Sqlite {
    pub(super) async fn open(url: &str, clock: SharedClock, feed: broadcast::Sender<Arc<Change>>, access: Access) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| Error::invalid("database", format!("Not a SQLite address: {error}; write sqlite://FILE")))?
            .create_if_missing(false)
            // NORMAL can lose committed rows on power loss, and a lost send intent is a message sent twice.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("temp_store", "memory")
            .pragma("journal_size_limit", "67108864")
            // Holds a page of a list: when the buffer is full, the two threads wait for each other.
            .row_buffer_size(256)
            .statement_cache_capacity(256);
        // A copy has another mode until it is served. To change it is a write.
        let options = if access == Access::Read { options } else { options.journal_mode(SqliteJournalMode::Wal) };
        prepare(options.get_filename(), access)?;
        let file = options.get_filename().display().to_string();
        let opening = |error: sqlx::Error| Error::Unavailable(format!("The database {file} cannot be opened: {error}"));
        // An import touches all leaf pages of all indexes: they should stay in the cache, and not be checkpointed after every commit.
        let writing = options.clone().pragma("cache_size", "-28000").pragma("wal_autocheckpoint", "10000");
        let writing = if access == Access::Read { writing.pragma("query_only", "on") } else { writing };
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(writing).await.map_err(opening)?;
        if migrate::is_of_another(&writer).await.map_err(opening)? {
            return Err(Error::invalid("database", format!("{file} is another program's database; check --database and --data")));
        }
        match access {
            Access::Migrate => migrate::sqlite(&writer, clock.id()).await?,
            Access::Write | Access::Read => migrate::check_sqlite(&writer).await?,
        }
        if access != Access::Read {
            restrict(options.get_filename());
        }
        let reading = options.read_only(true).pragma("mmap_size", "268435456").pragma("cache_size", "-16000");
        let (readers, health) = (Readers::new(&reading, READERS), Readers::new(&reading, 1));

        let mut conn = Conn::Sqlite(writer.acquire().await.map_err(opening)?);
        let head = log::head(&mut conn).await?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let memory = Arc::new(Memory::new(access == Access::Migrate));
        tokio::spawn(Writer { conn: Some(conn), head, clock: clock.clone(), memory, feed }.run(queue));
        Ok(Self { readers, health, reading, writer, jobs, clock })
    }

    pub(super) async fn write<T, F>(&self, actor: Actor, alone: bool, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        // The result waits here until the commit, which reports only success or failure.
        let (answer, answered) = oneshot::channel();
        let run: Run = Box::new(move |tx| {
            Box::pin(async move {
                let value = work(tx).await?;
                // Sending fails when the caller was dropped; the write is still committed.
                drop(answer.send(value));
                Ok(())
            })
        });
        let (done, committed) = oneshot::channel();
        let stopping = || Error::Unavailable("Linnet is restarting; nothing was changed. Try again in a moment".to_owned());
        self.jobs.send(Job { actor, run, alone, last: false, done }).await.map_err(|_| stopping())?;
        committed.await.map_err(|_| stopping())??;
        answered.await.map_err(|_| Error::Internal)
    }

    /// `patience` is the time limit of the read.
    pub(super) async fn read<T, F>(&self, patience: Duration, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Conn) -> Work<'t, T> + Send + 'static,
    {
        let reader = self.readers.take().await?;
        // When it is dropped, here or half-way, it is rolled back before the connection is used again; no caller waits for that.
        let mut conn = Conn::SqliteRead(reader.pool().begin().await.map_err(|error| failed(&error))?);
        reader.release(patience);
        work(&mut conn).await
    }

    pub(super) async fn optional<T: Row>(&self, patience: Duration, query: Query) -> Result<Option<T>> {
        let reader = self.readers.take().await?;
        let mut conn = Conn::Sqlite(reader.pool().acquire().await.map_err(|error| failed(&error))?);
        reader.release(patience);
        conn.optional(query).await
    }

    pub(super) async fn answers(&self) -> Result<()> {
        let asked = async {
            let reader = self.health.take().await?;
            let mut conn = Conn::Sqlite(reader.pool().acquire().await.map_err(|error| failed(&error))?);
            reader.release(ANSWER);
            log::head(&mut conn).await.map(drop)
        };
        tokio::time::timeout(ANSWER, asked).await.map_err(|_| failed(&sqlx::Error::PoolTimedOut))?
    }

    pub(super) async fn backup(&self, file: &str) -> Result<()> {
        // Created here with private permissions, before it has any content; SQLite fills an empty file.
        let made = private::create_new(Path::new(file)).map_err(|error| {
            let why = match error.kind() {
                ErrorKind::AlreadyExists => format!("{file} exists already; choose another name"),
                _ => format!("{file} cannot be written: {error}; choose another name"),
            };
            Error::invalid("file", why)
        })?;
        let copied = async {
            let mut conn = self.reading.connect().await.map_err(|error| failed(&error))?;
            sqlx::query("VACUUM INTO $1").bind(file).execute(&mut conn).await.map_err(|error| failed(&error))?;
            conn.close().await.map_err(|error| failed(&error))?;
            made.sync_all().map_err(|error| Error::Unavailable(format!("{file} was not written to the end: {error}")))
        };
        let copied = copied.await;
        if copied.is_err() {
            drop(std::fs::remove_file(file));
        }
        copied
    }

    pub(super) async fn prepare(&self, query: Query) -> Result<()> {
        let (text, _) = query.for_sqlite();
        let reader = self.readers.take().await?;
        let mut conn = reader.pool().acquire().await.map_err(|error| failed(&error))?;
        reader.release(ANSWER);
        conn.prepare(text).await.map(drop).map_err(|error| failed(&error))
    }

    pub(super) async fn close(&self) {
        // The writer task ends with its queue; its connection returns to the pool, and then all pools close.
        let (done, drained) = oneshot::channel();
        if self.jobs.send(writer::stop(done)).await.is_ok() {
            drop(drained.await);
        }
        self.readers.close().await;
        self.health.close().await;
        self.writer.close().await;
        let _ = &self.clock;
    }
}

/// The file of a SQLite address; `None` for any other address.
pub fn file(url: &str) -> Option<PathBuf> {
    let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url).ok()).flatten()?;
    Some(options.get_filename().to_owned())
}

/// Creates a missing database, if allowed.
fn prepare(file: &Path, access: Access) -> Result<()> {
    let refused = |what: &Path, error: &std::io::Error| Error::invalid("database", format!("{} cannot be used: {error}", what.display()));
    if access == Access::Migrate {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private::make_folder(folder).map_err(|error| refused(folder, &error))?;
        }
        match private::create_new(file) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(refused(file, &error)),
            Ok(_) | Err(_) => {}
        }
    } else if !std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() > 0) {
        return Err(Error::invalid(
            "database",
            format!("There is no database at {}; check --database and --data, or make one with `linnet migrate`", file.display()),
        ));
    }
    Ok(())
}

/// Restricts the database, and the files that SQLite puts beside it, to the current user.
fn restrict(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let file = private::beside(file, suffix);
        if let Err(error) = private::restrict(&file) {
            tracing::warn!(%error, file = %file.display(), "others may read this file");
        }
    }
}

//! SQLite: one writer, many readers, and group commit: writes that arrive while a commit is being synced share the next one.

use super::{
    Work,
    conn::{Conn, failed},
    log, migrate,
    sql::Query,
    tx::Tx,
};
use crate::clock::SharedClock;
use domain::{Actor, Change, Error, Result};
use futures::{FutureExt, future::BoxFuture};
use sqlx::{
    Connection, Executor, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{panic::AssertUnwindSafe, str::FromStr, sync::Arc, time::Duration};
use tokio::sync::{broadcast, mpsc, oneshot};

/// Writes in one transaction at most; keeps one commit from taking too long.
const GROUP: usize = 256;
/// Writes that may wait for the writer before callers wait to queue.
const QUEUE: usize = 4_096;

/// How soon the feed hears of what another program wrote, when nothing is written here.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) struct Sqlite {
    readers: SqlitePool,
    writer: SqlitePool,
    jobs: mpsc::Sender<Job>,
    clock: SharedClock,
}

type Run = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<()>> + Send>;

struct Job {
    actor: Actor,
    run: Run,
    /// In a transaction that it shares with none.
    alone: bool,
    done: oneshot::Sender<Result<()>>,
}

impl Sqlite {
    pub(super) async fn open(url: &str, clock: SharedClock, feed: broadcast::Sender<Arc<Change>>) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| Error::invalid("database", format!("Not a SQLite address: {error}; write sqlite://FILE")))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL can lose committed rows on power loss, and a lost send intent is a message sent twice.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("temp_store", "memory")
            .pragma("mmap_size", "268435456")
            .pragma("cache_size", "-16000")
            .pragma("journal_size_limit", "67108864")
            .statement_cache_capacity(256);
        if let Some(folder) = options.get_filename().parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| Error::invalid("database", format!("The folder {} cannot be made: {error}", folder.display())))?;
        }
        let opening = |error: sqlx::Error| Error::Unavailable(format!("The database cannot be opened: {error}"));
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(opening)?;
        migrate::sqlite(&writer, clock.id()).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(opening)?;

        let mut conn = Conn::Sqlite(writer.acquire().await.map_err(opening)?);
        let head = log::head(&mut conn).await?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(Writer { conn: Some(conn), head, clock: clock.clone(), feed }.run(queue));
        Ok(Self { readers, writer, jobs, clock })
    }

    pub(super) async fn write<T, F>(&self, actor: Actor, alone: bool, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        // The answer waits here until the commit, which carries only success or failure.
        let (answer, answered) = oneshot::channel();
        let run: Run = Box::new(move |tx| {
            Box::pin(async move {
                let value = work(tx).await?;
                // Nobody listens when the caller went away; the write still stands.
                drop(answer.send(value));
                Ok(())
            })
        });
        let (done, committed) = oneshot::channel();
        let stopping = || Error::Unavailable("The server is stopping; nothing was changed".to_owned());
        self.jobs.send(Job { actor, run, alone, done }).await.map_err(|_| stopping())?;
        committed.await.map_err(|_| stopping())??;
        answered.await.map_err(|_| Error::Internal)
    }

    pub(super) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Conn) -> Work<'t, T> + Send + 'static,
    {
        let mut conn = Conn::Sqlite(self.readers.acquire().await.map_err(|error| failed(&error))?);
        let Conn::Sqlite(raw) = &mut conn else { return Err(Error::Internal) };
        raw.execute("BEGIN").await.map_err(|error| failed(&error))?;
        let answer = AssertUnwindSafe(work(&mut conn)).catch_unwind().await;
        let Conn::Sqlite(mut raw) = conn else { return Err(Error::Internal) };
        if let Err(error) = raw.execute("COMMIT").await {
            failed(&error);
            // A connection stuck in a transaction must not go back to the pool.
            drop(raw.detach().close().await);
        }
        answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    pub(super) async fn backup(&self, file: &str) -> Result<()> {
        if std::path::Path::new(file).exists() {
            return Err(Error::invalid("file", format!("{file} exists already; choose another name")));
        }
        let mut conn = self.readers.acquire().await.map_err(|error| failed(&error))?;
        sqlx::query("VACUUM INTO $1").bind(file).execute(&mut *conn).await.map_err(|error| failed(&error))?;
        Ok(())
    }

    pub(super) async fn prepare(&self, query: Query) -> Result<()> {
        let (text, _) = query.for_sqlite();
        let mut conn = self.readers.acquire().await.map_err(|error| failed(&error))?;
        conn.prepare(text).await.map(drop).map_err(|error| failed(&error))
    }

    pub(super) async fn close(&self) {
        // The writer task ends with its queue; its connection goes back to the pool, and both pools close behind it.
        let (done, drained) = oneshot::channel();
        let last = Job {
            actor: Actor::system(),
            run: Box::new(|_| Box::pin(async { Err(Error::Unavailable(STOP.to_owned())) })),
            alone: false,
            done,
        };
        if self.jobs.send(last).await.is_ok() {
            drop(drained.await);
        }
        self.readers.close().await;
        self.writer.close().await;
        let _ = &self.clock;
    }
}

/// The answer of the job that ends the writer.
const STOP: &str = "stop";

/// What the writer does after a group.
enum Then {
    Wait,
    /// A job that shares no transaction came up meanwhile.
    Job(Job),
    Stop,
}

struct Writer {
    /// Absent only while a transaction owns it.
    conn: Option<Conn>,
    head: i64,
    clock: SharedClock,
    feed: broadcast::Sender<Arc<Change>>,
}

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut next = queue.recv().await;
        while let Some(first) = next {
            next = match self.group(first, &mut queue).await {
                Then::Stop => break,
                Then::Job(job) => Some(job),
                Then::Wait => queue.recv().await,
            };
        }
    }

    /// Runs the first job and all that wait behind it in one transaction.
    async fn group(&mut self, first: Job, queue: &mut mpsc::Receiver<Job>) -> Then {
        if let Err(error) = self.execute("BEGIN IMMEDIATE").await {
            drop(first.done.send(Err(error)));
            return Then::Wait;
        }
        let mut head = self.head;
        let mut then = Then::Wait;
        let mut succeeded: Vec<(oneshot::Sender<Result<()>>, Vec<Change>)> = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            let alone = job.alone;
            let ran = if alone { self.attempt(job.actor, job.run, head).await } else { self.part(job.actor, job.run, head).await };
            match ran {
                Ok(changes) => {
                    head += changes.len() as i64;
                    succeeded.push((job.done, changes));
                }
                Err(error) => {
                    if alone {
                        drop(self.execute("ROLLBACK").await);
                        drop(job.done.send(Err(error)));
                        return Then::Wait;
                    }
                    if matches!(&error, Error::Unavailable(why) if why == STOP) {
                        then = Then::Stop;
                    }
                    drop(job.done.send(Err(error)));
                }
            }
            next = if alone || matches!(then, Then::Stop) || succeeded.len() >= GROUP { None } else { queue.try_recv().ok() };
            if let Some(job) = next.take_if(|job| job.alone) {
                then = Then::Job(job);
            }
        }
        let committed = self.execute("COMMIT").await;
        if committed.is_err() {
            drop(self.execute("ROLLBACK").await);
        } else {
            self.head = head;
        }
        for (done, changes) in succeeded {
            if committed.is_ok() {
                for change in changes {
                    // No listener is no error.
                    drop(self.feed.send(Arc::new(change)));
                }
            }
            drop(done.send(committed.clone()));
        }
        then
    }

    /// One job of several in its savepoint: all of it, or none.
    async fn part(&mut self, actor: Actor, run: Run, head: i64) -> Result<Vec<Change>> {
        self.execute("SAVEPOINT job").await?;
        let ran = self.attempt(actor, run, head).await;
        if ran.is_err() {
            self.execute("ROLLBACK TO job").await?;
        }
        self.execute("RELEASE job").await?;
        ran
    }

    async fn attempt(&mut self, actor: Actor, run: Run, head: i64) -> Result<Vec<Change>> {
        let conn = self.conn.take().ok_or(Error::Internal)?;
        let mut tx = Tx { conn, clock: self.clock.clone(), actor, now: self.clock.now(), changes: Vec::new() };
        let ran = AssertUnwindSafe(async {
            run(&mut tx).await?;
            tx.append_changes(Some(head)).await
        })
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            tracing::error!("a write panicked; it was rolled back");
            Err(Error::Internal)
        });
        let Tx { conn, changes, .. } = tx;
        self.conn = Some(conn);
        ran.map(|()| changes)
    }

    async fn execute(&mut self, text: &'static str) -> Result<()> {
        let Some(conn) = &mut self.conn else { return Err(Error::Internal) };
        conn.run(super::sql(text)).await.map(drop)
    }
}

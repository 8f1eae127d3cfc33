//! Postgres: a pool, and the sequencer that numbers committed changes.
//!
//! Transactions commit changes without a `seq`. One node of the cluster, the holder of an advisory lock, numbers the committed changes and
//! announces the new head; every node then reads the log up to it and sends the changes to its own feed.

use super::{
    Access, Work,
    backlog::Backlog,
    built::begin_read,
    conn::Conn,
    failures::{failed, failed_commit},
    log,
    memory::Memory,
    migrate,
    sql::Query,
    tx::Tx,
};
use crate::clock::SharedClock;
use domain::{Actor, Change, Error, Result};
use sqlx::{
    Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore, broadcast},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

/// NOTIFY channel: changes without a `seq` were committed.
const FRESH: &str = "linnet_fresh";
/// NOTIFY channel: the head of the log moved.
const HEAD: &str = "linnet_head";
/// Key of the sequencer's advisory lock: `linnet` in ASCII.
const LOCK: i64 = 0x6c69_6e6e_6574;
/// Poll interval, in case a notification is lost.
const POLL: Duration = Duration::from_secs(1);
/// Time limit of the health check.
const ANSWER: Duration = Duration::from_secs(5);
/// Connections for reads and writes.
const CONNECTIONS: u32 = 16;
/// Most writes at once: when all of them wait for rows that others hold, connections are left for reads.
const WRITES: usize = 10;
/// Longest wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);

/// What the server ends by itself when a node stands still or is gone: its open transactions, which hold rows, and its connections.
/// A write that waits for such a row is refused before that. JIT is off: compiling a large rule takes longer than evaluating it, and cannot be
/// cancelled.
const SETTINGS: [(&str, &str); 7] = [
    ("jit", "off"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("lock_timeout", "10s"),
    ("tcp_keepalives_idle", "10s"),
    ("tcp_keepalives_interval", "5s"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "30s"),
];

/// Longest wait for connections at the end. What a transaction under way has not committed by then is rolled back.
const CLOSE: Duration = Duration::from_secs(20);

/// Interval at which the end of earlier writes is asked for.
const SOON: Duration = Duration::from_millis(10);

/// Interval between attempts to cancel a read.
const AGAIN: Duration = Duration::from_millis(100);

/// Cancels the read of this name and no other. Postgres does not notice by itself that the client no longer waits.
const CANCEL: &str = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1";

/// Numbers changes densely, in the order in which they were written. Changes of one record are written while its lock is held.
const NUMBER: &str = "
WITH head  AS (SELECT COALESCE(MAX(seq), 0) AS seq FROM change),
     fresh AS (SELECT pos, ROW_NUMBER() OVER (ORDER BY pos) AS place
               FROM (SELECT pos FROM change WHERE seq IS NULL ORDER BY pos LIMIT 2000) AS batch)
UPDATE change SET seq = head.seq + fresh.place
FROM   head, fresh
WHERE  change.pos = fresh.pos";

/// The first transaction that has not begun to write, and the oldest that has not ended. Each sees a snapshot of its own.
const NEXT_WRITE: &str = "SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)";
const OLDEST_WRITE: &str = "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)";

/// The oldest change without a `seq`.
const OLDEST: &str = "SELECT MIN(pos) FROM change WHERE seq IS NULL";

/// Ends the session that numbers changes. It holds the lock, but its node may stand still.
const DEPOSE: &str = "
SELECT pg_terminate_backend(pid)
FROM   pg_locks
WHERE  locktype = 'advisory' AND granted AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND    (CAST(classid AS BIGINT) << 32 | CAST(objid AS BIGINT)) = $1";

#[derive(Clone)]
pub(super) struct Postgres {
    pool: PgPool,
    writes: Arc<Semaphore>,
    /// Two reserved connections, which never wait for other queries: for health checks, cancellation and `watch`.
    aside: PgPool,
    backlog: Backlog,
    /// Id of this node, and a counter: together they name each read.
    node: Arc<str>,
    reads: Arc<AtomicU64>,
    clock: SharedClock,
    memory: Arc<Memory>,
    fresh: Arc<Notify>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Postgres {
    pub(super) async fn open(url: &str, clock: SharedClock, feed: broadcast::Sender<Arc<Change>>, access: Access) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| Error::invalid("database", format!("Not a Postgres address: {error}")))?
            .application_name("linnet")
            .statement_cache_capacity(256);
        let unopened = |error: sqlx::Error| Error::Unavailable(format!("The database cannot be opened: {error}"));
        // Without limits: migrations take their time, and other nodes wait for them.
        let migrating =
            PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE).connect_with(options.clone()).await.map_err(unopened)?;
        if access != Access::Migrate && !migrate::is_ours(&migrating).await? {
            return Err(Error::invalid(
                "database",
                "There are no tables of Linnet in this Postgres database; check --database, or make them with `linnet migrate`",
            ));
        }
        match access {
            Access::Migrate => migrate::postgres(&migrating, clock.id()).await?,
            Access::Write | Access::Read => migrate::check_postgres(&migrating).await?,
        }
        migrating.close().await;
        let options = options.options(SETTINGS);
        let options = if access == Access::Read { options.options([("default_transaction_read_only", "on")]) } else { options };
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.clone())
            .await
            .map_err(unopened)?;
        let aside = PgPoolOptions::new().max_connections(2).acquire_timeout(ANSWER).connect_lazy_with(options.clone());
        let this = Self {
            pool,
            writes: Arc::new(Semaphore::new(WRITES)),
            aside,
            backlog: Backlog::default(),
            node: clock.id().simple().to_string().into(),
            reads: Arc::default(),
            clock,
            memory: Arc::new(Memory::new(false)),
            fresh: Arc::new(Notify::new()),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let head = this.read(ANSWER, |conn| Box::pin(log::head(conn))).await?;
        let tail = Tail { db: this.clone(), feed, head };
        this.spawn(tail.run());
        this.spawn(this.clone().watch());
        if access != Access::Read {
            this.spawn(Sequencer { db: this.clone(), options }.run());
            this.spawn(this.clone().announce());
        }
        Ok(this)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    pub(super) async fn write<T, F>(&self, actor: Actor, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        let db = self.clone();
        run_detached(async move {
            let _permit = match timeout(ACQUIRE, db.writes.acquire()).await {
                Ok(permit) => permit.map_err(|_| failed(&sqlx::Error::PoolClosed))?,
                Err(_) => return Err(failed(&sqlx::Error::PoolTimedOut)),
            };
            let transaction = db.pool.begin().await.map_err(|error| failed(&error))?;
            let mut tx = Tx::new(Conn::Postgres(transaction), db.clock.clone(), actor, db.memory.clone());
            // Dropping the transaction on any error below rolls it back.
            let value = work(&mut tx).await?;
            tx.finish(None).await?;
            let wrote = !tx.changes.is_empty();
            let Conn::Postgres(transaction) = tx.conn else { return Err(Error::Internal) };
            transaction.commit().await.map_err(|error| failed_commit(&error))?;
            if wrote {
                db.fresh.notify_one();
            }
            Ok(value)
        })
        .await
    }

    /// `patience` is the time limit of each statement. The read is cancelled when the caller is dropped.
    pub(super) async fn read<T, F>(&self, patience: Duration, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Conn) -> Work<'t, T> + Send + 'static,
    {
        let gone = CancellationToken::new();
        let _asking = gone.clone().drop_guard();
        let db = self.clone();
        run_detached(async move {
            let name = format!("linnet {} {}", db.node, db.reads.fetch_add(1, Ordering::Relaxed));
            let transaction = db.pool.begin_with(begin_read(patience, &name)).await.map_err(|error| failed(&error))?;
            let mut conn = Conn::Postgres(transaction);
            let mut work = work(&mut conn);
            let value = tokio::select! {
                biased;
                value = &mut work => value,
                () = gone.cancelled() => loop {
                    // `work` then returns an error, and the connection stays usable. Between two statements there is nothing to cancel, so
                    // the next statement must be cancelled.
                    db.cancel(&name).await;
                    if let Ok(value) = timeout(AGAIN, &mut work).await {
                        break value;
                    }
                },
            }?;
            drop(work);
            let Conn::Postgres(transaction) = conn else { return Err(Error::Internal) };
            transaction.commit().await.map_err(|error| failed(&error))?;
            Ok(value)
        })
        .await
    }

    /// If this fails, the statement ends by its time-out.
    async fn cancel(&self, name: &str) {
        if let Err(error) = sqlx::query(CANCEL).bind(name).execute(&self.aside).await {
            tracing::warn!(%error, "a read that nobody waits for could not be cancelled");
        }
    }

    pub(super) async fn answers(&self) -> Result<()> {
        let asked = async {
            let conn = self.aside.begin_with(begin_read(ANSWER, "linnet")).await.map_err(|error| failed(&error))?;
            log::head(&mut Conn::Postgres(conn)).await.map(drop)
        };
        timeout(ANSWER, asked).await.map_err(|_| failed(&sqlx::Error::PoolTimedOut))??;
        if self.backlog.is_stuck() {
            return Err(Error::Unavailable(
                "Changes are saved but not sent to open pages; the next node takes this over in a moment".to_owned(),
            ));
        }
        Ok(())
    }

    /// Keeps `backlog` up to date.
    async fn watch(self) {
        loop {
            match sqlx::query_as::<_, (Option<i64>,)>(OLDEST).fetch_one(&self.aside).await {
                Ok((oldest,)) => self.backlog.see(oldest),
                Err(error) => drop(failed(&error)),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until all writes have ended that were under way when it was called.
    pub(super) async fn earlier_writes_end(&self, patience: Duration) -> Result<()> {
        let ended = async {
            let (next,): (i64,) = sqlx::query_as(NEXT_WRITE).fetch_one(&self.pool).await?;
            loop {
                let (oldest,): (i64,) = sqlx::query_as(OLDEST_WRITE).fetch_one(&self.pool).await?;
                if oldest >= next {
                    return Ok(());
                }
                // Postgres tells nobody when a transaction ends.
                tokio::time::sleep(SOON).await;
            }
        };
        let ended: std::result::Result<(), sqlx::Error> =
            timeout(patience, ended).await.map_err(|_| Error::Unavailable("A write takes very long; try again in a moment".to_owned()))?;
        ended.map_err(|error| failed(&error))
    }

    pub(super) async fn prepare(&self, query: Query) -> Result<()> {
        let (text, _) = query.for_postgres();
        let mut conn = self.pool.acquire().await.map_err(|error| failed(&error))?;
        conn.prepare(text).await.map(drop).map_err(|error| failed(&error))
    }

    pub(super) async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        for pool in [&self.pool, &self.aside] {
            // A pool waits for each connection, and a connection for the database.
            if timeout(CLOSE, pool.close()).await.is_err() {
                tracing::warn!(connections = pool.size(), "connections to the database did not end in time");
            }
        }
    }

    /// Wakes the sequencer, on whichever node it runs, outside of any transaction: NOTIFY at commit would serialize all writers.
    async fn announce(self) {
        loop {
            self.fresh.notified().await;
            let sent = sqlx::query("SELECT pg_notify($1, '')").bind(FRESH).execute(&self.pool).await;
            if let Err(error) = sent {
                failed(&error);
            }
        }
    }
}

/// Runs a transaction to its end even when its caller is dropped, as on a closed connection. sqlx cannot abort a BEGIN half-way, and the
/// pool would get the connection back with an open transaction.
async fn run_detached<T: Send + 'static>(transaction: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    match tokio::spawn(transaction.in_current_span()).await {
        Ok(answer) => answer,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Unavailable("Linnet is restarting; nothing was changed. Try again in a moment".to_owned())),
        },
    }
}

/// Runs on every node; numbers changes on the node that holds the lock.
struct Sequencer {
    db: Postgres,
    options: PgConnectOptions,
}

impl Sequencer {
    async fn run(self) {
        loop {
            if let Err(error) = self.lead().await {
                failed(&error);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Numbers changes as long as the lock's connection lives. Returns at once when another node holds the lock; ends its session when it
    /// numbers nothing.
    async fn lead(&self) -> std::result::Result<(), sqlx::Error> {
        // The lock belongs to this connection: when it closes, the lock is released.
        let mut conn = PgConnection::connect_with(&self.options).await?;
        let (leads,): (bool,) = sqlx::query_as("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut conn).await?;
        if !leads {
            // Read anew: this node may itself have stood still, or a third one may have taken over since `watch` looked.
            let (oldest,): (Option<i64>,) = sqlx::query_as(OLDEST).fetch_one(&mut conn).await?;
            self.db.backlog.see(oldest);
            if self.db.backlog.is_stuck() {
                tracing::warn!("the node that numbers changes does not; its session is ended");
                sqlx::query(DEPOSE).bind(LOCK).execute(&mut conn).await?;
            }
            return conn.close().await;
        }
        let mut listener = PgListener::connect_with(&self.db.pool).await?;
        listener.listen(FRESH).await?;
        loop {
            loop {
                let numbered = sqlx::query(NUMBER).execute(&mut conn).await?.rows_affected();
                if numbered == 0 {
                    break;
                }
                sqlx::query("SELECT pg_notify($1, '')").bind(HEAD).execute(&mut conn).await?;
            }
            // A time-out counts as a notification.
            if let Ok(heard) = timeout(POLL, listener.recv()).await {
                heard?;
            }
        }
    }
}

/// Follows the log and sends its changes to this node's feed.
struct Tail {
    db: Postgres,
    feed: broadcast::Sender<Arc<Change>>,
    head: i64,
}

impl Tail {
    async fn run(mut self) {
        loop {
            if let Err(error) = self.follow().await {
                failed(&error);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn follow(&mut self) -> std::result::Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.db.pool).await?;
        listener.listen(HEAD).await?;
        loop {
            let head = self.head;
            // The error was logged; the poll below tries again.
            let changes =
                self.db.read(super::READ_TIMEOUT, move |conn| Box::pin(log::since(conn, head, i64::MAX, 1_000))).await.unwrap_or_default();
            if changes.is_empty() {
                if let Ok(heard) = timeout(POLL, listener.recv()).await {
                    heard?;
                }
                continue;
            }
            for change in changes {
                self.head = change.seq.unwrap_or(self.head);
                // No listener is no error.
                drop(self.feed.send(Arc::new(change)));
            }
        }
    }
}

//! The only task that writes to SQLite, with group commit: writes that arrive while a commit is being synced share the next one.

use super::{conn::Conn, log, memory::Memory, tx::Tx};
use crate::clock::SharedClock;
use domain::{Actor, Change, Error, Result};
use futures::{FutureExt, future::BoxFuture};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::sync::{broadcast, mpsc, oneshot};

/// Most writes in one transaction, so that no commit takes too long.
const GROUP: usize = 256;
/// Interval at which the feed gets the writes of other programs, while nothing is written here.
const LOOK: Duration = Duration::from_secs(1);
/// Statements that begin a job in a shared transaction: the first job, and each following one.
const FIRST: &str = "SAVEPOINT job";
const NEXT: &str = "RELEASE job; SAVEPOINT job";

pub(super) type Run = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<()>> + Send>;

pub(super) struct Job {
    pub(super) actor: Actor,
    pub(super) run: Run,
    /// Runs in a transaction of its own.
    pub(super) alone: bool,
    /// Stops the writer, whatever comes of it.
    pub(super) last: bool,
    pub(super) done: oneshot::Sender<Result<()>>,
}

/// A job that stops the writer after everything that was queued before.
pub(super) fn stop(done: oneshot::Sender<Result<()>>) -> Job {
    let run: Run = Box::new(|_| Box::pin(async { Ok(()) }));
    Job { actor: Actor::system(), run, alone: false, last: true, done }
}

/// What the writer does after a group.
enum Then {
    Wait,
    /// The next job must run in a transaction of its own.
    Job(Job),
    Stop,
}

pub(super) struct Writer {
    /// `None` only while a transaction owns it.
    pub(super) conn: Option<Conn>,
    pub(super) head: i64,
    pub(super) clock: SharedClock,
    pub(super) memory: Arc<Memory>,
    pub(super) feed: broadcast::Sender<Arc<Change>>,
}

impl Writer {
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut next = None;
        loop {
            let first = match next.take() {
                Some(job) => job,
                None => match tokio::time::timeout(LOOK, queue.recv()).await {
                    Ok(Some(job)) => job,
                    Ok(None) => return,
                    Err(_) => {
                        // The error was logged; the next interval tries again.
                        drop(self.catch_up().await);
                        continue;
                    }
                },
            };
            match self.group(first, &mut queue).await {
                Then::Wait => {}
                Then::Job(job) => next = Some(job),
                Then::Stop => return,
            }
        }
    }

    /// Runs the first job, and the jobs that wait behind it, in one transaction.
    async fn group(&mut self, first: Job, queue: &mut mpsc::Receiver<Job>) -> Then {
        // Nothing is left to write: no lock is taken, which a command that only reads could not.
        if first.last {
            drop(first.done.send(Ok(())));
            return Then::Stop;
        }
        if let Err(error) = self.begin().await {
            drop(first.done.send(Err(error)));
            return Then::Wait;
        }
        let mut head = self.head;
        let mut then = Then::Wait;
        let mut begin = FIRST;
        let mut succeeded: Vec<(oneshot::Sender<Result<()>>, Vec<Change>)> = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            let alone = job.alone;
            if job.last {
                then = Then::Stop;
            }
            let ran = if alone {
                self.attempt(job.actor, job.run, head).await
            } else {
                self.part(std::mem::replace(&mut begin, NEXT), job.actor, job.run, head).await
            };
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
            self.memory.forget(self.clock.id());
        } else {
            self.head = head;
        }
        for (done, changes) in succeeded {
            if committed.is_ok() {
                for change in changes {
                    self.tell(change);
                }
            }
            drop(done.send(committed.clone()));
        }
        then
    }

    /// Takes the database's only write lock, and catches up with the log, so that numbers continue from its head.
    async fn begin(&mut self) -> Result<()> {
        self.execute("BEGIN IMMEDIATE").await?;
        let seen = self.catch_up().await;
        if seen.is_err() {
            drop(self.execute("ROLLBACK").await);
        }
        seen
    }

    /// Sends the changes of another program, such as a command on the same database, to the feed.
    async fn catch_up(&mut self) -> Result<()> {
        let Some(conn) = &mut self.conn else { return Err(Error::Internal) };
        loop {
            let changes = log::since(conn, self.head, i64::MAX, 1_000).await?;
            let Some(last) = changes.last() else { return Ok(()) };
            self.head = last.seq.unwrap_or(self.head);
            self.memory.forget(self.clock.id());
            for change in changes {
                drop(self.feed.send(Arc::new(change)));
            }
        }
    }

    /// Runs one of several jobs in its savepoint: all of it, or nothing. A successful job's savepoint is released when the next job begins.
    async fn part(&mut self, begin: &'static str, actor: Actor, run: Run, head: i64) -> Result<Vec<Change>> {
        self.execute(begin).await?;
        let ran = self.attempt(actor, run, head).await;
        if ran.is_err() {
            self.execute("ROLLBACK TO job").await?;
        }
        ran
    }

    async fn attempt(&mut self, actor: Actor, run: Run, head: i64) -> Result<Vec<Change>> {
        let conn = self.conn.take().ok_or(Error::Internal)?;
        let mut tx = Tx::new(conn, self.clock.clone(), actor, self.memory.clone());
        let ran = AssertUnwindSafe(async {
            run(&mut tx).await?;
            tx.finish(Some(head)).await
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

    fn tell(&self, change: Change) {
        // No listener is no error.
        drop(self.feed.send(Arc::new(change)));
    }

    async fn execute(&mut self, text: &'static str) -> Result<()> {
        let Some(conn) = &mut self.conn else { return Err(Error::Internal) };
        conn.run(super::sql(text)).await.map(drop)
    }
}

//! Background jobs: a few at a time, each on one server only, retried while the database is unavailable, and stopped with the server.
//!
//! A job is a row with `status`, `lease_by` and `lease_until`. The server that works on it renews the lease, with each batch and in
//! between. When that server is gone, another one claims the job after the lease has expired. A batch that lost its lease writes nothing.
//! Nor does a batch of someone whose right to the work has ended.
//! Servers' clocks may differ: a lease that ends later than any that could be given now is not valid.

mod batches;
mod kind;

pub use batches::{Batches, State};
pub use kind::JobKind;

use crate::{
    node::Node,
    store::{Query, Sql, Store, Tx, Value, sql},
};
use domain::{Actor, ActorRef, Error, Result, Timestamp};
use sqlx::types::Json;
use std::{
    collections::{HashMap, hash_map::Entry},
    convert::Infallible,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// Back-off in seconds while the database is unavailable; the last value repeats. 120 tries take about an hour.
const BACKOFF: [u64; 4] = [1, 3, 10, 30];
const TRIES: usize = 120;
/// Length of a lease: a server that is gone keeps its jobs for this long.
const LEASE: Duration = Duration::from_secs(10);

/// The statements that lease each job of a table to one server.
pub struct Leases {
    /// Claims a free job, or renews its lease. No row: the job has ended, or another server has it.
    pub hold: &'static str,
    pub release: &'static str,
    /// Jobs without a valid lease of another server.
    pub free: &'static str,
    /// Notes for whom a job runs.
    pub set_actor: &'static str,
    pub actor: &'static str,
}

impl Leases {
    /// For the test that prepares every statement.
    pub const fn statements(&self) -> [Sql; 5] {
        [Sql::same(self.hold), Sql::same(self.release), Sql::same(self.free), Sql::same(self.set_actor), Sql::same(self.actor)]
    }
}

/// The lease statements of a table of jobs.
macro_rules! leases {
    ($table:literal) => {
        $crate::jobs::Leases {
            hold: concat!(
                "UPDATE ",
                $table,
                " SET lease_by = $2, lease_until = $3 WHERE id = $1 AND status IN ('running', 'undoing') AND (lease_by = $2 OR lease_until < $4 OR lease_until > $5)"
            ),
            release: concat!("UPDATE ", $table, " SET lease_until = 0 WHERE id = $1 AND lease_by = $2"),
            free: concat!(
                "SELECT id FROM ",
                $table,
                " WHERE status IN ('running', 'undoing') AND (lease_by = $1 OR lease_until < $2 OR lease_until > $3) ORDER BY id"
            ),
            set_actor: concat!("UPDATE ", $table, " SET run_by = $2 WHERE id = $1"),
            actor: concat!("SELECT run_by FROM ", $table, " WHERE id = $1"),
        }
    };
}
pub(crate) use leases;

/// Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    store: Store,
    leases: &'static Leases,
    lease: Duration,
    node: Node,
    /// One permit per job that may run at a time; the others wait.
    permits: Arc<Semaphore>,
    /// Jobs that run or wait on this server.
    mine: Arc<Mutex<HashMap<Uuid, LocalJob>>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Clone)]
struct LocalJob {
    /// Stops the job: at shutdown, on request, or because another server has it.
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Jobs {
    pub fn new(store: Store, leases: &'static Leases, at_a_time: usize) -> Self {
        let node = Node::passing(store.clock.id());
        let permits = Arc::new(Semaphore::new(at_a_time));
        let (mine, stop, tasks) = (Arc::default(), CancellationToken::new(), TaskTracker::new());
        Self { store, leases, lease: LEASE, node, permits, mine, stop, tasks }
    }

    pub fn set_node(&mut self, node: Node) {
        self.node = node;
    }

    pub fn set_leases(&mut self, leases: &'static Leases) {
        self.leases = leases;
    }

    pub fn set_lease(&mut self, lease: Duration) {
        self.lease = lease;
    }

    pub fn spawn<T: Send + 'static>(&self, job: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tasks.spawn(job)
    }

    /// Waits for a permit, then runs `attempt` until it succeeds. Returns an error that is not temporary, or the last one after 120 tries.
    /// A shutdown, or another server that works on the job, is no error. `attempt` gets the token that tells it to stop early.
    pub async fn work<F>(&self, id: Uuid, attempt: impl Fn(CancellationToken) -> F + Send) -> Result<()>
    where
        F: Future<Output = Result<()>> + Send,
    {
        let Some(listed) = self.list(id).await else { return Ok(()) };
        let stop = &listed.mine.stop;
        let _permit = tokio::select! {
            permit = self.permits.acquire() => permit,
            () = stop.cancelled() => return Ok(()),
        };
        for tried in 0.. {
            let Err(error) = self.attempt(id, stop, attempt(stop.clone())).await else { return Ok(()) };
            let temporary = matches!(error, Error::Unavailable(_) | Error::Conflict(_) | Error::DiskFull);
            if !temporary || tried + 1 == TRIES {
                return Err(error);
            }
            tracing::warn!(%id, %error, "a job waits before it goes on");
            let wait = BACKOFF[tried.min(BACKOFF.len() - 1)];
            tokio::select! {
                () = self.store.clock.sleep(Duration::from_secs(wait)) => {}
                () = stop.cancelled() => break,
            }
        }
        Ok(())
    }

    /// One attempt, with a lease that is renewed meanwhile and released at the end.
    async fn attempt(&self, id: Uuid, stop: &CancellationToken, work: impl Future<Output = Result<()>> + Send) -> Result<()> {
        if !self.claim(id).await? {
            return Ok(());
        }
        let done = tokio::select! {
            done = work => done,
            never = self.renew(id, stop) => match never {},
        };
        let release = sql(self.leases.release).bind(id).bind(self.node.id);
        // If this fails, the lease expires by itself.
        drop(self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(release).await })).await);
        done
    }

    async fn renew(&self, id: Uuid, stop: &CancellationToken) -> Infallible {
        loop {
            self.store.clock.sleep(self.lease / 3).await;
            // An error of the database says nothing about the lease; the next batch checks it.
            if matches!(self.claim(id).await, Ok(false)) {
                stop.cancel();
                std::future::pending::<()>().await;
            }
        }
    }

    /// Claims the job or renews its lease. `false` when it has ended or another server has it.
    pub async fn claim(&self, id: Uuid) -> Result<bool> {
        let hold = self.holding(id);
        self.store.write(&Actor::system(), move |tx| Box::pin(async move { Ok(tx.run(hold).await? == 1) })).await
    }

    /// The lease statement for `hold`, which runs in the transaction of a batch.
    pub fn holding(&self, id: Uuid) -> Query {
        let now = self.store.clock.now();
        let until = now.0 + self.lease.as_micros() as i64;
        sql(self.leases.hold).bind(id).bind(self.node.id).bind(until).bind(now).bind(self.latest(now))
    }

    /// No valid lease ends later: it was given by a clock that is ahead, or before this clock was set back.
    fn latest(&self, now: Timestamp) -> i64 {
        now.0 + 2 * self.lease.as_micros() as i64
    }

    /// For whom the job runs. Each batch checks the rights that the actor has then.
    ///
    /// # Errors
    /// Errors of the database.
    pub async fn actor(&self, id: Uuid) -> Result<Actor> {
        let query = sql(self.leases.actor).bind(id);
        let stored = self.store.read(move |conn| Box::pin(conn.optional::<(Option<Json<ActorRef>>,)>(query))).await?;
        let who = stored.and_then(|(who,)| who).map_or(ActorRef::System, |Json(who)| who);
        Ok(Actor { who, ..Actor::system() })
    }

    /// Stops the job if it runs or waits on this server.
    pub fn interrupt(&self, id: Uuid) {
        if let Some(mine) = self.mine().get(&id) {
            mine.stop.cancel();
        }
    }

    /// Jobs that no server works on.
    pub async fn free(&self) -> Result<Vec<Uuid>> {
        let now = self.store.clock.now();
        let query = sql(self.leases.free).bind(self.node.id).bind(now).bind(self.latest(now));
        let free = self.store.read(move |conn| Box::pin(conn.all::<(Uuid,)>(query))).await?;
        let mine = self.mine();
        Ok(free.into_iter().map(|(id,)| id).filter(|id| !mine.contains_key(id)).collect())
    }

    /// Calls `take` for each job that no server works on, three times per lease, until shutdown.
    pub fn watch(&self, take: impl Fn(Uuid) + Send + Sync + 'static) {
        let this = self.clone();
        drop(self.spawn(async move {
            while !this.is_stopped() {
                // The error was logged; the next interval tries again.
                this.free().await.unwrap_or_default().into_iter().for_each(&take);
                tokio::select! {
                    () = this.store.clock.sleep(this.lease / 3) => {}
                    () = this.stop.cancelled() => {}
                }
            }
        }));
    }

    /// Calls `work` after each `wait`, until shutdown.
    pub fn every<F: Future<Output = ()> + Send + 'static>(&self, wait: Duration, work: impl Fn() -> F + Send + Sync + 'static) {
        let this = self.clone();
        drop(self.spawn(async move {
            loop {
                tokio::select! {
                    () = this.store.clock.sleep(wait) => work().await,
                    () = this.stop.cancelled() => return,
                }
            }
        }));
    }

    /// Registers the job on this server, after an earlier run of it here has ended. `None` at shutdown.
    async fn list(&self, id: Uuid) -> Option<Registration<'_>> {
        loop {
            let ended = match self.mine().entry(id) {
                Entry::Vacant(place) => {
                    let mine = LocalJob { stop: self.stop.child_token(), ended: CancellationToken::new() };
                    place.insert(mine.clone());
                    return Some(Registration { jobs: self, id, mine });
                }
                Entry::Occupied(place) => place.get().ended.clone(),
            };
            tokio::select! {
                () = ended.cancelled() => {}
                () = self.stop.cancelled() => return None,
            }
        }
    }

    fn mine(&self) -> MutexGuard<'_, HashMap<Uuid, LocalJob>> {
        self.mine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns at shutdown.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Is cancelled at shutdown.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Asks every job to stop where it can be resumed, and waits for them.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Removes the job from the jobs of this server on drop.
struct Registration<'j> {
    jobs: &'j Jobs,
    id: Uuid,
    mine: LocalJob,
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.jobs.mine().remove(&self.id);
        self.mine.ended.cancel();
    }
}

/// Notes that the job runs for the transaction's actor: it was started, continued or undone by them.
///
/// # Errors
/// Errors of the database.
pub async fn run_for_actor(tx: &mut Tx, leases: &Leases, id: Uuid) -> Result<()> {
    let who = Value::json(&tx.actor().who)?;
    tx.run_one(sql(leases.set_actor).bind(id).bind_all([who])).await
}

/// Renews the lease in the batch's own transaction, so that a batch without a lease writes nothing. `lease` is from `Jobs::holding`.
///
/// # Errors
/// `Conflict` when another server works on the job.
pub async fn hold(tx: &mut Tx, lease: Query) -> Result<()> {
    if tx.run(lease).await? == 1 { Ok(()) } else { Err(Error::Conflict("This is already running".to_owned())) }
}

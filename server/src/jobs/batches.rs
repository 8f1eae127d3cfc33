//! The one loop of all jobs: reads a batch, and writes it in one transaction with the job's counts and cursor, until the job has ended or
//! is stopped.

use super::{Jobs, hold};
use crate::{
    accounts,
    clock::SharedClock,
    store::{Query, Tx},
};
use async_trait::async_trait;
use domain::{Actor, Error, Result, Timestamp};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The row of a job.
#[async_trait]
pub trait State: Sized + Send + Sync + 'static {
    /// Where the job is: its status, and what says which batch is next. A batch is written only where it was read for.
    type Cursor: PartialEq + Send + 'static;
    type Batch: Send + 'static;

    /// The job, locked until the transaction ends.
    async fn lock(tx: &mut Tx, id: Uuid) -> Result<Self>;

    /// `None` when there is nothing to do: the job is over, or waits for a person.
    fn cursor(&self) -> Option<Self::Cursor>;

    /// Whether the batch writes so few rows that its transaction may share a commit with others.
    fn is_small(_: &Self::Batch) -> bool {
        false
    }

    /// What the actor does, as in "Ana may no longer import".
    const WORK: &'static str;

    /// Whether an actor has the right to this work.
    fn allows(&self, actor: &Actor) -> bool;

    /// Number of rows processed, for the throughput.
    fn done(&self) -> i64;

    /// Writes the batch with the new counts and cursor. Returns the state as written.
    async fn write(self, tx: &mut Tx, batch: Self::Batch) -> Result<Self>;
}

/// One run of a job on this server.
#[async_trait]
pub trait Batches: Send {
    type State: State;

    /// The next batch of a job in this state, read outside of the write. Dropped when the job is stopped meanwhile.
    async fn next(&mut self, state: &Self::State) -> Result<<Self::State as State>::Batch>;

    /// Reports the progress after each batch.
    fn tell(&self, state: &Self::State, rows_per_second: f64);
}

impl Jobs {
    /// Processes batches from `state` on until the job has nothing more to do, or `stop` is cancelled. Returns the last state.
    ///
    /// Where someone else changed the job meanwhile, a batch writes nothing, and the run goes on from the state found.
    ///
    /// # Errors
    /// `Conflict` when another server works on the job; `Forbidden` when the actor's right to it has ended; else the errors of the batches.
    pub async fn run<B: Batches>(
        &self,
        actor: &Actor,
        id: Uuid,
        mut state: B::State,
        stop: &CancellationToken,
        batches: &mut B,
    ) -> Result<B::State> {
        let pace = Throughput::begin(self.store.clock.clone(), state.done());
        while let Some(from) = state.cursor() {
            let batch = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                batch = batches.next(&state) => batch?,
            };
            state = self.write(actor, id, from, batch).await?;
            batches.tell(&state, pace.at(state.done()));
        }
        Ok(state)
    }

    /// Processes one batch. Does nothing when the job has nothing to do.
    ///
    /// # Errors
    /// As `run`.
    pub async fn step<B: Batches>(&self, actor: &Actor, id: Uuid, state: B::State, batches: &mut B) -> Result<B::State> {
        let Some(from) = state.cursor() else { return Ok(state) };
        let batch = batches.next(&state).await?;
        self.write(actor, id, from, batch).await
    }

    async fn write<S: State>(&self, actor: &Actor, id: Uuid, from: S::Cursor, batch: S::Batch) -> Result<S> {
        let lease = self.holding(id);
        if S::is_small(&batch) {
            return self.store.write(actor, move |tx| Box::pin(write(tx, id, from, batch, lease))).await;
        }
        self.store.write_many(actor, move |tx| Box::pin(write(tx, id, from, batch, lease))).await
    }
}

async fn write<S: State>(tx: &mut Tx, id: Uuid, from: S::Cursor, batch: S::Batch, lease: Query) -> Result<S> {
    let state = S::lock(tx, id).await?;
    // It was stopped, or another run has advanced it.
    if state.cursor() != Some(from) {
        return Ok(state);
    }
    require_access(tx, &state).await?;
    hold(tx, lease).await?;
    state.write(tx, batch).await
}

/// Access can end while a job runs, so each batch checks it, and is written with the role that its actor has now.
async fn require_access<S: State>(tx: &mut Tx, state: &S) -> Result<()> {
    if let Some(actor) = accounts::actor_now(tx).await?.filter(|actor| state.allows(actor)) {
        tx.set_role(actor.role);
        return Ok(());
    }
    Err(Error::Forbidden(format!("{} may no longer {}", tx.actor().who.name(), S::WORK)))
}

/// Throughput of a run.
struct Throughput {
    clock: SharedClock,
    began: Timestamp,
    done: i64,
}

impl Throughput {
    /// For a job that continues here and has processed `done` rows before.
    fn begin(clock: SharedClock, done: i64) -> Self {
        Self { began: clock.now(), clock, done }
    }

    /// Rows per second since it began here.
    fn at(&self, done: i64) -> f64 {
        // An undo that began meanwhile counts from 0 again.
        (done - self.done).max(0) as f64 * 1e6 / (self.clock.now().0 - self.began.0).max(1) as f64
    }
}

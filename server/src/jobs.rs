//! Work that goes on by itself: one piece after the other, tried again while the database is out of reach, and ended with the server.

use domain::{Error, Result};
use std::{fmt::Display, future::Future, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A database that is out of reach is tried again after these many seconds, the last one over and over: an hour in all.
const PATIENCE: [u64; 4] = [1, 3, 10, 30];
const TRIES: usize = 120;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Jobs {
    /// One job at a time; the others wait in line.
    turn: Arc<tokio::sync::Mutex<()>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Jobs {
    pub fn spawn(&self, job: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.tasks.spawn(job)
    }

    /// Works until `attempt` succeeds, in its turn. What is not temporary comes back; a stop of the server is no error.
    pub async fn work<F: Future<Output = Result<()>> + Send>(&self, id: impl Display, attempt: impl Fn() -> F + Send) -> Result<()> {
        let _turn = tokio::select! {
            turn = self.turn.lock() => turn,
            () = self.stop.cancelled() => return Ok(()),
        };
        for tried in 0.. {
            let Err(error) = attempt().await else { return Ok(()) };
            let temporary = matches!(error, Error::Unavailable(_) | Error::Conflict(_));
            if !temporary || tried + 1 == TRIES {
                return Err(error);
            }
            tracing::warn!(%id, %error, "a job waits before it goes on");
            let wait = PATIENCE[tried.min(PATIENCE.len() - 1)];
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(wait)) => {}
                () = self.stopped() => break,
            }
        }
        Ok(())
    }

    /// When the server goes down.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Asks every job to stop where it can go on later, and waits for them.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

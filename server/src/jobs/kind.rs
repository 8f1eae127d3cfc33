//! Common behaviour of all kinds of jobs: start, resume and failure.

use super::Jobs;
use crate::background::Background;
use async_trait::async_trait;
use domain::{Actor, Error, Result};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// One kind of job.
#[async_trait]
pub trait JobKind: Clone + Send + Sync + 'static {
    fn jobs(&self) -> &Jobs;

    /// Works on the job until it has ended or `stop` is cancelled; `Jobs::run` does so batch by batch.
    async fn attempt(&self, actor: &Actor, id: Uuid, stop: CancellationToken) -> Result<()>;

    /// Ends the job with an error that a retry cannot fix.
    async fn fail(&self, actor: &Actor, id: Uuid, error: &Error);

    /// The actor for a job that another server left, or this one before it stopped; `None` when the job must not continue.
    async fn resume_as(&self, id: Uuid) -> Option<Actor> {
        // An error is already logged; the next scan retries.
        self.jobs().actor(id).await.ok()
    }

    /// Called once before jobs are resumed: removes data that no job needs.
    async fn tidy(&self) -> Result<()> {
        Ok(())
    }

    /// Waits for a permit, then runs the job to its end.
    ///
    /// # Errors
    /// The error with which the job failed.
    async fn work(&self, actor: &Actor, id: Uuid) -> Result<()> {
        let done = self.jobs().work(id, |stop| self.attempt(actor, id, stop)).await;
        if let Err(error) = &done {
            tracing::error!(%id, %error, "a job failed");
            self.fail(actor, id, error).await;
        }
        done
    }

    /// Runs the job to its end in the background.
    fn spawn(&self, actor: Actor, id: Uuid) -> JoinHandle<()> {
        let this = self.clone();
        self.jobs().spawn(async move { drop(this.work(&actor, id).await) })
    }
}

#[async_trait]
impl<W: JobKind> Background for W {
    async fn resume(&self) -> Result<()> {
        self.tidy().await?;
        let this = self.clone();
        self.jobs().watch(move |id| {
            let one = this.clone();
            drop(this.jobs().spawn(async move {
                if let Some(actor) = one.resume_as(id).await {
                    drop(one.work(&actor, id).await);
                }
            }));
        });
        Ok(())
    }

    async fn shutdown(&self) {
        self.jobs().shutdown().await;
    }
}

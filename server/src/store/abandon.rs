//! Reads for a client that is gone. A page is rendered to its end even then, because its parts wait for each other; what it still reads ends
//! with an error, in the database too.

use domain::{Error, Result};
use std::future::Future;
use tokio::task::futures::TaskLocalFuture;
use tokio_util::sync::CancellationToken;

tokio::task_local! {
    /// Cancelled when nobody waits for what this task reads.
    static ABANDONED: CancellationToken;
}

/// Runs `work`; its reads end when `abandoned` is cancelled.
pub fn scope<F: Future>(abandoned: CancellationToken, work: F) -> TaskLocalFuture<CancellationToken, F> {
    ABANDONED.scope(abandoned, work)
}

/// The token of the current task, for tasks that it spawns.
pub fn current() -> Option<CancellationToken> {
    ABANDONED.try_with(CancellationToken::clone).ok()
}

/// # Errors
/// `Unavailable` when nobody waits for `read` any more.
pub(super) async fn check<T>(read: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(abandoned) = current() else { return read.await };
    let gone = || Error::Unavailable("The request was given up while it was read".to_owned());
    abandoned.run_until_cancelled(read).await.unwrap_or_else(|| Err(gone()))
}

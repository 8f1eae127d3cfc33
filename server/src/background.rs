//! Background work of a running server: `Core` holds the list.

use async_trait::async_trait;
use domain::Result;

#[async_trait]
pub trait Background: Send + Sync {
    /// Called at start: resumes interrupted work, and begins to process new work.
    async fn resume(&self) -> Result<()>;

    /// Stops the work where it can be resumed.
    async fn shutdown(&self);
}

//! What goes on by itself while a server runs: `Core` holds the list.

use async_trait::async_trait;
use domain::Result;

#[async_trait]
pub trait Background: Send + Sync {
    /// At start: goes on with what a stop interrupted, and from now on with what comes.
    async fn resume(&self) -> Result<()>;

    /// Ends where it can go on later.
    async fn shutdown(&self);
}

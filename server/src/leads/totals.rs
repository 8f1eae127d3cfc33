//! Totals of queries about leads. Whoever keeps them up to date (the hub) implements the trait, so that `leads` does not depend on it.

use async_trait::async_trait;
use domain::{
    Actor,
    live::{Query, Total},
};
use std::time::Duration;

#[async_trait]
pub trait Totals: Send + Sync {
    /// The total of a query about leads. Includes every change up to `as_of`, so it is no older than the page that was read then.
    /// `None` when it is not known after `wait`.
    async fn total(&self, actor: &Actor, query: Query, as_of: i64, wait: Duration) -> Option<Total>;
}

//! What is forgotten with age: old changes, and everything that is kept for their undo.

use crate::{
    bulk, campaigns, leads,
    store::{Store, log::Prune},
};
use domain::{Result, Timestamp, time::DAY};
use std::time::Duration;

/// In this order: a bulk action holds the images of its leads, and these hold moves, notes and enrollments.
pub const LISTS: &[&[Prune]] = &[bulk::PRUNE, leads::PRUNE, campaigns::PRUNE];

/// Forgets what is older than `before`. Answers how many changes.
///
/// # Errors
/// What the database refuses.
pub async fn prune(store: &Store, before: Timestamp) -> Result<u64> {
    store.prune(before, LISTS).await
}

/// Keeps `days` days of changes, from now on and daily; all of them for 0.
pub async fn daily(store: Store, days: u32) {
    if days == 0 {
        return;
    }
    let mut daily = tokio::time::interval(Duration::from_micros(DAY.unsigned_abs()));
    loop {
        daily.tick().await;
        match prune(&store, store.clock.now().plus_days(-i64::from(days))).await {
            Ok(0) => {}
            Ok(changes) => tracing::info!(changes, days, "forgot old changes"),
            Err(error) => tracing::error!(%error, "old changes were not forgotten"),
        }
    }
}

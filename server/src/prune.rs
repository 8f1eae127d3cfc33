//! Retention: deletes old changes, and everything that is kept for their undo.

use crate::{
    background::Background,
    bulk, campaigns, leads,
    store::{
        Store,
        log::{Prune, span},
    },
};
use async_trait::async_trait;
use domain::{Result, Timestamp, time::DAY};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// In this order: a bulk action keeps the undo images of its leads, and these keep moves, notes and enrollments.
pub const LISTS: &[&[Prune]] = &[bulk::PRUNE, leads::PRUNE, campaigns::PRUNE];

/// Deletes changes older than `before`. Returns their number.
///
/// # Errors
/// Errors of the database.
pub async fn prune(store: &Store, before: Timestamp) -> Result<u64> {
    store.prune(before, LISTS).await
}

/// The most that one run forgets: 30 days of the log. It also trusts the clock for no more than 30 days after the newest change. A clock that
/// is ahead then costs a part of the log, not all of it, and the log tells of it each day.
const STEP: i64 = 30;

/// The time before which a run forgets, when changes are kept for `days`; `None` for an empty log.
fn due(span: Option<(Timestamp, Timestamp)>, now: Timestamp, days: u32) -> Option<Timestamp> {
    let (oldest, newest) = span?;
    let now = now.min(newest.plus_days(STEP));
    Some(now.plus_days(-i64::from(days)).min(oldest.plus_days(STEP)))
}

/// Deletes the changes that are older than `days`, up to `STEP` days of them.
async fn run(store: &Store, days: u32) -> Result<u64> {
    let span = store.read(|conn| Box::pin(span(conn))).await?;
    match due(span, store.clock.now(), days) {
        Some(before) => prune(store, before).await,
        None => Ok(0),
    }
}

/// Deletes changes older than this number of days, at start and daily; 0 keeps all.
pub struct Retention {
    store: Store,
    days: u32,
    stop: CancellationToken,
}

impl Retention {
    pub fn new(store: Store, days: u32) -> Self {
        Self { store, days, stop: CancellationToken::new() }
    }
}

#[async_trait]
impl Background for Retention {
    async fn resume(&self) -> Result<()> {
        if self.days > 0 {
            let daily = daily(self.store.clone(), self.days);
            tokio::spawn(self.stop.clone().run_until_cancelled_owned(daily));
        }
        Ok(())
    }

    async fn shutdown(&self) {
        self.stop.cancel();
    }
}

async fn daily(store: Store, days: u32) {
    loop {
        let day = Duration::from_micros(DAY.unsigned_abs());
        let wait = match run(&store, days).await {
            Ok(0) => day,
            Ok(changes) => {
                tracing::info!(changes, days, "forgot old changes");
                day
            }
            Err(error) => {
                tracing::error!(%error, "old changes were not forgotten; tried again in an hour");
                day / 24
            }
        };
        store.clock.sleep(wait).await;
    }
}

//! Retention: deletes old changes, and everything that is kept for their undo.

use crate::{
    background::Background,
    bulk, campaigns, exports, leads, orders, segments,
    store::{
        Store, Tx,
        log::{Prune, span},
        meta,
    },
};
use async_trait::async_trait;
use domain::{Actor, Result, Timestamp, time::DAY};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// In this order: a bulk action keeps the undo images of its leads, and these keep moves, notes, enrollments and opening balances.
pub const LISTS: &[&[Prune]] = &[bulk::PRUNE, leads::PRUNE, campaigns::PRUNE, orders::PRUNE, segments::PRUNE, exports::PRUNE];

/// Deletes changes older than `before`. Returns their number.
///
/// # Errors
/// Errors of the database.
pub async fn prune(store: &Store, before: Timestamp) -> Result<u64> {
    store.prune(before, LISTS).await
}

/// The most that one run forgets: 30 days of the log, so that it writes for a short time.
const STEP: i64 = 30;
/// The most that a daily run trusts the clock to have advanced, in days. A clock that is ahead for a while then costs as much of the log as
/// that while lasts, and nothing of it when it is put right within a day.
const PACE: i64 = 2;
/// The trusted time and the clock at the run that set it, in microseconds.
const TRUSTED: &str = "retention";

/// The time that retention goes by, and the time of the run that sets it. It follows the clock from the time of the newest change, whether or
/// not anybody writes.
fn trusted(known: Option<(Timestamp, Timestamp)>, newest: Timestamp, now: Timestamp) -> (Timestamp, Timestamp) {
    match known {
        None => (newest.min(now), now),
        // This server started again, or it is another one's turn.
        Some((time, run)) if (now.0 - run.0).abs() < DAY / 2 => (time.min(now), run),
        Some((time, _)) => (time.plus_days(PACE).min(now), now),
    }
}

/// Deletes the changes that are older than `days`, up to `STEP` days of them.
async fn run(store: &Store, days: u32) -> Result<u64> {
    let due = store.write(&Actor::system(), move |tx| Box::pin(due(tx, days))).await?;
    match due {
        Some(before) => prune(store, before).await,
        None => Ok(0),
    }
}

/// The time before which a run forgets, when changes are kept for `days`; `None` for an empty log.
async fn due(tx: &mut Tx, days: u32) -> Result<Option<Timestamp>> {
    let Some((oldest, newest)) = span(tx.conn()).await? else { return Ok(None) };
    let known = meta::read(tx.conn(), TRUSTED).await?;
    let known = known.as_deref().and_then(|known| known.split_once(' '));
    let known = known.and_then(|(time, run)| Some((Timestamp(time.parse().ok()?), Timestamp(run.parse().ok()?))));
    let (time, at) = trusted(known, newest, tx.now());
    meta::set(tx, TRUSTED, &format!("{} {}", time.0, at.0)).await?;
    Ok(Some(time.plus_days(-i64::from(days)).min(oldest.plus_days(STEP))))
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

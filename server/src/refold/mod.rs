//! Recomputes the folded keys of older rows (`domain::text`) at start, in batches. Each batch is one transaction that also stores the
//! cursor, so that an interrupted run resumes there.

mod addresses;
mod clash;
mod names;

pub use clash::{Clashes, STATEMENTS as CLASH_STATEMENTS, clashes};

use crate::{
    segments,
    store::{Sql, Store, Tx, outdated, sql},
    tags,
};
use domain::{Actor, LeadId, Result, text::FOLD};
use std::time::Duration;
use uuid::Uuid;

/// Leads per transaction: few enough that other writes wait little.
const BATCH: usize = 2_000;

/// Time between two lines of progress in the log.
const EACH: Duration = Duration::from_secs(5);

/// Every statement about the cursor, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[Sql::same(PLACE), Sql::same(SET_PLACE)];

const PLACE: &str = "SELECT value FROM meta WHERE key = 'fold'";
const SET_PLACE: &str = "INSERT INTO meta (key, value) VALUES ('fold', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/// Recomputes the remaining keys. Does nothing when all are in the present form. Several servers may run it at once.
///
/// # Errors
/// Errors of the database.
pub async fn run(store: &Store) -> Result<()> {
    run_in_batches(store, BATCH).await
}

/// # Errors
/// `Unavailable` when keys remain that `run` would recompute; errors of the database.
pub async fn check(store: &Store) -> Result<()> {
    let place = store.optional::<(String,)>(sql(PLACE)).await?;
    if place.is_some_and(|(place,)| place == FOLD) { Ok(()) } else { Err(outdated()) }
}

/// `run` with `batch` leads per transaction.
///
/// # Errors
/// As `run`.
pub async fn run_in_batches(store: &Store, batch: usize) -> Result<()> {
    let place = store.optional::<(String,)>(sql(PLACE)).await?.map(|(place,)| place).unwrap_or_default();
    if place == FOLD {
        return Ok(());
    }
    // A cursor is the version and the last lead done. One of another version starts from the beginning.
    let begun = place.split_once(' ').filter(|(version, _)| *version == FOLD).and_then(|(_, lead)| lead.parse::<Uuid>().ok());
    let mut after = if let Some(lead) = begun {
        LeadId(lead)
    } else {
        step(store, |tx| {
            Box::pin(async move {
                addresses::accounts(tx).await?;
                names::campaigns(tx).await?;
                names::views(tx).await?;
                names::segments(tx).await
            })
        })
        .await?;
        LeadId(Uuid::nil())
    };
    let (began, mut told) = (store.clock.now(), store.clock.now());
    let (mut looked, mut written) = (0, 0);
    loop {
        let renewed = step(store, move |tx| {
            Box::pin(async move {
                let found = addresses::leads(tx, after, batch).await?;
                let place = match found.last {
                    Some(last) => format!("{FOLD} {last}"),
                    None => FOLD.to_owned(),
                };
                if found.last.is_none() {
                    segments::recount_all(tx).await?;
                    tags::recount(tx).await?;
                }
                tx.run(sql(SET_PLACE).bind(place)).await?;
                Ok(found)
            })
        })
        .await?;
        looked += renewed.looked;
        written += renewed.written;
        let now = store.clock.now();
        let Some(last) = renewed.last else { break };
        // At once after the first batch, which is the last of a small database.
        if looked == renewed.looked || now.0 - told.0 >= EACH.as_micros() as i64 {
            tracing::info!(looked, written, "this version compares text in a new way: bringing leads up to date before the start");
            told = now;
        }
        after = last;
    }
    if written > 0 {
        let seconds = (store.clock.now().0 - began.0) / 1_000_000;
        tracing::info!(leads = looked, written, seconds, "leads were brought up to date");
    }
    Ok(())
}

async fn step<T, F>(store: &Store, work: F) -> Result<T>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> crate::store::Work<'t, T> + Send + 'static,
{
    store.write_many(&Actor::system(), work).await
}

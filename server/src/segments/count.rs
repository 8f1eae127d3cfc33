//! Counts the leads of a segment: at its creation, after an edit of its rule, and when time has changed who is in it.
//!
//! A count is exact while others write: it compares the number of leads with the tallies in one snapshot, and adds the difference. Each write
//! after the snapshot moves the tallies by the same rule, as of the same moment.

use super::{known::zone, sql};
use crate::{
    leads::COUNT,
    named_rules,
    store::{self, Conn, Query, Store},
};
use domain::{Actor, Moment, Result, SegmentId, Timestamp, rule::Rule};
use sqlx::types::Json;
use std::time::Duration;
use uuid::Uuid;

/// Slot of what a count finds at the creation of a segment or after an edit of its rule.
const FOUND: i64 = -1;
/// Slot of what time has changed.
const PASSED: i64 = 0;

/// The row of `TO_COUNT`.
type ToCount = (Json<Rule>, i64, bool, bool, i64);

struct Count {
    counted: bool,
    /// It was counted as of its moment.
    current: bool,
    number: i64,
    /// By how much the tallies are too low.
    by: i64,
}

async fn count(conn: &mut Conn, id: SegmentId) -> Result<Option<Count>> {
    let Some((Json(rule), as_of, counted, current, number)) = conn.optional::<ToCount>(store::sql(sql::TO_COUNT).bind(id)).await? else {
        return Ok(None);
    };
    let rule = named_rules::expanded_saved(conn, &rule).await?;
    let (postgres, as_of) = (conn.is_postgres(), Moment { now: Timestamp(as_of), zone: zone(conn).await? });
    let (leads,) = conn.one::<(i64,)>(Query::with_rule(COUNT, Vec::new(), &rule, postgres, &as_of)).await?;
    let (tallied,) = conn.one::<(i64,)>(store::sql(sql::TALLIED).bind(id)).await?;
    Ok(Some(Count { counted, current, number, by: leads - tallied }))
}

/// Counts a segment. Returns `false` when it must be counted again: its rule or its moment changed meanwhile, or another node was faster.
///
/// # Errors
/// `Unavailable` when it takes more than 20 s.
pub(super) async fn recount(store: &Store, id: SegmentId) -> Result<bool> {
    store.earlier_writes_end().await?;
    let permit = store.read_permit(&Actor::system()).await?;
    let count = store.read(move |conn| Box::pin(count(conn, id))).await?;
    drop(permit);
    // It was deleted.
    let Some(Count { counted, number, by, .. }) = count else { return Ok(true) };
    store
        .write(&Actor::system(), move |tx| {
            Box::pin(async move {
                if tx.run(store::sql(sql::SET_COUNTED).bind(id).bind(number)).await? == 0 {
                    return Ok(false);
                }
                if by != 0 {
                    let slot = if counted { PASSED } else { FOUND };
                    let day = zone(tx.conn()).await?.day(tx.now());
                    let set = store::sql(sql::SET_TALLY).bind(id).bind(day).bind(slot).bind(by.max(0)).bind((-by).max(0));
                    tx.run(set).await?;
                }
                Ok(true)
            })
        })
        .await
}

/// Time limit of the counts of an audit.
const PATIENCE: Duration = Duration::from_mins(10);

/// Counts the leads of all segments anew, without those that are being counted. Returns what differs, one sentence for each segment.
///
/// # Errors
/// `Unavailable` when the database does not answer in time.
pub async fn audit(store: &Store) -> Result<Vec<String>> {
    store
        .with_read_timeout(PATIENCE)
        .read(|conn| {
            Box::pin(async move {
                let mut found = Vec::new();
                for (id, name) in conn.all::<(Uuid, String)>(store::sql(sql::NAMES)).await? {
                    match count(conn, SegmentId(id)).await? {
                        Some(Count { counted: true, current: true, by, .. }) if by != 0 => {
                            found.push(format!("{name} ({id}): its size differs from a count by {by}"));
                        }
                        _ => {}
                    }
                }
                Ok(found)
            })
        })
        .await
}

//! Compares the sums of leads with a recount of their orders, and mends them.

use super::{sql, sums};
use crate::store::{self, Conn, Store};
use domain::{Actor, LeadId, Result, Timestamp, orders::Totals};
use std::time::Duration;
use uuid::Uuid;

/// Time limit of the recount.
const PATIENCE: Duration = Duration::from_mins(10);
/// Leads that are counted at once.
const AT_ONCE: u32 = 2_000;

type Row = (Uuid, i64, i64, i64, Option<i64>);

async fn next(conn: &mut Conn, after: LeadId) -> Result<Vec<Totals>> {
    let totals = |(id, revision, total_spend, visits, active): Row| Totals {
        lead_id: LeadId(id),
        revision,
        total_spend,
        visits,
        last_active_at: active.map(Timestamp),
    };
    Ok(conn.all::<Row>(store::sql(sql::NEXT_LEADS).bind(after).bind(AT_ONCE)).await?.into_iter().map(totals).collect())
}

/// Counts the orders of all leads. Returns what differs, one sentence for each lead.
///
/// # Errors
/// `Unavailable` when the database does not answer in time.
pub async fn audit(store: &Store) -> Result<Vec<String>> {
    store
        .with_read_timeout(PATIENCE)
        .read(|conn| {
            Box::pin(async move {
                let (mut found, mut after) = (Vec::new(), LeadId(Uuid::nil()));
                loop {
                    let stored = next(conn, after).await?;
                    let Some(last) = stored.last() else { break };
                    after = last.lead_id;
                    for (stored, counted) in sums::counted(conn, stored).await? {
                        if counted.is_none_or(|counted| !counted.are(&stored)) {
                            found.push(differs(&stored, counted.as_ref()));
                        }
                    }
                }
                let (astray,) = conn.one::<(i64,)>(store::sql(sql::ASTRAY)).await?;
                if astray > 0 {
                    found.push(format!("{astray} orders are applied to leads that are not there"));
                }
                Ok(found)
            })
        })
        .await
}

fn differs(stored: &Totals, counted: Option<&Totals>) -> String {
    let sums = |totals: &Totals| format!("{} in {} orders", totals.total_spend, totals.visits);
    let counted = counted.map_or_else(|| "more than a number holds".to_owned(), sums);
    format!("lead {}: {} stored, {counted} counted", stored.lead_id, sums(stored))
}

/// Writes the sums of all leads that differ from a recount. Returns how many did. Each lead's sums are a change of their own.
///
/// # Errors
/// Errors of the database.
pub async fn mend(store: &Store) -> Result<usize> {
    let (mut mended, mut after) = (0, LeadId(Uuid::nil()));
    loop {
        let from = after;
        let (last, count) = store
            .write(&Actor::system(), move |tx| {
                Box::pin(async move {
                    let leads: Vec<LeadId> = next(tx.conn(), from).await?.into_iter().map(|totals| totals.lead_id).collect();
                    let moved = sums::settle(tx, &leads).await?;
                    sums::tell(tx, &moved);
                    Ok((leads.last().copied(), moved.len()))
                })
            })
            .await?;
        mended += count;
        let Some(last) = last else { return Ok(mended) };
        after = last;
    }
}

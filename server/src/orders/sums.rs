//! The sums of leads over their orders: `opening balance + orders`, in the lead's row.

use super::sql;
use crate::{
    leads::{lock_totals, write_totals},
    store::{self, Conn, Tx, Value},
};
use domain::{Error, LeadId, Op, Record, Result, Timestamp, orders::Totals};
use std::collections::HashMap;
use uuid::Uuid;

/// The sums of a lead, counted anew.
#[derive(sqlx::FromRow)]
struct Recount {
    id: Uuid,
    millions: i64,
    rest: i64,
    orders: i64,
    newest: Option<i64>,
    // The opening balance.
    total_spend: i64,
    visits: i64,
    last_active_at: Option<i64>,
}

impl Recount {
    /// `stored` with the right sums; `None` when they are too large for a number.
    fn of(&self, stored: Totals) -> Option<Totals> {
        let spend = i128::from(self.millions) * 1_000_000 + i128::from(self.rest) + i128::from(self.total_spend);
        Some(Totals {
            total_spend: i64::try_from(spend).ok()?,
            visits: self.orders.checked_add(self.visits)?,
            last_active_at: self.newest.max(self.last_active_at).map(Timestamp),
            ..stored
        })
    }
}

/// Those of which the sums moved, with the next revision.
pub(super) fn revised(moved: impl IntoIterator<Item = (Totals, Totals)>) -> Vec<(Totals, Totals)> {
    let next = |(before, after): (Totals, Totals)| (before, Totals { revision: before.revision + 1, ..after });
    let mut moved: Vec<_> = moved.into_iter().filter(|(before, after)| !before.are(after)).map(next).collect();
    moved.sort_by_key(|(before, _)| before.lead_id);
    moved
}

/// Writes the sums of locked leads.
pub(super) async fn write(tx: &mut Tx, moved: &[(Totals, Totals)]) -> Result<()> {
    let after: Vec<Totals> = moved.iter().map(|(_, after)| *after).collect();
    write_totals(tx, &after).await
}

pub(super) fn tell(tx: &mut Tx, moved: &[(Totals, Totals)]) {
    for (before, after) in moved {
        tx.record(Op::Update, Some(Record::Totals(*before)), Some(Record::Totals(*after)));
    }
}

/// Counts the sums of leads anew and writes those that differ. Locks the leads. Returns the sums before and after.
///
/// # Errors
/// `Invalid` on `totalSpend` when a sum is too large.
pub(super) async fn settle(tx: &mut Tx, leads: &[LeadId]) -> Result<Vec<(Totals, Totals)>> {
    let stored = lock_totals(tx, leads).await?;
    let counted = counted(tx.conn(), stored).await?;
    let fits = |(before, after): (Totals, Option<Totals>)| Some((before, after?));
    let moved: Option<Vec<_>> = counted.into_iter().map(fits).collect();
    let moved = revised(moved.ok_or_else(|| Error::invalid("totalSpend", "The sum of the lead's orders would be too large"))?);
    write(tx, &moved).await?;
    Ok(moved)
}

/// The sums as stored and as counted anew; `None` for those that are too large for a number.
pub(super) async fn counted(conn: &mut Conn, stored: Vec<Totals>) -> Result<Vec<(Totals, Option<Totals>)>> {
    let ids: Vec<LeadId> = stored.iter().map(|totals| totals.lead_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = conn.all::<Recount>(store::sql(sql::RECOUNT).bind_all([Value::json(&ids)?])).await?;
    let rows: HashMap<LeadId, Recount> = rows.into_iter().map(|row| (LeadId(row.id), row)).collect();
    let count = |totals: Totals| Ok((totals, rows.get(&totals.lead_id).ok_or(Error::Internal)?.of(totals)));
    stored.into_iter().map(count).collect()
}

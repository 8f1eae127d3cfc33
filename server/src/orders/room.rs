//! The most orders of one customer. Whoever adds, deletes, restores or renumbers a lead moves its orders in one transaction, so they must be
//! few. What an older version kept beyond it stays.

use super::sql;
use crate::store::{self, Tx, Value};
use domain::{
    Error, LeadId, Result,
    orders::{CUSTOMER_ORDERS_MAX, Order, Totals},
    text::grouped,
};
use std::collections::HashMap;
use uuid::Uuid;

/// How many visits each lead has without its orders: their number is the rest of its visits.
pub(super) struct Room {
    opening: HashMap<LeadId, i64>,
}

impl Room {
    /// Of locked leads.
    pub(super) async fn of(tx: &mut Tx, locked: &[Totals]) -> Result<Self> {
        if locked.is_empty() {
            return Ok(Self { opening: HashMap::new() });
        }
        let ids: Vec<LeadId> = locked.iter().map(|totals| totals.lead_id).collect();
        let rows = tx.all::<(Uuid, i64)>(store::sql(sql::OPENING_VISITS).bind_all([Value::json(&ids)?])).await?;
        Ok(Self { opening: rows.into_iter().map(|(id, visits)| (LeadId(id), visits)).collect() })
    }

    /// Whether the lead may have as many orders as are in these sums.
    pub(super) fn fits(&self, sums: &Totals) -> bool {
        let opening = self.opening.get(&sums.lead_id).copied().unwrap_or_default();
        sums.visits.saturating_sub(opening) <= CUSTOMER_ORDERS_MAX
    }
}

/// How many orders wait for each of these locked customers, counted up to `most`.
pub(super) async fn waiting(tx: &mut Tx, customers: &[&str], most: i64) -> Result<Vec<(String, i64)>> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    tx.all(store::sql(sql::HOW_MANY_WAIT).bind_all([Value::json(&customers)?]).bind(most)).await
}

/// Makes sure that there was room for an order that was just inserted: at its lead as it was locked before, or else among those that wait.
///
/// # Errors
/// `Invalid` on `customer` when there was not.
pub(super) async fn for_one(tx: &mut Tx, order: &Order, locked: &[Totals]) -> Result<()> {
    let most = CUSTOMER_ORDERS_MAX + 1;
    let fits = match (locked, order.lead_id) {
        ([totals, ..], _) => {
            let with = totals.plus(0, order.ordered_at).ok_or_else(none_left)?;
            Room::of(tx, locked).await?.fits(&with)
        }
        ([], Some(deleted)) => {
            let (count,) = tx.one::<(i64,)>(store::sql(sql::HOW_MANY_OF_DELETED).bind(deleted).bind(most)).await?;
            count < most
        }
        ([], None) => waiting(tx, &[order.customer.as_str()], most).await?.iter().all(|(_, count)| *count < most),
    };
    if fits { Ok(()) } else { Err(none_left()) }
}

pub(super) fn none_left() -> Error {
    let most = grouped(CUSTOMER_ORDERS_MAX);
    let what = format!("This customer has {most} orders, and no customer can have more; delete older ones, or use another customer number");
    Error::invalid("customer", what)
}

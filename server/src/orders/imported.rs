//! Orders of imports: recorded in the import's batches, and deleted by its undo. The import records the change of them all.

use super::{apply::record, sql, sums};
use crate::{
    leads::lock_totals,
    store::{self, Tx, Value},
};
use domain::{
    Error, ImportId, LeadId, Result,
    orders::{NewOrder, Outcome},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Records checked orders of an import. Returns what became of each.
///
/// # Errors
/// `Conflict` when a customer came at the same moment (Postgres): try again.
pub async fn import(tx: &mut Tx, import: ImportId, new: Vec<NewOrder>) -> Result<Vec<Outcome>> {
    Ok(record(tx, new, Some(import)).await?.outcomes)
}

/// Deletes at most `limit` orders that an import recorded, and takes their part from the sums. Returns their number: 0 when none is left.
///
/// # Errors
/// `Conflict` when the customer of one came or went at the same moment (Postgres): try again.
pub async fn remove_imported(tx: &mut Tx, import: ImportId, limit: i64) -> Result<i64> {
    let found = tx.all::<(Uuid, Option<Uuid>)>(store::sql(sql::OF_IMPORT).bind(import).bind(limit)).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = found.iter().map(|(id, _)| *id).collect();
    let leads: BTreeSet<LeadId> = found.into_iter().filter_map(|(_, lead)| lead.map(LeadId)).collect();
    let named: Vec<LeadId> = leads.iter().copied().collect();
    lock_totals(tx, &named).await?;
    let taken = tx.all::<(Option<Uuid>,)>(store::sql(sql::TAKE_MANY).bind_all([Value::json(&ids)?])).await?;
    if taken.iter().any(|(lead,)| lead.is_some_and(|lead| !leads.contains(&LeadId(lead)))) {
        return Err(Error::Conflict("The customer of an order came at the same moment; try again".to_owned()));
    }
    sums::settle(tx, &named).await?;
    Ok(ids.len() as i64)
}

//! Orders of leads that were just written, in the transaction that writes the leads: those that waited for a lead are applied to it, and
//! those of a deleted lead, and of a number whose change is undone, wait.

use super::{
    apply::lock,
    room::Room,
    sql::{self, WRITES},
    sums,
};
use crate::{
    leads::{Cause, LogMode, Written, customers, lock_totals},
    store::{self, Tx, Value},
};
use domain::{
    LeadId, Op, OrderId, Record, Result, Timestamp,
    leads::Lead,
    orders::{CUSTOMER_ORDERS_MAX, Totals},
};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// Keeps `sums = opening balance + orders` for leads that were just written. With `LogMode::Each` the log tells of the sums that moved.
///
/// # Errors
/// `Invalid` on `totalSpend` when a sum is too large.
pub async fn follow(tx: &mut Tx, written: &[Written], mode: LogMode) -> Result<()> {
    let (mut opening, mut settle, mut restored, mut deleted, mut named) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), HashSet::new());
    let mut returned: Vec<(LeadId, &str)> = Vec::new();
    for one in written {
        match one {
            Written::New(lead) => {
                opening.extend(Opening::of(lead));
                named.extend(lead.customer_id.clone());
            }
            Written::Updated(update) => {
                if let Some(set) = Opening::between(&update.before, &update.after) {
                    opening.push(set);
                    settle.push(update.after.id);
                }
                if update.after.customer_id != update.before.customer_id {
                    named.extend(update.after.customer_id.clone());
                    // Orders stay with their lead when its number changes, unless it was given a wrong one.
                    if let (Cause::Undo(_), Some(wrong)) = (&update.cause, &update.before.customer_id) {
                        returned.push((update.after.id, wrong));
                    }
                }
            }
            Written::Restored(lead) => {
                restored.push(lead);
                named.insert(lead.id.to_string());
                named.extend(lead.customer_id.clone());
            }
            Written::Deleted(lead) => deleted.push(lead),
        }
    }
    open(tx, &opening).await?;
    if !deleted.is_empty() {
        let ids: Vec<LeadId> = deleted.iter().map(|lead| lead.id).collect();
        tx.run(store::sql(sql::DETACH).bind_all([Value::json(&ids)?]).bind(tx.now())).await?;
    }
    if !returned.is_empty() {
        tx.run(store::sql(sql::RETURN).bind_all([Value::json(&returned)?]).bind(tx.now())).await?;
        settle.extend(returned.iter().map(|(lead, _)| *lead));
        named.extend(returned.iter().map(|(_, number)| (*number).to_owned()));
    }
    if !restored.is_empty() {
        let ids: Vec<LeadId> = restored.iter().map(|lead| lead.id).collect();
        tx.run(store::sql(sql::REATTACH).bind_all([Value::json(&ids)?]).bind(tx.now())).await?;
        settle.extend(ids);
    }
    // The sums of each lead before and after all that moved them.
    let mut moved: BTreeMap<LeadId, (Totals, Totals)> = BTreeMap::new();
    for (before, after) in [sums::settle(tx, &settle).await?, attach(tx, &named).await?].concat() {
        moved.entry(before.lead_id).or_insert((before, after)).1 = after;
    }
    if mode == LogMode::Each {
        tell(tx, &deleted, &restored, moved);
    }
    Ok(())
}

/// Records the sums that moved. Those of deleted and restored leads are recorded too: lists of orders follow by them.
fn tell(tx: &mut Tx, deleted: &[&Lead], restored: &[&Lead], moved: BTreeMap<LeadId, (Totals, Totals)>) {
    let record = |lead: &&Lead| Some(Record::Totals(Totals::of(lead)));
    for lead in deleted.iter().filter(|lead| lead.visits > 0) {
        tx.record(Op::Delete, record(lead), None);
    }
    for lead in restored.iter().filter(|lead| lead.visits > 0 && !moved.contains_key(&lead.id)) {
        tx.record(Op::Restore, None, record(lead));
    }
    sums::tell(tx, &moved.into_values().collect::<Vec<_>>());
}

/// An opening balance, or what is added to it; its time replaces the former one.
struct Opening {
    lead: LeadId,
    total_spend: i64,
    visits: i64,
    last_active_at: Option<Timestamp>,
}

impl Opening {
    /// The sums that a new lead has from the beginning.
    fn of(lead: &Lead) -> Option<Self> {
        let Lead { id, total_spend, visits, last_active_at, .. } = *lead;
        let any = total_spend != 0 || visits != 0 || last_active_at.is_some();
        any.then_some(Self { lead: id, total_spend, visits, last_active_at })
    }

    /// What was set outright.
    fn between(before: &Lead, after: &Lead) -> Option<Self> {
        let set = !Totals::of(before).are(&Totals::of(after));
        set.then(|| Self {
            lead: after.id,
            total_spend: after.total_spend.wrapping_sub(before.total_spend),
            visits: after.visits.wrapping_sub(before.visits),
            last_active_at: after.last_active_at,
        })
    }
}

async fn open(tx: &mut Tx, opening: &[Opening]) -> Result<()> {
    let queries = WRITES
        .opening
        .queries(opening, |query, one| Ok(query.bind(one.lead).bind(one.total_spend).bind(one.visits).bind(one.last_active_at)))?;
    tx.run_all(queries).await.map(drop)
}

/// Applies the waiting orders of these customers to their leads. An order with which the spend would be too large, or for which the lead has
/// no room, still waits.
async fn attach(tx: &mut Tx, named: &HashSet<String>) -> Result<Vec<(Totals, Totals)>> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    lock(tx, &named).await?;
    let waiting =
        tx.all::<(Uuid, String, i64, i64)>(store::sql(sql::WAITING_OF).bind_all([Value::json(&named)?]).bind(CUSTOMER_ORDERS_MAX)).await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let named: HashSet<&str> = waiting.iter().map(|(_, customer, ..)| customer.as_str()).collect();
    let of = customers(tx.conn(), &named.into_iter().collect::<Vec<_>>()).await?;
    let leads: HashSet<LeadId> = of.values().copied().collect();
    let locked = lock_totals(tx, &leads.into_iter().collect::<Vec<_>>()).await?;
    let room = Room::of(tx, &locked).await?;
    let mut moved: HashMap<LeadId, (Totals, Totals)> = locked.into_iter().map(|totals| (totals.lead_id, (totals, totals))).collect();
    let mut attached: Vec<(OrderId, LeadId)> = Vec::with_capacity(waiting.len());
    for (id, customer, amount, ordered_at) in waiting {
        let Some((_, after)) = of.get(&customer).and_then(|lead| moved.get_mut(lead)) else { continue };
        if let Some(sums) = after.plus(amount, Timestamp(ordered_at)).filter(|sums| room.fits(sums)) {
            *after = sums;
            attached.push((OrderId(id), sums.lead_id));
        }
    }
    tx.run(store::sql(sql::ATTACH).bind_all([Value::json(&attached)?]).bind(tx.now())).await?;
    let moved = sums::revised(moved.into_values());
    sums::write(tx, &moved).await?;
    Ok(moved)
}

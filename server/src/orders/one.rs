//! Deleting single orders, and the undo of their changes.

use super::{
    Orders,
    apply::{self, insert_products, nobody_came, too_much},
    room,
    row::{ListedRow, OrderRow, bind_order},
    sql::{self, WRITES},
    sums,
};
use crate::{
    leads::{customers, lock_totals},
    store::{self, Tx, Value},
};
use domain::{
    Actor, Change, ChangeId, Error, LeadId, Op, OrderId, Permission, Record, Result,
    orders::{ListedOrder, Order, already},
};
use uuid::Uuid;

impl Orders {
    pub(super) async fn one(&self, id: OrderId) -> Result<Option<ListedOrder>> {
        Ok(self.store.optional::<ListedRow>(store::sql(sql::GET_LISTED).bind(id)).await?.map(ListedOrder::from))
    }

    pub(super) async fn delete_once(&self, actor: &Actor, id: OrderId) -> Result<ChangeId> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let order = lock(tx, id).await?.ok_or_else(|| Error::not_found("Order", id))?;
                    remove(tx, order).await
                })
            })
            .await
    }
}

/// The order, after locking its lead.
async fn lock(tx: &mut Tx, id: OrderId) -> Result<Option<Order>> {
    let Some(seen) = tx.optional::<OrderRow>(store::sql(sql::GET).bind(id)).await?.map(Order::from) else { return Ok(None) };
    if let Some(lead) = seen.lead_id {
        lock_totals(tx, &[lead]).await?;
    }
    match tx.optional::<OrderRow>(store::sql(sql::LOCK).bind(id)).await?.map(Order::from) {
        Some(order) if order.lead_id != seen.lead_id => {
            Err(Error::Conflict("The customer of this order came or went at the same moment; try again".to_owned()))
        }
        order => Ok(order),
    }
}

/// Deletes a locked order and takes its part from the sums.
async fn remove(tx: &mut Tx, order: Order) -> Result<ChangeId> {
    tx.run(store::sql(sql::DELETE_MANY).bind_all([Value::json(&[order.id])?])).await?;
    let lead: Vec<LeadId> = order.lead_id.into_iter().collect();
    let change = tx.deleted(Record::Order(Box::new(order)));
    let moved = sums::settle(tx, &lead).await?;
    sums::tell(tx, &moved);
    Ok(change)
}

/// Deletes a recorded order, or restores a deleted one.
///
/// # Errors
/// `Conflict` when that was done already; `Duplicate` when another order has its id since.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::WriteLeads)?;
    match (change.op, change.before, change.after) {
        (Op::Create | Op::Restore, _, Some(Record::Order(made))) => {
            let order = lock(tx, made.id).await?.ok_or_else(|| Error::Conflict("This order was deleted already".to_owned()))?;
            remove(tx, order).await?;
            Ok(None)
        }
        (Op::Delete, Some(Record::Order(gone)), _) => Ok(Some(Record::Order(Box::new(restore(tx, *gone).await?)))),
        _ => Err(Error::Conflict("Of an order its creation and its deletion can be undone".to_owned())),
    }
}

/// Restores an order with its id. It is applied to the lead that had it. When that lead is deleted, it waits for it, as its other orders do.
async fn restore(tx: &mut Tx, gone: Order) -> Result<Order> {
    if tx.optional::<OrderRow>(store::sql(sql::GET).bind(gone.id)).await?.is_some() {
        return Err(Error::Conflict("This order was restored already".to_owned()));
    }
    let lead = match gone.lead_id {
        Some(lead) => Some(lead),
        None => customers(tx.conn(), &[gone.customer.as_str()]).await?.into_values().next(),
    };
    let locked = lock_totals(tx, &lead.into_iter().collect::<Vec<_>>()).await?;
    let there = !locked.is_empty();
    let order = Order { lead_id: lead, updated_at: tx.now(), ..gone };
    if tx.optional::<(Uuid,)>(WRITES.insert.one(&order, bind_order)?).await?.is_none() {
        let key = order.key().into_iter().collect::<Vec<_>>();
        let other = tx.optional::<OrderRow>(store::sql(sql::KNOWN).bind_all([Value::json(&key)?])).await?.map(Order::from);
        return Err(
            other.map_or_else(|| Error::Conflict("Another order had its id at this moment; try again".to_owned()), |other| already(&other))
        );
    }
    insert_products(tx, std::iter::once(&order)).await?;
    let leads: Vec<LeadId> = lead.into_iter().collect();
    if !there {
        tx.run(store::sql(sql::DETACH).bind_all([Value::json(&leads)?]).bind(tx.now())).await?;
    }
    if lead.is_none() {
        apply::lock(tx, &[order.customer.as_str()]).await?;
        nobody_came(tx, &[order.customer.as_str()]).await?;
    }
    room::for_one(tx, &order, &locked).await?;
    let order = Order { lead_id: lead.filter(|_| there), ..order };
    tx.record(Op::Restore, None, Some(Record::Order(Box::new(order.clone()))));
    let moved = sums::settle(tx, &leads).await.map_err(|_| too_much())?;
    sums::tell(tx, &moved);
    Ok(order)
}

//! Orders: the service. The sums of a lead (spend, visits, last activity) move in the transaction that writes its orders.

mod apply;
mod audit;
mod facts;
mod follow;
mod imported;
mod list;
mod one;
mod room;
mod row;
mod sql;
mod sums;

pub use audit::{audit, mend};
pub use facts::facts;
pub use follow::follow;
pub use imported::{import, remove_imported};
pub use list::{count, next_page};
pub use one::undo;
pub use sql::{PRUNE, STATEMENTS, WRITES};

use crate::store::{self, Store, Tx};
use apply::{Recorded, record};
use async_trait::async_trait;
use domain::{
    Actor, ChangeId, Error, Op, OrderId, Permission, Record, Result, Snapshot,
    change::Set,
    orders::{BATCH_MAX, ListedOrder, NewOrder, Order, OrderPage, OrderQuery, Outcome, SavedOrder},
    services::OrderService,
    text::grouped,
};
use row::OrderRow;

/// Tries of a write that meets another one of the same customer or order on Postgres.
const TRIES: usize = 4;

#[derive(Clone)]
pub struct Orders {
    store: Store,
}

impl Orders {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn add_once(&self, actor: &Actor, new: NewOrder) -> Result<SavedOrder> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let Recorded { mut outcomes, mut orders, moved } = record(tx, vec![new], None).await?;
                    let id = outcomes.pop().ok_or(Error::Internal)?.id()?;
                    if let Some(order) = orders.pop() {
                        let undo = tx.created(Record::Order(Box::new(order.clone())));
                        sums::tell(tx, &moved);
                        return Ok(SavedOrder { order, undo: Some(undo) });
                    }
                    let row = tx.one::<OrderRow>(store::sql(sql::GET).bind(id)).await?;
                    Ok(SavedOrder { order: row.into(), undo: None })
                })
            })
            .await
    }

    async fn apply_once(&self, actor: &Actor, new: Vec<NewOrder>) -> Result<Vec<Outcome>> {
        self.store.write(actor, move |tx| Box::pin(apply_many(tx, new))).await
    }
}

/// Records checked orders as one change. Returns what became of each.
///
/// # Errors
/// `Conflict` when a customer came at the same moment (Postgres): try again.
pub async fn apply_many(tx: &mut Tx, new: Vec<NewOrder>) -> Result<Vec<Outcome>> {
    let Recorded { outcomes, orders, .. } = record(tx, new, None).await?;
    if !orders.is_empty() {
        tx.record(Op::Bulk, None, Some(Record::Set(Set::of_orders(what(&orders), orders.len() as i64))));
    }
    Ok(outcomes)
}

/// `recorded 417 orders, 3 of which wait for their customer`
fn what(orders: &[Order]) -> String {
    let count = |count: usize| grouped(count as i64);
    let all = if orders.len() == 1 { "recorded an order".to_owned() } else { format!("recorded {} orders", count(orders.len())) };
    match orders.iter().filter(|order| order.is_waiting()).count() {
        0 => all,
        waiting if waiting == orders.len() && waiting == 1 => format!("{all}, which waits for its customer"),
        waiting if waiting == orders.len() => format!("{all}, which wait for their customer"),
        1 => format!("{all}, one of which waits for its customer"),
        waiting => format!("{all}, {} of which wait for their customer", count(waiting)),
    }
}

#[async_trait]
impl OrderService for Orders {
    async fn list(&self, actor: &Actor, query: &OrderQuery) -> Result<Snapshot<OrderPage>> {
        actor.require(Permission::Read)?;
        self.page(actor, query).await
    }

    async fn get(&self, actor: &Actor, id: OrderId) -> Result<Option<ListedOrder>> {
        actor.require(Permission::Read)?;
        self.one(id).await
    }

    async fn add(&self, actor: &Actor, new: NewOrder) -> Result<SavedOrder> {
        actor.require(Permission::WriteLeads)?;
        let new = new.check()?;
        for _ in 1..TRIES {
            match self.add_once(actor, new.clone()).await {
                Err(Error::Conflict(_)) => {}
                done => return done,
            }
        }
        self.add_once(actor, new).await
    }

    async fn apply_batch(&self, actor: &Actor, orders: &[NewOrder]) -> Result<Vec<Outcome>> {
        actor.require(Permission::WriteLeads)?;
        if orders.len() > BATCH_MAX {
            return Err(Error::invalid("orders", format!("Send at most {} orders at once", grouped(BATCH_MAX as i64))));
        }
        let checked: Vec<Result<NewOrder>> = orders.iter().map(|order| order.clone().check()).collect();
        let right: Vec<NewOrder> = checked.iter().filter_map(|order| order.as_ref().ok().cloned()).collect();
        let mut done = Err(Error::Internal);
        for _ in 0..TRIES {
            done = self.apply_once(actor, right.clone()).await;
            if !matches!(done, Err(Error::Conflict(_))) {
                break;
            }
        }
        let mut done = done?.into_iter();
        let outcome = |order: Result<NewOrder>| match order {
            Ok(_) => done.next().unwrap_or(Outcome::Rejected(Error::Internal)),
            Err(error) => Outcome::Rejected(error),
        };
        Ok(checked.into_iter().map(outcome).collect())
    }

    async fn delete(&self, actor: &Actor, id: OrderId) -> Result<ChangeId> {
        actor.require(Permission::WriteLeads)?;
        for _ in 1..TRIES {
            match self.delete_once(actor, id).await {
                Err(Error::Conflict(_)) => {}
                done => return done,
            }
        }
        self.delete_once(actor, id).await
    }
}

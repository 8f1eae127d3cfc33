//! Records orders and applies them to their leads, one or thousands in few statements.
//!
//! Lock order on Postgres: leads, then new orders by their key, then customers. Whoever writes leads follows it too.

use super::{
    room::{self, Room},
    row::{OrderRow, bind_order},
    sql::{self, WRITES},
    sums,
};
use crate::{
    leads::{customers, lock_totals},
    store::{self, Tx, Value},
};
use domain::{
    Error, ImportId, LeadId, OrderId, Result,
    orders::{CUSTOMER_ORDERS_MAX, NewOrder, Order, Outcome, Totals, already},
    rule::OrderFacts,
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What was written of a batch.
pub(super) struct Recorded {
    /// In the order of the input.
    pub(super) outcomes: Vec<Outcome>,
    /// The new orders.
    pub(super) orders: Vec<Order>,
    /// The leads' sums before and after.
    pub(super) moved: Vec<(Totals, Totals)>,
}

/// Records checked orders, as those of an import if there is one. Records no change: the caller does.
///
/// # Errors
/// `Conflict` when a customer came at the same moment (Postgres): try again. What is wrong with one order is its outcome.
pub(super) async fn record(tx: &mut Tx, new: Vec<NewOrder>, import: Option<ImportId>) -> Result<Recorded> {
    let totals = totals_of(tx, &new).await?;
    let mut batch = Batch::new(tx, new, &totals, import);
    batch.insert(tx).await?;
    let moved = batch.add(&totals);
    batch.wait(tx).await?;
    batch.take_back(tx).await?;
    sums::write(tx, &moved).await?;
    let outcomes = batch.outcomes(tx).await?;
    Ok(Recorded { outcomes, orders: batch.orders.into_iter().filter(|order| batch.inserted.contains(&order.id)).collect(), moved })
}

/// The leads of customers, and their locked sums.
struct Customers {
    ids: HashMap<String, LeadId>,
    leads: HashMap<LeadId, Totals>,
    room: Room,
}

async fn totals_of(tx: &mut Tx, new: &[NewOrder]) -> Result<Customers> {
    let named: HashSet<&str> = new.iter().map(|order| order.customer.as_str()).collect();
    let ids = customers(tx.conn(), &named.into_iter().collect::<Vec<_>>()).await?;
    let leads: HashSet<LeadId> = ids.values().copied().collect();
    // Those that were deleted before they were locked are left out: their orders wait.
    let locked = lock_totals(tx, &leads.into_iter().collect::<Vec<_>>()).await?;
    let room = Room::of(tx, &locked).await?;
    Ok(Customers { ids, leads: locked.into_iter().map(|totals| (totals.lead_id, totals)).collect(), room })
}

struct Batch {
    new: Vec<NewOrder>,
    /// One order for each key, and one for each item without a key.
    orders: Vec<Order>,
    /// For each item its position in `orders`.
    at: Vec<usize>,
    /// The orders that are new. Of the others the key is taken.
    inserted: HashSet<OrderId>,
    /// Inserted orders that are not kept, and why: their lead's sums would be too large, or their customer has the most orders.
    excess: HashMap<OrderId, Error>,
}

impl Batch {
    fn new(tx: &Tx, new: Vec<NewOrder>, customers: &Customers, import: Option<ImportId>) -> Self {
        let (mut orders, mut at, mut keys) = (Vec::with_capacity(new.len()), Vec::with_capacity(new.len()), HashMap::new());
        for item in &new {
            let key = item.key();
            let known = key.as_ref().and_then(|key| keys.get(key).copied());
            at.push(known.unwrap_or_else(|| {
                let lead = customers.ids.get(&item.customer).copied().filter(|lead| customers.leads.contains_key(lead));
                let order = item.clone().into_order(OrderId(tx.new_id()), lead, tx.now());
                orders.push(Order { import_id: import, ..order });
                if let Some(key) = key {
                    keys.insert(key, orders.len() - 1);
                }
                orders.len() - 1
            }));
        }
        Self { new, orders, at, inserted: HashSet::new(), excess: HashMap::new() }
    }

    /// Inserts the orders whose key is free. In the order of their keys, so that no two transactions deadlock.
    async fn insert(&mut self, tx: &mut Tx) -> Result<()> {
        let mut sorted: Vec<(Option<String>, &Order)> = self.orders.iter().map(|order| (order.key(), order)).collect();
        sorted.sort_by(|one, other| one.0.cmp(&other.0));
        let sorted: Vec<&Order> = sorted.into_iter().map(|(_, order)| order).collect();
        for query in WRITES.insert.queries(&sorted, |query, order| bind_order(query, order))? {
            self.inserted.extend(tx.all::<(Uuid,)>(query).await?.into_iter().map(|(id,)| OrderId(id)));
        }
        insert_products(tx, sorted.into_iter().filter(|order| self.inserted.contains(&order.id))).await
    }

    /// Adds the new orders to the sums of their leads.
    fn add(&mut self, customers: &Customers) -> Vec<(Totals, Totals)> {
        let mut moved: HashMap<LeadId, (Totals, Totals)> = HashMap::new();
        for order in self.orders.iter().filter(|order| self.inserted.contains(&order.id)) {
            let Some(before) = order.lead_id.and_then(|lead| customers.leads.get(&lead).copied()) else { continue };
            let (_, after) = moved.entry(before.lead_id).or_insert((before, before));
            match after.plus(order.amount, order.ordered_at) {
                Some(sums) if customers.room.fits(&sums) => *after = sums,
                Some(_) => _ = self.excess.insert(order.id, room::none_left()),
                None => _ = self.excess.insert(order.id, too_much()),
            }
        }
        sums::revised(moved.into_values())
    }

    /// Makes sure that the customers of waiting orders did not come meanwhile, and that no more wait for one than may.
    async fn wait(&mut self, tx: &mut Tx) -> Result<()> {
        let mut waiting: HashMap<&str, Vec<OrderId>> = HashMap::new();
        for order in self.orders.iter().filter(|order| order.is_waiting() && self.inserted.contains(&order.id)) {
            waiting.entry(&order.customer).or_default().push(order.id);
        }
        let named: Vec<&str> = waiting.keys().copied().collect();
        lock(tx, &named).await?;
        nobody_came(tx, &named).await?;
        let new = waiting.values().map(Vec::len).max().unwrap_or_default() as i64;
        for (customer, count) in room::waiting(tx, &named, CUSTOMER_ORDERS_MAX + new).await? {
            // The last ones of the batch: at least as many of it as there are too many, unless an older version kept more.
            let over = usize::try_from(count - CUSTOMER_ORDERS_MAX).unwrap_or_default();
            let ids = waiting.get(customer.as_str()).into_iter().flatten();
            self.excess.extend(ids.rev().take(over).map(|id| (*id, room::none_left())));
        }
        Ok(())
    }

    /// Deletes the inserted orders that are not kept.
    async fn take_back(&mut self, tx: &mut Tx) -> Result<()> {
        if self.excess.is_empty() {
            return Ok(());
        }
        self.inserted.retain(|id| !self.excess.contains_key(id));
        let excess: Vec<OrderId> = self.excess.keys().copied().collect();
        tx.run(store::sql(sql::DELETE_MANY).bind_all([Value::json(&excess)?])).await.map(drop)
    }

    async fn outcomes(&self, tx: &mut Tx) -> Result<Vec<Outcome>> {
        let taken = self.orders.iter().filter(|order| !self.inserted.contains(&order.id) && !self.excess.contains_key(&order.id));
        let keys: Vec<String> = taken.filter_map(Order::key).collect();
        let known: Vec<OrderRow> =
            if keys.is_empty() { Vec::new() } else { tx.all(store::sql(sql::KNOWN).bind_all([Value::json(&keys)?])).await? };
        let known: HashMap<Option<String>, Order> = known.into_iter().map(Order::from).map(|order| (order.key(), order)).collect();
        let mut told = HashSet::new();
        let items = self.new.iter().zip(&self.at);
        Ok(items
            .map(|(new, at)| {
                let order = &self.orders[*at];
                if let Some(error) = self.excess.get(&order.id) {
                    return Outcome::Rejected(error.clone());
                }
                let is_new = self.inserted.contains(&order.id);
                if is_new && told.insert(order.id) {
                    return if order.is_waiting() { Outcome::Waiting(order.id) } else { Outcome::Applied(order.id) };
                }
                let there = if is_new { Some(order) } else { known.get(&order.key()) };
                match there {
                    Some(there) if new.is_again(there) => Outcome::Known(there.id),
                    Some(there) => Outcome::Rejected(already(there)),
                    // It was deleted since the insertion found its key taken.
                    None => Outcome::Rejected(Error::Conflict("This order was deleted at the same moment; send it again".to_owned())),
                }
            })
            .collect())
    }
}

/// Writes the products of new orders, by which rules find them.
pub(super) async fn insert_products<'o>(tx: &mut Tx, orders: impl Iterator<Item = &'o Order>) -> Result<()> {
    let of = |order: &Order| {
        let id = order.id;
        OrderFacts::products(&order.lines).into_iter().map(move |product| (id, product))
    };
    let products: Vec<(OrderId, String)> = orders.flat_map(of).collect();
    let queries = WRITES.products.queries(&products, |query, (order, product)| Ok(query.bind(*order).bind(product.as_str())))?;
    tx.run_all(queries).await.map(drop)
}

/// Makes sure that orders of these locked customers wait rightly: that nobody wrote a lead of theirs since they were looked up.
///
/// # Errors
/// `Conflict` when someone did; only on Postgres, because SQLite has one writer.
pub(super) async fn nobody_came(tx: &mut Tx, named: &[&str]) -> Result<()> {
    if !tx.conn().is_postgres() || named.is_empty() {
        return Ok(());
    }
    if customers(tx.conn(), named).await?.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict("The customer of an order was added at the same moment; try again".to_owned()))
}

pub(super) fn too_much() -> Error {
    Error::invalid("amount", "With this order the lead's total spend would be too large; check the amount")
}

/// Locks customers on Postgres.
pub(super) async fn lock(tx: &mut Tx, customers: &[&str]) -> Result<()> {
    if tx.conn().is_postgres() && !customers.is_empty() {
        tx.run(store::sql(sql::LOCK_CUSTOMERS).bind_all([Value::json(&customers)?])).await?;
    }
    Ok(())
}

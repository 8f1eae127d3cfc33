//! The services on a fresh database, and a recount that does not use the product's own.

use crate::common::{
    TestDb,
    leads::{member, new_lead, with_member},
};
use domain::{
    ChangeId, LeadId, OrderId, Record, Result, Timestamp,
    leads::{Lead, NewLead},
    orders::{CUSTOMER_ORDERS_MAX, ListedOrder, NewOrder, OrderQuery, SavedOrder, Totals},
    services::{ChangeService, LeadService, OrderService},
};
use server::{
    bulk::Bulks,
    changes::Changes,
    leads::{LEAD_COLUMNS, LeadRow, Leads},
    live::Hub,
    orders::{Orders, audit},
    segments::{self, Segments},
    store::{Store, sql},
};
use std::{collections::HashMap, sync::LazyLock};
use uuid::Uuid;

static LEADS: LazyLock<&'static str> = LazyLock::new(|| format!("SELECT {LEAD_COLUMNS} FROM lead ORDER BY id").leak());

pub struct House {
    pub store: Store,
    pub leads: Leads,
    pub orders: Orders,
    pub bulks: Bulks,
    pub segments: Segments,
}

impl House {
    pub async fn new(db: &TestDb) -> Self {
        let store = with_member(db.open().await).await;
        let hub = Hub::start(store.clone());
        Self {
            leads: Leads::new(store.clone(), hub.clone()),
            orders: Orders::new(store.clone()),
            segments: Segments::new(store.clone(), Leads::new(store.clone(), hub.clone())),
            bulks: Bulks::new(store.clone(), hub).with_at_once(i64::MAX),
            store,
        }
    }

    pub async fn customer(&self, number: &str) -> Lead {
        let email = format!("{}@orders.example", self.store.clock.id());
        let new = NewLead { customer_id: Some(number.to_owned()), ..new_lead("Ana", &email) };
        self.leads.create(&member(), new).await.unwrap()
    }

    pub async fn lead(&self, id: LeadId) -> Lead {
        self.leads.get(&member(), id).await.unwrap().unwrap()
    }

    /// Spend, visits and last activity of a lead.
    pub async fn sums(&self, id: LeadId) -> (i64, i64, Option<i64>) {
        let lead = self.lead(id).await;
        (lead.total_spend, lead.visits, lead.last_active_at.map(|at| at.0))
    }

    pub async fn add(&self, new: NewOrder) -> Result<SavedOrder> {
        self.orders.add(&member(), new).await
    }

    pub async fn order(&self, id: OrderId) -> ListedOrder {
        self.orders.get(&member(), id).await.unwrap().unwrap()
    }

    pub async fn undo(&self, change: ChangeId) -> Result<Option<Record>> {
        Changes::new(self.store.clone()).undo(&member(), change).await
    }

    pub async fn waiting(&self) -> Vec<String> {
        let query = OrderQuery { waiting: Some(true), limit: 1_000, ..OrderQuery::default() };
        let page = self.orders.list(&member(), &query).await.unwrap().data;
        assert_eq!(page.waiting, page.orders.len() as i64);
        page.orders.into_iter().map(|listed| listed.order.name()).collect()
    }

    /// Every lead has its opening balance plus its orders, by a count in the test, and by the product's own.
    pub async fn must_add_up(&self) {
        type Order = (Option<Uuid>, i64, i64, String, Option<Uuid>);
        type Opening = (Uuid, i64, i64, Option<i64>);
        let (leads, orders, opening) = self
            .store
            .read(|conn| {
                Box::pin(async move {
                    let leads = conn.all::<LeadRow>(sql(*LEADS)).await?;
                    let orders = conn.all::<Order>(sql("SELECT lead_id, amount, ordered_at, customer, last_lead_id FROM orders")).await?;
                    Ok((leads, orders, conn.all::<Opening>(sql("SELECT lead_id, total_spend, visits, last_active_at FROM opening")).await?))
                })
            })
            .await
            .unwrap();
        let leads: Vec<Lead> = leads.into_iter().map(|row| Lead::try_from(row).unwrap()).collect();
        let mut sums: HashMap<LeadId, (i64, i64, Option<i64>)> =
            opening.into_iter().map(|(lead, spend, visits, active)| (LeadId(lead), (spend, visits, active))).collect();
        for (lead, amount, at, customer, last) in orders {
            let Some(lead) = lead else {
                let customers: Vec<_> =
                    leads.iter().filter(|lead| lead.customer_id.as_deref() == Some(&customer)).map(|lead| lead.id).collect();
                let full = customers.iter().any(|id| leads.iter().any(|lead| lead.id == *id && lead.visits == CUSTOMER_ORDERS_MAX));
                let rightly = last.is_some() || customers.is_empty() || full;
                assert!(rightly, "an order of {customer} waits, although {customers:?} are there");
                continue;
            };
            let sum = sums.entry(LeadId(lead)).or_default();
            *sum = (sum.0 + amount, sum.1 + 1, sum.2.max(Some(at)));
        }
        for lead in &leads {
            let Totals { total_spend, visits, last_active_at, .. } = Totals::of(lead);
            let stored = (total_spend, visits, last_active_at.map(|at: Timestamp| at.0));
            assert_eq!(stored, sums.get(&lead.id).copied().unwrap_or_default(), "{lead:?}");
        }
        assert_eq!(audit(&self.store).await.unwrap(), [""; 0]);
        assert_eq!(segments::audit(&self.store).await.unwrap(), [""; 0]);
    }

    pub async fn close(self) {
        self.must_add_up().await;
        self.store.close().await;
    }
}

pub fn order(customer: &str, amount: i64, at: i64) -> NewOrder {
    NewOrder { customer: customer.to_owned(), amount: Some(amount), ordered_at: Some(Timestamp(at)), ..NewOrder::default() }
}

pub fn with_id(id: &str, new: NewOrder) -> NewOrder {
    NewOrder { order_id: Some(id.to_owned()), ..new }
}

//! Orders that come before their customer, and orders of customers that go and come back.

use super::house::*;
use crate::common::{
    TestDb,
    leads::{edit, member, new_lead, settled},
};
use domain::{
    LeadId,
    bulk::{BulkAction, NewBulk},
    leads::{Lead, NewLead, Selection},
    orders::{OrderQuery, Outcome},
    services::{BulkService, LeadService, OrderService},
};
use server::{
    leads::{LogMode, NewLeads, Write, commit},
    orders::Orders,
};

both_dbs!(
    an_order_waits_for_its_customer,
    an_import_of_customers_takes_their_orders,
    orders_of_a_deleted_lead_wait_for_it,
    the_undo_of_a_wrong_number_gives_its_orders_back,
    what_waits_is_listed_by_its_number_beside_another_lead,
    of_two_leads_with_one_number_the_older_is_the_customer,
    orders_and_customers_that_come_at_once_find_each_other
);

async fn an_order_waits_for_its_customer(db: &TestDb) {
    let house = House::new(db).await;
    let saved = house.add(with_id("o1", order("c1", 500, 5))).await.unwrap();
    house.add(with_id("o2", order("c1", 70, 9))).await.unwrap();
    assert!(saved.order.is_waiting());
    assert_eq!(house.waiting().await, ["o2", "o1"]);
    let ana = house.customer("c1").await;
    assert_eq!((house.sums(ana.id).await, house.waiting().await.len()), ((570, 2, Some(9)), 0));
    assert_eq!(ana, house.lead(ana.id).await, "what was answered is what is there");
    assert_eq!(house.order(saved.order.id).await.lead_name.as_deref(), Some("Ana"));
    // A lead that is given a customer number.
    house.add(with_id("o3", order("c2", 1, 1))).await.unwrap();
    let bo = house.leads.create(&member(), new_lead("Bo", "bo@orders.example")).await.unwrap();
    let bo = house.leads.update(&member(), bo.id, edit(|set| set.customer_id = Some(" c2 ".into()))).await.unwrap();
    assert_eq!(house.sums(bo.id).await, (1, 1, Some(1)));
    assert_eq!(bo, house.lead(bo.id).await);
    // What is applied stays with its lead.
    house.leads.update(&member(), bo.id, edit(|set| set.customer_id = Some("c3".into()))).await.unwrap();
    assert_eq!(house.sums(bo.id).await, (1, 1, Some(1)));
    house.close().await;
}

fn customer(house: &House, number: usize) -> Lead {
    let new = NewLead { customer_id: Some(format!("c{number}")), ..new_lead("Customer", &format!("c{number}@orders.example")) };
    new.check().unwrap().into_lead(LeadId(house.store.clock.id()), house.store.clock.now())
}

async fn an_import_of_customers_takes_their_orders(db: &TestDb) {
    let house = House::new(db).await;
    let orders: Vec<_> = (0..600).map(|n| with_id(&format!("o{n}"), order(&format!("c{}", n % 200), 10 + n, n))).collect();
    let outcomes = house.orders.apply_batch(&member(), &orders).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Waiting(_))));
    let leads: Vec<Lead> = (0..150).map(|n| customer(&house, n)).collect();
    let system = domain::Actor::system();
    let write = house
        .store
        .write(&system, move |tx| Box::pin(async move { commit(tx, Write::Import(NewLeads::new(leads)?), LogMode::Set).await.map(drop) }));
    write.await.unwrap();
    assert_eq!(house.waiting().await.len(), 150);
    house.close().await;
}

async fn orders_of_a_deleted_lead_wait_for_it(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    house.add(with_id("o1", order("c1", 500, 5))).await.unwrap();
    house.leads.update(&member(), ana.id, edit(|set| set.customer_id = Some("c9".into()))).await.unwrap();
    let change = house.leads.delete(&member(), ana.id).await.unwrap();
    house.add(with_id("o2", order(&ana.id.to_string(), 70, 9))).await.unwrap();
    assert_eq!(house.waiting().await, ["o2", "o1"]);
    house.must_add_up().await;
    house.undo(change).await.unwrap();
    assert_eq!((house.sums(ana.id).await, house.waiting().await.len()), ((570, 2, Some(9)), 0));

    // Deleted and restored as a set.
    let which = Selection::Leads(vec![ana.id]);
    let bulk = house.bulks.start(&member(), NewBulk { action: BulkAction::Delete {}, which }).await.unwrap();
    assert_eq!(house.waiting().await.len(), 2);
    house.bulks.undo(&member(), bulk.id).await.unwrap();
    assert_eq!((house.sums(ana.id).await, house.waiting().await.len()), ((570, 2, Some(9)), 0));

    // An order that was deleted before its lead waits for it when it is restored; another lead with the number takes what waits.
    let newest = house.add(with_id("o3", order("c9", 1, 20))).await.unwrap();
    let deleted = house.orders.delete(&member(), newest.order.id).await.unwrap();
    let gone = house.leads.delete(&member(), ana.id).await.unwrap();
    house.undo(deleted).await.unwrap();
    assert_eq!(house.waiting().await.len(), 3);
    let heir = house.customer("c9").await;
    assert_eq!((house.sums(heir.id).await, house.waiting().await), ((1, 1, Some(20)), vec!["o2".to_owned(), "o1".to_owned()]));
    house.undo(gone).await.unwrap();
    assert_eq!((house.sums(ana.id).await, house.waiting().await.len()), ((570, 2, Some(9)), 0));
    house.close().await;
}

async fn the_undo_of_a_wrong_number_gives_its_orders_back(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    house.add(with_id("hers", order("c1", 500, 5))).await.unwrap();
    house.add(with_id("theirs", order("c11", 70, 9))).await.unwrap();
    let renumber = async |number: &str| {
        let saved = house.leads.edit(&member(), ana.id, edit(|set| set.customer_id = Some(number.into()))).await.unwrap();
        saved.undo.unwrap()
    };
    let wrong = renumber("c11").await;
    house.add(with_id("theirs too", order("c11", 7, 10))).await.unwrap();
    assert_eq!(house.sums(ana.id).await, (577, 3, Some(10)));
    house.undo(wrong).await.unwrap();
    assert_eq!((house.sums(ana.id).await, house.waiting().await), ((500, 1, Some(5)), vec!["theirs too".to_owned(), "theirs".to_owned()]));
    // Another lead with that number takes them at once.
    let wrong = renumber("c11").await;
    let bo = house.customer("c11").await;
    house.undo(wrong).await.unwrap();
    assert_eq!((house.sums(ana.id).await.1, house.sums(bo.id).await, house.waiting().await.len()), (1, (77, 2, Some(10)), 0));
    // The undo of a bulk action that leaves the number alone leaves the orders alone.
    let tag = NewBulk { action: BulkAction::AddTag { tag: "vip".into() }, which: Selection::Leads(vec![bo.id]) };
    let bulk = house.bulks.start(&member(), tag).await.unwrap();
    house.bulks.undo(&member(), bulk.id).await.unwrap();
    assert_eq!(house.sums(bo.id).await.1, 2);
    house.close().await;
}

async fn what_waits_is_listed_by_its_number_beside_another_lead(db: &TestDb) {
    let house = House::new(db).await;
    let (ana, bo) = (house.customer("c1").await, house.customer("c1").await);
    house.add(with_id("o1", order("c1", 500, 5))).await.unwrap();
    assert_eq!((house.sums(ana.id).await.1, house.sums(bo.id).await.1), (1, 0), "the oldest is the customer");
    house.leads.delete(&member(), ana.id).await.unwrap();
    house.add(with_id("o2", order("c1", 70, 9))).await.unwrap();
    let listed = async |waiting| {
        let query = OrderQuery { waiting, customer: Some("c1".to_owned()), limit: 10, ..OrderQuery::default() };
        let page = house.orders.list(&member(), &query).await.unwrap().data;
        page.orders.into_iter().map(|listed| listed.order.name()).collect::<Vec<_>>()
    };
    assert_eq!(listed(None).await, ["o2", "o1"]);
    assert_eq!((listed(Some(true)).await, listed(Some(false)).await), (vec!["o1".to_owned()], vec!["o2".to_owned()]));
    house.close().await;
}

async fn of_two_leads_with_one_number_the_older_is_the_customer(db: &TestDb) {
    let house = House::new(db).await;
    house.add(order("c1", 5, 5)).await.unwrap();
    let bo = house.leads.create(&member(), new_lead("Bo", "bo@orders.example")).await.unwrap();
    let ana = house.customer("c1").await;
    house.leads.update(&member(), bo.id, edit(|set| set.customer_id = Some("c1".into()))).await.unwrap();
    assert_eq!((house.sums(ana.id).await.0, house.sums(bo.id).await.0), (5, 0), "what is applied stays");
    house.add(order("c1", 70, 9)).await.unwrap();
    assert_eq!((house.sums(ana.id).await.0, house.sums(bo.id).await.0), (5, 70), "Bo is older");
    house.close().await;
}

async fn orders_and_customers_that_come_at_once_find_each_other(db: &TestDb) {
    let house = House::new(db).await;
    let mut writers = Vec::new();
    for worker in 0..4_i64 {
        let (orders, leads) = (Orders::new(house.store.clone()), house.leads.clone());
        writers.push(tokio::spawn(async move {
            for n in 0..40_i64 {
                // The same orders in two orders, from two workers.
                let number = if worker < 2 { n } else { 39 - n };
                if worker % 2 == 0 {
                    let batch = [
                        with_id(&format!("o{number}"), order(&format!("c{number}"), 10, 1)),
                        with_id(&format!("p{number}"), order(&format!("c{}", (number + 1) % 40), 1, 2)),
                    ];
                    for outcome in orders.apply_batch(&member(), &batch).await.unwrap() {
                        outcome.id().unwrap();
                    }
                } else {
                    let new = NewLead {
                        customer_id: Some(format!("c{number}")),
                        ..new_lead("Ana", &format!("{worker}.{number}@orders.example"))
                    };
                    leads.create(&member(), new).await.unwrap();
                }
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    settled(&house.store).await;
    assert_eq!(house.waiting().await, [""; 0]);
    house.close().await;
}

//! Single orders: once, deleted, restored, and set beside what was set outright.

use super::house::*;
use crate::common::{
    TestDb,
    leads::{changes_of, edit, member, new_lead},
};
use domain::{
    Actor, Entity, Error, LeadId, Record, Timestamp,
    leads::{Lead, LeadEdit, LeadPatch, TimelineKind},
    orders::{NewOrder, OrderLine, OrderQuery},
    services::{LeadService, OrderService},
};
use server::leads::{LogMode, Write, commit};

both_dbs!(
    an_order_is_applied_once,
    sums_move_without_making_an_edit_stale,
    deleting_takes_back_and_undo_applies_again,
    what_was_set_outright_stays_beneath_the_orders,
    no_sum_becomes_too_large,
    a_page_of_orders_ends_where_the_next_begins,
    wrong_sums_are_found_and_mended
);

async fn an_order_is_applied_once(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    let line = OrderLine { product_id: Some("p9".into()), name: "Blue tea".into(), quantity: 2, price: 1000 };
    let new = NewOrder { lines: vec![line], ..with_id("o1", order("c1", 2933, 500)) };
    let saved = house.add(new.clone()).await.unwrap();
    assert_eq!((saved.order.lead_id, saved.order.customer.as_str()), (Some(ana.id), "c1"));
    assert_eq!(house.sums(ana.id).await, (2933, 1, Some(500)));
    let again = house.add(NewOrder { ordered_at: None, ..new.clone() }).await.unwrap();
    assert_eq!((again.order, again.undo), (saved.order.clone(), None));
    let Err(Error::Duplicate { field, existing }) = house.add(NewOrder { amount: Some(1), ..new }).await else { panic!("applied") };
    assert_eq!((field.as_str(), existing.entity, existing.id), ("orderId", Entity::Order, saved.order.id.0));

    // Without an order id, the message's id counts; without either, each is an order of its own.
    let by_message = NewOrder { message_id: Some("m1".into()), ..order(&ana.id.to_string(), 100, 900) };
    house.add(by_message.clone()).await.unwrap();
    house.add(by_message.clone()).await.unwrap();
    let other = house.add(NewOrder { amount: Some(7), ..by_message }).await;
    assert!(matches!(other, Err(Error::Duplicate { field, .. }) if field == "messageId"));
    house.add(order("c1", 10, 1)).await.unwrap();
    house.add(order("c1", 10, 1)).await.unwrap();
    assert_eq!(house.sums(ana.id).await, (3053, 4, Some(900)));
    let detail = house.leads.detail(&member(), ana.id).await.unwrap().unwrap().data;
    let ordered: Vec<i64> = detail
        .timeline
        .iter()
        .filter_map(|item| match item.kind {
            TimelineKind::Ordered { amount, .. } => Some(amount),
            _ => None,
        })
        .collect();
    assert_eq!(ordered, [100, 2933, 10, 10]);
    house.close().await;
}

async fn sums_move_without_making_an_edit_stale(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    house.add(order("c1", 500, 5)).await.unwrap();
    let now = house.lead(ana.id).await;
    assert_eq!((now.revision, now.edited, now.updated_at), (ana.revision + 1, ana.edited, ana.updated_at));
    let strict = LeadEdit { revision: Some(ana.revision), ..LeadEdit::set(LeadPatch { score: Some(9), ..LeadPatch::default() }) };
    let edited = house.leads.update(&member(), ana.id, strict).await.unwrap();
    assert_eq!((edited.total_spend, edited.score), (500, 9));
    // The log has the sums as figures: no copy of the lead but those of its own changes.
    let copies = changes_of(&house.store, ana.id).await.into_iter().filter(|change| matches!(change.record(), Some(Record::Lead(_))));
    assert_eq!(copies.count(), 2);
    house.close().await;
}

async fn deleting_takes_back_and_undo_applies_again(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    let first = house.add(with_id("o1", order("c1", 500, 5))).await.unwrap();
    let second = house.add(with_id("o2", order("c1", 70, 9))).await.unwrap();
    let deleted = house.orders.delete(&member(), second.order.id).await.unwrap();
    assert_eq!(house.sums(ana.id).await, (500, 1, Some(5)), "the last activity is that of what remains");
    assert!(matches!(house.orders.delete(&member(), second.order.id).await, Err(Error::NotFound { .. })));
    let Some(Record::Order(back)) = house.undo(deleted).await.unwrap() else { panic!("nothing came back") };
    assert_eq!((back.id, house.sums(ana.id).await), (second.order.id, (570, 2, Some(9))));
    assert!(matches!(house.undo(deleted).await, Err(Error::Conflict(_))), "twice");
    assert_eq!(house.undo(first.undo.unwrap()).await.unwrap(), None);
    assert_eq!(house.sums(ana.id).await, (70, 1, Some(9)));

    // Another order has its id since.
    let deleted = house.orders.delete(&member(), second.order.id).await.unwrap();
    house.add(with_id("o2", order("c1", 1, 1))).await.unwrap();
    assert!(matches!(house.undo(deleted).await, Err(Error::Duplicate { .. })));
    assert_eq!(house.sums(ana.id).await, (1, 1, Some(1)));
    house.close().await;
}

/// Writes a lead with these sums, as a contract does that sets them outright.
async fn set(house: &House, lead: LeadId, sums: (i64, i64, Option<i64>)) {
    let before = house.lead(lead).await;
    let after = Lead {
        revision: before.revision + 1,
        total_spend: sums.0,
        visits: sums.1,
        last_active_at: sums.2.map(Timestamp),
        ..before.clone()
    };
    let system = Actor::system();
    let write = house
        .store
        .write(&system, move |tx| Box::pin(async move { commit(tx, Write::Update(vec![(before, after)]), LogMode::Each).await.map(drop) }));
    write.await.unwrap();
}

async fn what_was_set_outright_stays_beneath_the_orders(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    set(&house, ana.id, (1000, 3, Some(50))).await;
    let one = house.add(order("c1", 500, 90)).await.unwrap();
    assert_eq!(house.sums(ana.id).await, (1500, 4, Some(90)));
    set(&house, ana.id, (2000, 9, Some(200))).await;
    assert_eq!(house.sums(ana.id).await, (2000, 9, Some(200)));
    house.orders.delete(&member(), one.order.id).await.unwrap();
    assert_eq!(house.sums(ana.id).await, (1500, 8, Some(200)));
    let change = house.leads.delete(&member(), ana.id).await.unwrap();
    house.undo(change).await.unwrap();
    assert_eq!(house.sums(ana.id).await, (1500, 8, Some(200)));
    // No earlier than the newest order.
    house.add(order("c1", 1, 900)).await.unwrap();
    set(&house, ana.id, (1501, 9, Some(100))).await;
    assert_eq!(house.sums(ana.id).await, (1501, 9, Some(900)));
    house.close().await;
}

async fn no_sum_becomes_too_large(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    set(&house, ana.id, (i64::MAX - 100, 0, None)).await;
    let Err(error) = house.add(order("c1", 101, 1)).await else { panic!("overflowed") };
    assert!(error.on_field("amount").is_some(), "{error}");
    house.add(order("c1", 100, 1)).await.unwrap();
    let outcomes = house.orders.apply_batch(&member(), &[order("c1", 1, 1), order("c1", 0, 7)]).await.unwrap();
    assert!(outcomes[0].clone().id().is_err_and(|error| error.on_field("amount").is_some()) && outcomes[1].clone().id().is_ok());
    assert_eq!(house.sums(ana.id).await, (i64::MAX, 2, Some(7)));
    // What came before its customer is not lost.
    let email = "rich@orders.example";
    house.add(with_id("early", order("c2", 200, 1))).await.unwrap();
    let rich = Lead {
        total_spend: i64::MAX - 100,
        customer_id: Some("c2".into()),
        ..new_lead("Rich", email).check().unwrap().into_lead(LeadId(house.store.clock.id()), Timestamp(1))
    };
    let id = rich.id;
    let system = Actor::system();
    let write =
        house.store.write(&system, move |tx| Box::pin(async move { commit(tx, Write::Insert(vec![rich]), LogMode::Each).await.map(drop) }));
    write.await.unwrap();
    assert_eq!((house.sums(id).await.0, house.waiting().await), (i64::MAX - 100, vec!["early".to_owned()]));
    house.leads.update(&member(), id, edit(|set| set.customer_id = Some(String::new()))).await.unwrap();
    house.close().await;
}

async fn a_page_of_orders_ends_where_the_next_begins(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    for at in 0..7 {
        let line = OrderLine { product_id: None, name: format!("Tea 10{at}%"), quantity: 1, price: 1 };
        house
            .add(NewOrder { lines: vec![line], ..with_id(&format!("o{at}"), order(if at < 5 { "c1" } else { "late" }, at, at / 2)) })
            .await
            .unwrap();
    }
    let list = async |query: OrderQuery| {
        let page = house.orders.list(&member(), &query).await.unwrap().data;
        (page.orders.into_iter().map(|listed| listed.order.name()).collect::<Vec<_>>(), page.next)
    };
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = list(OrderQuery { limit: 2, cursor: cursor.take(), ..OrderQuery::default() }).await;
        all.extend(page);
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(all, ["o6", "o5", "o4", "o3", "o2", "o1", "o0"]);
    let usual = OrderQuery::default;
    assert_eq!(list(OrderQuery { waiting: Some(true), ..usual() }).await.0, ["o6", "o5"]);
    assert_eq!(list(OrderQuery { waiting: Some(false), limit: 2, ..usual() }).await.0, ["o4", "o3"]);
    assert_eq!(list(OrderQuery { lead: Some(ana.id), limit: 1, ..usual() }).await.0, ["o4"]);
    assert_eq!(list(OrderQuery { customer: Some("c1".into()), limit: 1, ..usual() }).await.0, ["o4"]);
    assert_eq!(list(OrderQuery { customer: Some("late".into()), ..usual() }).await.0, ["o6", "o5"]);
    assert_eq!(list(OrderQuery { from: Some(Timestamp(1)), to: Some(Timestamp(2)), ..usual() }).await.0, ["o3", "o2"]);
    assert_eq!(list(OrderQuery { search: "tea 103%".into(), ..usual() }).await.0, ["o3"]);
    assert_eq!(list(OrderQuery { search: "tea_103".into(), ..usual() }).await.0, [""; 0]);
    let wrong = house.orders.list(&member(), &OrderQuery { limit: 0, ..usual() }).await;
    assert!(wrong.is_err_and(|error| error.on_field("limit").is_some()));
    house.close().await;
}

async fn wrong_sums_are_found_and_mended(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    house.add(order("c1", 500, 5)).await.unwrap();
    let system = Actor::system();
    let wrong = "UPDATE lead SET total_spend = 3, visits = 9 WHERE id = $1";
    let write = house.store.write(&system, move |tx| Box::pin(async move { tx.run_one(server::store::sql(wrong).bind(ana.id)).await }));
    write.await.unwrap();
    let found = server::orders::audit(&house.store).await.unwrap();
    assert!(found.len() == 1 && found[0].contains(&ana.id.to_string()), "{found:?}");
    assert_eq!(server::orders::mend(&house.store).await.unwrap(), 1);
    assert_eq!(house.sums(ana.id).await, (500, 1, Some(5)));
    house.close().await;
}

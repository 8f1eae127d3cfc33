//! No customer has more orders than a lead may move in one transaction.

use super::house::*;
use crate::common::{
    TestDb,
    leads::{edit, member},
};
use domain::{
    Error,
    leads::Lead,
    orders::{CUSTOMER_ORDERS_MAX, NewOrder, Outcome, SavedOrder},
    services::{LeadService, OrderService},
};
use server::{orders::Orders, store::sql};

both_dbs!(
    a_lead_has_a_most_of_orders,
    a_customer_number_has_a_most_of_waiting_orders,
    writers_at_once_stay_within_the_most,
    what_an_older_version_kept_stays_and_moves_in_parts
);

const MOST: usize = CUSTOMER_ORDERS_MAX as usize;

fn many(name: &str, customer: &str, count: usize) -> Vec<NewOrder> {
    (0..count).map(|n| with_id(&format!("{name}{n}"), order(customer, 1, n as i64))).collect()
}

/// How many of these were recorded. The others were refused for their customer.
async fn recorded(orders: &Orders, new: Vec<NewOrder>) -> usize {
    let mut count = 0;
    for outcome in orders.apply_batch(&member(), &new).await.unwrap() {
        match outcome {
            Outcome::Applied(_) | Outcome::Waiting(_) => count += 1,
            Outcome::Rejected(error) => assert!(error.on_field("customer").is_some_and(|why| why.contains("10,000 orders")), "{error:?}"),
            Outcome::Known(_) => panic!("known"),
        }
    }
    count
}

async fn visits(house: &House, lead: &Lead) -> usize {
    house.lead(lead.id).await.visits as usize
}

async fn a_lead_has_a_most_of_orders(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    assert_eq!(recorded(&house.orders, many("a", "c1", MOST - 2)).await, MOST - 2);
    let last = house.add(with_id("last", order("c1", 5, 5))).await.unwrap();
    assert_eq!(recorded(&house.orders, many("b", &ana.id.to_string(), 3)).await, 1, "her number and her id are one customer");
    let refused = house.add(order("c1", 5, 5)).await;
    assert!(refused.is_err_and(|error| error.on_field("customer").is_some()));
    assert_eq!(house.add(with_id("last", order("c1", 5, 5))).await.unwrap(), SavedOrder { undo: None, ..last.clone() }, "sent again");
    // Orders of others are not in the way, nor sums that were set outright.
    let bo = house.customer("c2").await;
    house.add(order("c2", 5, 5)).await.unwrap();
    assert_eq!((visits(&house, &ana).await, visits(&house, &bo).await), (MOST, 1));

    // There is room again once one was deleted, and its undo needs it too.
    let deleted = house.orders.delete(&member(), last.order.id).await.unwrap();
    house.add(with_id("next", order("c1", 5, 5))).await.unwrap();
    assert!(house.undo(deleted).await.is_err_and(|error| error.on_field("customer").is_some()));
    let gone = house.leads.delete(&member(), ana.id).await.unwrap();
    assert!(matches!(house.undo(deleted).await, Err(Error::Invalid(_))), "nor does it come in while the lead is deleted");
    house.undo(gone).await.unwrap();
    assert_eq!(visits(&house, &ana).await, MOST);

    // What waits for another number goes on waiting when a full lead is given that number.
    house.add(with_id("waits", order("c3", 5, 5))).await.unwrap();
    house.leads.update(&member(), ana.id, edit(|set| set.customer_id = Some("c3".into()))).await.unwrap();
    assert_eq!((visits(&house, &ana).await, house.waiting().await), (MOST, vec!["waits".to_owned()]));
    house.close().await;
}

async fn a_customer_number_has_a_most_of_waiting_orders(db: &TestDb) {
    let house = House::new(db).await;
    assert_eq!(recorded(&house.orders, many("a", "c1", MOST - 2)).await, MOST - 2);
    let both = [many("b", "c1", 4), many("d", "c2", 4)].concat();
    assert_eq!(recorded(&house.orders, both).await, 2 + 4);
    assert!(house.add(order("c1", 5, 5)).await.is_err_and(|error| error.on_field("customer").is_some()));
    let ana = house.customer("c1").await;
    assert_eq!(visits(&house, &ana).await, MOST, "all of them come to the lead at once");
    let gone = house.leads.delete(&member(), ana.id).await.unwrap();
    assert_eq!(recorded(&house.orders, many("e", "c1", 1)).await, 0, "those of a deleted lead wait, too");
    house.undo(gone).await.unwrap();
    assert_eq!(visits(&house, &ana).await, MOST);
    house.close().await;
}

async fn writers_at_once_stay_within_the_most(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    let writers = (0..4).map(|writer| {
        let orders = Orders::new(house.store.clone());
        tokio::spawn(async move {
            let mut count = [0, 0];
            for part in 0..2 {
                for (at, customer) in ["c1", "c2"].into_iter().enumerate() {
                    count[at] += recorded(&orders, many(&format!("{customer}.{writer}.{part}."), customer, MOST / 6)).await;
                }
            }
            count
        })
    });
    let mut all = [0, 0];
    for writer in writers.collect::<Vec<_>>() {
        let count = writer.await.unwrap();
        all = [all[0] + count[0], all[1] + count[1]];
    }
    assert_eq!(all, [MOST; 2]);
    assert_eq!(visits(&house, &ana).await, MOST);
    house.close().await;
}

async fn what_an_older_version_kept_stays_and_moves_in_parts(db: &TestDb) {
    let house = House::new(db).await;
    assert_eq!(recorded(&house.orders, many("a", "c1", MOST)).await + recorded(&house.orders, many("b", "c2", 5)).await, MOST + 5);
    let system = domain::Actor::system();
    let more = "UPDATE orders SET customer = 'c1' WHERE customer = 'c2'";
    house.store.write(&system, move |tx| Box::pin(async move { tx.run(sql(more)).await })).await.unwrap();
    assert_eq!(recorded(&house.orders, many("d", "c1", 3)).await, 0);
    let ana = house.customer("c1").await;
    assert_eq!((visits(&house, &ana).await, house.waiting().await.len()), (MOST, 5));
    let bo = house.customer("c9").await;
    house.leads.update(&member(), ana.id, edit(|set| set.customer_id = Some("c8".into()))).await.unwrap();
    house.leads.update(&member(), bo.id, edit(|set| set.customer_id = Some("c1".into()))).await.unwrap();
    assert_eq!((visits(&house, &bo).await, house.waiting().await.len()), (5, 0), "another lead takes the others");
    house.close().await;
}

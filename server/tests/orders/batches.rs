//! Batches of orders, and real purchases that come three times in any order.

use super::house::*;
use crate::common::{
    TestDb,
    leads::{member, new_lead},
};
use domain::{
    Entity, Error, LeadId, Moment, Op, Record,
    leads::{Lead, LeadQuery, NewLead},
    orders::{BATCH_MAX, NewOrder, Outcome},
    rule::{self, Op as RuleOp, Rule, Value},
    services::{LeadService, OrderService},
};
use server::{
    leads::{LogMode, NewLeads, Write, commit},
    store::{Query, log},
};
use std::collections::HashMap;

both_dbs!(each_order_of_a_batch_has_its_outcome, a_batch_is_one_change, real_purchases_come_three_times_and_count_once);

async fn each_order_of_a_batch_has_its_outcome(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.customer("c1").await;
    let there = house.add(with_id("there", order("c1", 5, 5))).await.unwrap().order;
    let batch = [
        with_id("o1", order("c1", 100, 1)),
        with_id("o1", order("c1", 100, 1)),
        with_id("o1", order("c1", 200, 1)),
        with_id("there", order("c1", 5, 5)),
        with_id("there", order("c1", 6, 5)),
        with_id("late", order("c2", 7, 7)),
        NewOrder::default(),
        order("c1", 3, 3),
        order("c1", 3, 3),
    ];
    let outcomes = house.orders.apply_batch(&member(), &batch).await.unwrap();
    let Outcome::Applied(first) = outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(outcomes[1], Outcome::Known(first));
    let refused = |outcome: &Outcome, id| matches!(outcome, Outcome::Rejected(Error::Duplicate { existing, .. }) if existing.id == id);
    assert!(refused(&outcomes[2], first.0) && refused(&outcomes[4], there.id.0), "{outcomes:?}");
    assert_eq!(outcomes[3], Outcome::Known(there.id));
    assert!(matches!(outcomes[5], Outcome::Waiting(_)));
    let Outcome::Rejected(Error::Invalid(errors)) = &outcomes[6] else { panic!("{outcomes:?}") };
    assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["customer", "amount"]);
    assert!(matches!((&outcomes[7], &outcomes[8]), (Outcome::Applied(one), Outcome::Applied(two)) if one != two), "{outcomes:?}");
    assert_eq!(house.sums(ana.id).await, (111, 4, Some(5)));
    let many = vec![order("c1", 1, 1); BATCH_MAX + 1];
    assert!(house.orders.apply_batch(&member(), &many).await.is_err_and(|error| error.on_field("orders").is_some()));
    house.close().await;
}

async fn a_batch_is_one_change(db: &TestDb) {
    let house = House::new(db).await;
    house.customer("c1").await;
    let changes = async || house.store.read(|conn| Box::pin(log::before(conn, None, i64::MAX, 100))).await.unwrap().changes;
    crate::common::leads::settled(&house.store).await;
    let before = changes().await.len();
    let batch: Vec<NewOrder> = (0..50).map(|n| with_id(&format!("o{n}"), order(if n == 7 { "c2" } else { "c1" }, n, n))).collect();
    house.orders.apply_batch(&member(), &batch).await.unwrap();
    house.orders.apply_batch(&member(), &batch).await.unwrap();
    crate::common::leads::settled(&house.store).await;
    let log = changes().await;
    assert_eq!(log.len(), before + 1, "the second time nothing happened");
    let Some(Record::Set(set)) = &log[0].after else { panic!("{:?}", log[0]) };
    assert_eq!((log[0].op, set.entity, set.count), (Op::Bulk, Entity::Order, 50));
    assert_eq!(set.what, "recorded 50 orders, one of which waits for its customer");
    assert!(matches!(house.undo(log[0].id).await, Err(Error::Conflict(_))));
    house.close().await;
}

/// The rows of a file without quotes, without its header.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

fn customers(house: &House) -> Vec<Lead> {
    let lead = |row: Vec<&str>| {
        let new = NewLead { customer_id: Some(row[0].to_owned()), ..new_lead(row[1], row[2]) };
        new.check().unwrap().into_lead(LeadId(house.store.clock.id()), house.store.clock.now())
    };
    rows(include_str!("../data/cdnow_sample_customers.csv")).map(lead).collect()
}

fn orders() -> Vec<NewOrder> {
    let order = |row: Vec<&str>| NewOrder {
        order_id: Some(row[0].to_owned()),
        customer: row[1].to_owned(),
        ordered_at: Some(row[2].parse().unwrap()),
        amount: Some(domain::amount::amount(row[4]).unwrap()),
        ..NewOrder::default()
    };
    rows(include_str!("../data/cdnow_sample_orders.csv")).map(order).collect()
}

async fn real_purchases_come_three_times_and_count_once(db: &TestDb) {
    let house = House::new(db).await;
    let truth: serde_json::Value = serde_json::from_str(include_str!("../data/cdnow_sample_truth.json")).unwrap();
    let (customers, orders) = (customers(&house), orders());
    assert_eq!((customers.len(), orders.len()), (2357, 6919));
    let import = async |leads: Vec<Lead>| {
        let system = domain::Actor::system();
        let write = house.store.write(&system, move |tx| {
            Box::pin(async move { commit(tx, Write::Import(NewLeads::new(leads)?), LogMode::Set).await.map(drop) })
        });
        write.await.unwrap();
    };
    let mut dice = fastrand::Rng::with_seed(6919);
    // Half of the customers come after the first orders. The orders come twice more, shuffled, and each twice.
    let late = customers.len() / 2;
    import(customers[late..].to_vec()).await;
    let mut again = [orders.clone(), orders.clone()].concat();
    dice.shuffle(&mut again);
    let sent: Vec<NewOrder> = orders.iter().cloned().chain(again).collect();
    let (mut applied, mut waiting, mut known) = (0, 0, 0);
    for (at, batch) in sent.chunks(700).enumerate() {
        if at == 6 {
            import(customers[..late].to_vec()).await;
        }
        for outcome in house.orders.apply_batch(&member(), batch).await.unwrap() {
            match outcome {
                Outcome::Applied(_) => applied += 1,
                Outcome::Waiting(_) => waiting += 1,
                Outcome::Known(_) => known += 1,
                Outcome::Rejected(error) => panic!("{error}"),
            }
        }
    }
    assert!(waiting > 1_000, "{waiting} came before their customers");
    assert_eq!((applied + waiting, known), (6919, 2 * 6919));

    let leads = {
        let mut all = Vec::new();
        let mut query = LeadQuery { limit: 1_000, ..LeadQuery::default() };
        loop {
            let page = house.leads.list(&member(), &query).await.unwrap().data;
            all.extend(page.leads);
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => break all,
            }
        }
    };
    let revenue: i64 = leads.iter().map(|lead| lead.total_spend).sum();
    assert_eq!(leads.len() as i64, truth["customers"].as_i64().unwrap());
    assert_eq!(leads.iter().map(|lead| lead.visits).sum::<i64>(), truth["orders"].as_i64().unwrap());
    let cents = |value: &serde_json::Value| (value.as_f64().unwrap() * 100.0).round() as i64;
    assert_eq!(revenue, cents(&truth["revenue"]));
    let mut top: Vec<&Lead> = leads.iter().collect();
    top.sort_by_key(|lead| std::cmp::Reverse(lead.total_spend));
    for (lead, row) in top.iter().zip(truth["top5_by_total_spend"].as_array().unwrap()) {
        assert_eq!(
            (lead.customer_id.as_deref(), lead.total_spend, lead.visits),
            (row[0].as_str(), cents(&row[1]), row[2].as_i64().unwrap())
        );
    }

    let now = Moment::utc(truth["now"].as_str().unwrap().parse().unwrap());
    let test = |field: &str, op, value: f64| Rule::test(field, op, Value::Number(value));
    let (spend, visits, days) = (
        |op, value| test("total_spend", op, value),
        |op, value| test("visits", op, value),
        |op, value| test("days_since_last_active", op, value),
    );
    let segments: HashMap<&str, Rule> = HashMap::from([
        ("total_spend > 100", spend(RuleOp::Gt, 100.0)),
        ("total_spend > 100 AND days_since_last_active > 90", Rule::All(vec![spend(RuleOp::Gt, 100.0), days(RuleOp::Gt, 90.0)])),
        ("visits >= 5", visits(RuleOp::Gte, 5.0)),
        ("visits = 1 OR total_spend < 20", Rule::Any(vec![visits(RuleOp::Is, 1.0), spend(RuleOp::Lt, 20.0)])),
        (
            "(total_spend > 200 AND visits >= 4) OR (days_since_last_active <= 30)",
            Rule::Any(vec![Rule::All(vec![spend(RuleOp::Gt, 200.0), visits(RuleOp::Gte, 4.0)]), days(RuleOp::Lte, 30.0)]),
        ),
        ("NOT (visits >= 2)", Rule::Not(Box::new(visits(RuleOp::Gte, 2.0)))),
    ]);
    for (name, rule) in segments {
        let matcher = rule::Matcher::new(&rule, &now);
        let found = leads.iter().filter(|lead| matcher.matches(&rule::Facts::new(lead, &[]))).count() as i64;
        let query = Query::with_rule(server::leads::COUNT, Vec::new(), &rule, house.store.is_postgres(), &now);
        let (counted,) = house.store.read(move |conn| Box::pin(conn.one::<(i64,)>(query))).await.unwrap();
        assert_eq!((Some(found), Some(counted)), (truth[name].as_i64(), truth[name].as_i64()), "{name}");
    }
    house.close().await;
}

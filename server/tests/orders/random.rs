//! Random writes of everything that moves sums: after each few, the sums equal a recount.

use super::house::*;
use crate::common::{
    TestDb,
    leads::{edit, member},
};
use domain::{
    Actor, ChangeId, LeadId, OrderId, SegmentId, Timestamp,
    bulk::{BulkAction, NewBulk},
    leads::{Lead, Selection},
    orders::{NewOrder, OrderLine},
    rule::{Op, OrderFilter, Rule, Value},
    segments::NewSegment,
    services::{BulkService, LeadService, OrderService, SegmentService},
};
use server::leads::{LogMode, Write, commit};

both_dbs!(after_random_writes_the_sums_equal_a_recount);

/// What the writes so far left.
#[derive(Default)]
struct Known {
    leads: Vec<LeadId>,
    orders: Vec<OrderId>,
    changes: Vec<ChangeId>,
}

async fn after_random_writes_the_sums_equal_a_recount(db: &TestDb) {
    let house = House::new(db).await;
    let made = segments(&house).await;
    let mut dice = fastrand::Rng::with_seed(15);
    let mut known = Known::default();
    for step in 0..400 {
        write(&house, &mut known, &mut dice).await;
        if step % 10 == 9 {
            house.must_add_up().await;
        }
    }
    assert!(known.orders.len() > 50 && known.leads.len() > 5);
    for id in made {
        let moves = house.segments.get(&member(), id).await.unwrap().unwrap().data.moves;
        assert!(moves.iter().any(|one| one.entered) && moves.iter().any(|one| !one.entered), "{moves:?}");
    }
    house.close().await;
}

/// Segments over orders, each counted now and moved by the writes that follow.
async fn segments(house: &House) -> Vec<SegmentId> {
    let of = |field: &str, op, number, which| Rule::of_orders(field, op, Value::Number(number), which);
    let all = OrderFilter::default;
    let of_tea = || OrderFilter { product: Some("TEA".into()), ..all() };
    let early = || OrderFilter { to: Some("1970-01-01T00:00:00.000500Z".into()), ..all() };
    let rules = [
        of("orders", Op::Gte, 2.0, all()),
        of("orders", Op::Is, 0.0, all()),
        of("orders", Op::Gte, 1.0, of_tea()),
        of("order_total", Op::Gte, 20.0, early()),
        Rule::Any(vec![of("order_total", Op::Lt, 10.0, all()), of("visits", Op::Gt, 6.0, all())]),
        Rule::test("last_order_at", Op::Lt, Value::Text("1970-01-01T00:00:00.000700Z".into())),
        Rule::Not(Box::new(Rule::test("first_order_at", Op::IsSet, Value::None))),
    ];
    let mut made = Vec::new();
    for (at, rule) in rules.into_iter().enumerate() {
        let new = NewSegment { name: format!("Segment {at}"), rule, ..NewSegment::default() };
        made.push(house.segments.create(&member(), new).await.unwrap().segment.id);
    }
    made
}

fn number(dice: &mut fastrand::Rng) -> String {
    format!("c{}", dice.u8(..12))
}

fn line(name: &str) -> OrderLine {
    OrderLine { product_id: None, name: name.to_owned(), quantity: 1, price: 1 }
}

async fn write(house: &House, known: &mut Known, dice: &mut fastrand::Rng) {
    let lead = (!known.leads.is_empty()).then(|| dice.usize(..known.leads.len()));
    match (dice.u8(..16), lead) {
        (0 | 1, _) | (_, None) => known.leads.push(house.customer(&number(dice)).await.id),
        (2..=6, Some(at)) => {
            let customer = if dice.bool() { number(dice) } else { known.leads[at].to_string() };
            // Some order ids come again, with the same content or another.
            let lines = if dice.bool() { vec![line("Tea"), line("Cup")] } else { Vec::new() };
            let new = order(&customer, dice.i64(0..5_000), dice.i64(0..1_000));
            let new = with_id(&format!("o{}", dice.u16(..300)), NewOrder { lines, ..new });
            if let Ok(saved) = house.add(new).await {
                known.orders.push(saved.order.id);
                known.changes.extend(saved.undo);
            }
        }
        (7, _) => {
            let batch: Vec<_> = (0..dice.i64(0..40)).map(|n| order(&number(dice), n, dice.i64(0..1_000))).collect();
            for outcome in house.orders.apply_batch(&member(), &batch).await.unwrap() {
                known.orders.push(outcome.id().unwrap());
            }
        }
        (8 | 9, _) if !known.orders.is_empty() => {
            let at = dice.usize(..known.orders.len());
            known.changes.extend(house.orders.delete(&member(), known.orders.swap_remove(at)).await.ok());
        }
        (10, Some(at)) => {
            let change = house.leads.delete(&member(), known.leads.swap_remove(at)).await;
            known.changes.extend(change.ok());
        }
        (11 | 12, Some(at)) => {
            let number = if dice.u8(..4) == 0 { String::new() } else { number(dice) };
            let edited = house.leads.edit(&member(), known.leads[at], edit(|set| set.customer_id = Some(number))).await;
            known.changes.extend(edited.ok().and_then(|saved| saved.undo));
        }
        (13, Some(at)) => {
            let Some(before) = house.leads.get(&member(), known.leads[at]).await.unwrap() else { return };
            let after = Lead {
                revision: before.revision + 1,
                total_spend: dice.i64(0..9_000),
                visits: dice.i64(0..9),
                last_active_at: dice.bool().then(|| Timestamp(dice.i64(0..1_000))),
                ..before.clone()
            };
            let system = Actor::system();
            let write = house.store.write(&system, move |tx| {
                Box::pin(async move { commit(tx, Write::Update(vec![(before, after)]), LogMode::Each).await.map(drop) })
            });
            write.await.unwrap();
        }
        (14, Some(_)) => {
            let some: Vec<LeadId> = known.leads.iter().copied().filter(|_| dice.u8(..3) == 0).collect();
            if let Ok(bulk) = house.bulks.start(&member(), NewBulk { action: BulkAction::Delete {}, which: Selection::Leads(some) }).await
                && dice.bool()
            {
                house.bulks.undo(&member(), bulk.id).await.unwrap();
            }
        }
        _ if !known.changes.is_empty() => {
            let at = dice.usize(..known.changes.len());
            // An undo that is not possible any more changes nothing.
            drop(house.undo(known.changes.swap_remove(at)).await);
        }
        _ => {}
    }
}

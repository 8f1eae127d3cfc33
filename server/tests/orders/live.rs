//! Lists follow the sums of orders live, whether their rules test them or not.

use crate::{
    common::{
        TestDb,
        leads::{edit, member, new_lead, settled},
        live_client::LiveClient,
        server::TestServer,
    },
    live::tab::{Tab, told_everything},
};
use domain::{
    Entity, Role,
    leads::{Lead, NewLead},
    live::{DeltaOp, Query, ServerMessage},
    orders::NewOrder,
    rule::{Op, OrderFilter, Rule, Value},
};
use server::http::App;

both_dbs!(lists_follow_the_sums_of_orders, the_list_of_orders_is_told_of_them);

async fn customer(app: &App, n: usize) -> Lead {
    let new = NewLead { customer_id: Some(format!("c{n}")), ..new_lead("Ana", &format!("c{n}@live.example")) };
    app.services.leads.create(&member(), new).await.unwrap()
}

fn order(n: usize, amount: i64) -> NewOrder {
    NewOrder { customer: format!("c{n}"), amount: Some(amount), ..NewOrder::default() }
}

fn queries() -> Vec<Query> {
    let spend = Rule::test("total_spend", Op::Gte, Value::Number(10.0));
    let recent =
        Rule::All(vec![Rule::test("last_active_at", Op::WithinDays, Value::Number(1.0)), Rule::test("visits", Op::Lt, Value::Number(4.0))]);
    let today = OrderFilter { within_days: Some(1.0), ..OrderFilter::default() };
    let often = Rule::of_orders("orders", Op::Gte, Value::Number(3.0), today);
    let seldom = Rule::All(vec![Rule::test("order_total", Op::Lt, Value::Number(12.0)), Rule::test("score", Op::Lt, Value::Number(60.0))]);
    let rules = [Rule::everyone(), Rule::Not(Box::new(spend.clone())), spend, recent, often, seldom];
    rules.into_iter().flat_map(|rule| [Query::Leads { rule: rule.clone() }, Query::Board { rule }]).collect()
}

async fn work(app: &App, dice: &mut fastrand::Rng, steps: usize) {
    let mut changes = Vec::new();
    for _ in 0..steps {
        let n = dice.usize(..6);
        match dice.u8(..8) {
            0..=3 => changes.extend(app.services.orders.add(&member(), order(n, dice.i64(0..900))).await.unwrap().undo),
            4 if !changes.is_empty() => drop(app.services.changes.undo(&member(), changes.swap_remove(dice.usize(..changes.len()))).await),
            5 => drop(app.services.orders.apply_batch(&member(), &[order(n, 5), order(n, 6)]).await.unwrap()),
            _ => {
                let page = app.services.leads.list(&member(), &domain::leads::LeadQuery::default()).await.unwrap().data;
                let lead = &page.leads[dice.usize(..page.leads.len())];
                let score = dice.i32(0..100);
                app.services.leads.update(&member(), lead.id, edit(|set| set.score = Some(score))).await.unwrap();
            }
        }
    }
}

async fn lists_follow_the_sums_of_orders(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let secret = server.secret(Role::Viewer).await;
    for n in 0..4 {
        customer(app, n).await;
    }
    told_everything(&server.live_url(), &secret, &app.store).await;
    let mut tabs = Vec::new();
    for query in queries() {
        tabs.push(Tab::open(&server, &secret, query).await);
    }
    let mut dice = fastrand::Rng::with_seed(3);
    for round in 0..6 {
        work(app, &mut dice, 12).await;
        if round == 2 {
            // Their orders have waited.
            customer(app, 4).await;
            let last = customer(app, 5).await;
            let gone = app.services.leads.delete(&member(), last.id).await.unwrap();
            app.services.changes.undo(&member(), gone).await.unwrap();
        }
        for (at, tab) in tabs.iter_mut().enumerate() {
            if (at + round) % 3 == 0 {
                tab.drop_connection();
            }
            tab.must_equal(&app.store).await;
        }
    }
    server.stop().await;
}

async fn the_list_of_orders_is_told_of_them(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let secret = server.secret(Role::Viewer).await;
    settled(&app.store).await;
    let mut client = LiveClient::connect(&server.live_url(), &secret, None).await;
    client.subscribe(1, &Query::list(Entity::Order), 0).await;
    let mut told = async |wanted: DeltaOp| {
        client
            .until(|message| match message {
                ServerMessage::Deltas { items, .. } => items.into_iter().find(|item| item.op == wanted),
                _ => None,
            })
            .await
    };
    let saved = app.services.orders.add(&member(), order(1, 500)).await.unwrap();
    assert_eq!(told(DeltaOp::Enter).await.id, saved.order.id.0);
    // The order is applied to its customer, and waits again.
    let ana = customer(app, 1).await;
    told(DeltaOp::Bulk).await;
    app.services.leads.delete(&member(), ana.id).await.unwrap();
    told(DeltaOp::Bulk).await;
    app.services.orders.delete(&member(), saved.order.id).await.unwrap();
    assert_eq!(told(DeltaOp::Leave).await.id, saved.order.id.0);
    server.stop().await;
}

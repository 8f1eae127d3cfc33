//! The queue through its service.

use crate::common::{
    TestDb,
    leads::member,
    server::{TestServer, json},
};
use domain::{
    Actor, ActorRef, Error, Role, Timestamp,
    ingest::{BATCH_MAX, Items, QUEUE_MAX, Queue, SENDER_MAX, WhichParked},
    leads::{Lead, LeadQuery, NewCustomer},
    orders::{CUSTOMER_ORDERS_MAX, NewOrder, OrderQuery},
    services::{IngestService, LeadService, OrderService},
};
use server::{
    background::Background,
    ingest::Ingest,
    leads::Leads,
    live::Hub,
    orders::{Orders, audit},
    store::{Store, sql},
};
use sqlx::{Connection, PgConnection};
use std::time::Duration;

carriers!(
    what_is_accepted_waits_on_disk_and_is_applied_in_order,
    what_cannot_be_applied_is_parked_with_its_reason_and_blocks_nothing,
    an_item_that_makes_a_whole_batch_impossible_is_found,
    senders_take_turns,
    two_servers_apply_each_item_once,
    a_customer_is_one_lead,
    an_order_beyond_the_most_of_its_customer_is_parked_until_there_is_room,
    a_sender_fills_no_queue_alone,
    the_state_is_told_to_programs_and_metrics
);

struct House {
    store: Store,
    ingest: Ingest,
    leads: Leads,
    orders: Orders,
}

impl House {
    async fn new(db: &TestDb) -> Self {
        Self::on(db, db.open().await)
    }

    fn on(db: &TestDb, store: Store) -> Self {
        let hub = Hub::start(store.clone());
        let ingest = Ingest::new(store.clone(), hub.clone()).with_lease(Duration::from_secs(1));
        let ingest = db.broker.iter().fold(ingest, |ingest, broker| broker.carry(ingest));
        Self { ingest, leads: Leads::new(store.clone(), hub), orders: Orders::new(store.clone()), store }
    }

    async fn send(&self, items: Items) {
        let accepted = self.ingest.accept(&member(), items).await.unwrap();
        assert_eq!(accepted.errors, []);
    }

    /// Waits until nothing waits.
    async fn settle(&self) {
        tokio::time::timeout(Duration::from_mins(2), async {
            while self.ingest.state(&member()).await.unwrap().data.waiting() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the queues are emptied");
    }

    async fn all_leads(&self) -> Vec<Lead> {
        let query = LeadQuery { limit: 1_000, ..LeadQuery::default() };
        self.leads.list(&member(), &query).await.unwrap().data.leads
    }

    async fn close(self) {
        self.ingest.shutdown().await;
        assert_eq!(audit(&self.store).await.unwrap(), Vec::<String>::new());
        self.store.close().await;
    }
}

fn customer(number: &str, email: &str) -> NewCustomer {
    NewCustomer { name: "Ana".into(), email: email.into(), customer_id: Some(number.into()), ..NewCustomer::default() }
}

fn order(id: &str, customer: &str, amount: i64) -> NewOrder {
    NewOrder {
        order_id: Some(id.into()),
        customer: customer.into(),
        amount: Some(amount),
        ordered_at: Some(Timestamp(5)),
        ..NewOrder::default()
    }
}

async fn what_is_accepted_waits_on_disk_and_is_applied_in_order(db: &TestDb) {
    let first = House::new(db).await;
    let spend = |spend| NewCustomer { total_spend: Some(spend), ..customer("c1", "ana@b.example") };
    // No consumer runs: the batches are on disk when they were accepted.
    first.send(Items::Orders(vec![order("o1", "c1", 100), order("o2", "c2", 7)])).await;
    for amount in 1..=5 {
        first.send(Items::Customers(vec![spend(amount * 1_000)])).await;
    }
    let wrong =
        first.ingest.accept(&member(), Items::Orders(vec![order("o3", "", 1), NewOrder { order_id: None, ..order("", "c1", 3) }])).await;
    let wrong = wrong.unwrap();
    assert_eq!((wrong.count, wrong.errors.len(), wrong.errors[0].0), (1, 1, 0));
    let nothing = first.ingest.accept(&member(), Items::Orders(vec![order("o3", "", 1)])).await.unwrap();
    assert_eq!((nothing.batch, nothing.count), (None, 0));
    let many = Items::Customers(vec![spend(1); BATCH_MAX + 1]);
    assert!(first.ingest.accept(&member(), many).await.is_err_and(|error| error.on_field("customers").is_some()));
    let viewer = Actor { role: Role::Viewer, ..member() };
    assert!(matches!(first.ingest.accept(&viewer, Items::Orders(vec![order("o9", "c1", 1)])).await, Err(Error::Forbidden(_))));
    let state = first.ingest.state(&member()).await.unwrap().data;
    let waiting: Vec<_> = state.queues.iter().map(|queue| (queue.queue, queue.waiting, queue.oldest.is_some())).collect();
    assert_eq!(waiting, [(Queue::Customers, 5, true), (Queue::Orders, 3, true)]);
    assert!(first.all_leads().await.is_empty());
    first.store.close().await;

    let house = House::new(db).await;
    house.ingest.resume().await.unwrap();
    house.settle().await;
    let leads = house.all_leads().await;
    // The last figure that was set, and the orders, whichever came first.
    assert_eq!((leads.len(), leads[0].total_spend, leads[0].visits), (1, 5_103, 2));
    let waiting = house.orders.list(&member(), &OrderQuery::default()).await.unwrap().data.waiting;
    assert_eq!(waiting, 1, "the order of c2");
    let state = house.ingest.state(&member()).await.unwrap().data;
    assert_eq!(state.queues.iter().map(|queue| (queue.applied, queue.parked)).collect::<Vec<_>>(), [(5, 0), (3, 0)]);
    house.close().await;
}

async fn what_cannot_be_applied_is_parked_with_its_reason_and_blocks_nothing(db: &TestDb) {
    let house = House::new(db).await;
    house.ingest.resume().await.unwrap();
    house.send(Items::Customers(vec![customer("c1", "ana@b.example")])).await;
    house.send(Items::Orders(vec![order("o1", "c1", 100)])).await;
    // The same id with other content, among others that are right.
    house.send(Items::Orders(vec![order("o2", "c1", 10), order("o1", "c1", 999), order("o3", "c1", 1), order("o1", "c1", 998)])).await;
    house.settle().await;
    assert_eq!(house.all_leads().await[0].total_spend, 111);
    let page = house.ingest.parked(&member(), None, 1).await.unwrap();
    let (newest, next) = (page.items[0].clone(), page.next.clone().unwrap());
    assert_eq!((newest.queue, newest.who.name()), (Queue::Orders, member().who.name()));
    assert!(newest.reason.contains("o1") && newest.item.contains("998"), "{newest:?}");
    let page = house.ingest.parked(&member(), Some(next), 200).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
    let other = page.items[0].id;

    // Nothing has changed: it is parked again. Without the order that has its id, it is applied.
    let actor = member();
    let twice = tokio::join!(house.ingest.retry(&actor, WhichParked::All), house.ingest.retry(&actor, WhichParked::All));
    assert!(matches!(twice, (Ok(2), Err(Error::Conflict(_))) | (Err(Error::Conflict(_)), Ok(2))), "one goes on at a time: {twice:?}");
    house.settle().await;
    assert_eq!(house.ingest.state(&member()).await.unwrap().data.parked(), 2);
    assert!(matches!(house.ingest.retry(&member(), WhichParked::One(other)).await, Err(Error::NotFound { .. })), "it has another id now");
    let listed = house.orders.list(&member(), &OrderQuery { search: "o1".into(), ..OrderQuery::default() }).await.unwrap().data.orders;
    house.orders.delete(&member(), listed[0].order.id).await.unwrap();
    let oldest = house.ingest.parked(&member(), None, 200).await.unwrap().items.pop().unwrap();
    assert_eq!(house.ingest.retry(&member(), WhichParked::One(oldest.id)).await.unwrap(), 1);
    house.settle().await;
    assert_eq!(house.all_leads().await[0].total_spend, 1_010);
    let viewer = Actor { role: Role::Viewer, ..member() };
    assert!(matches!(house.ingest.discard(&viewer, WhichParked::All).await, Err(Error::Forbidden(_))));
    assert_eq!(house.ingest.discard(&member(), WhichParked::All).await.unwrap(), 1);
    assert_eq!(house.ingest.state(&member()).await.unwrap().data.parked(), 0);
    house.close().await;
}

/// The database refuses one item, and with it the whole transaction.
async fn an_item_that_makes_a_whole_batch_impossible_is_found(db: &TestDb) {
    let house = House::new(db).await;
    let refuse = if house.store.is_postgres() {
        "ALTER TABLE lead ADD CONSTRAINT refused CHECK (email <> 'poison@b.example')"
    } else {
        "CREATE TRIGGER refused BEFORE INSERT ON lead WHEN NEW.email = 'poison@b.example' BEGIN SELECT RAISE(ABORT, 'refused'); END"
    };
    house.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(sql(refuse)).await })).await.unwrap();
    let spend = |spend| NewCustomer { total_spend: Some(spend), ..customer("c1", "ana@b.example") };
    house.send(Items::Customers(vec![spend(1), customer("c2", "bo@b.example")])).await;
    house.send(Items::Customers(vec![spend(2), customer("c9", "poison@b.example"), spend(3)])).await;
    house.send(Items::Customers(vec![spend(4), customer("c3", "cleo@b.example")])).await;
    house.ingest.resume().await.unwrap();
    house.settle().await;
    let leads = house.all_leads().await;
    let ana = leads.iter().find(|lead| lead.email == "ana@b.example").unwrap();
    assert_eq!((leads.len(), ana.total_spend), (3, 4), "in their order");
    let parked = house.ingest.parked(&member(), None, 200).await.unwrap().items;
    assert_eq!(parked.len(), 1);
    assert!(parked[0].item.contains("poison@b.example"), "{parked:?}");
    let state = house.ingest.state(&member()).await.unwrap().data;
    assert_eq!((state.queues[0].applied, state.queues[0].parked), (6, 1));
    house.close().await;
}

/// One sender has 5,000 items waiting when another sends one.
async fn senders_take_turns(db: &TestDb) {
    let house = House::new(db).await;
    for batch in 0..5 {
        let orders = (0..1_000).map(|n| order(&format!("many {:04}", batch * 1_000 + n), "nobody", 1)).collect();
        house.send(Items::Orders(orders)).await;
    }
    // The same order with other content, which is behind all of these.
    house.send(Items::Orders(vec![order("many 0000", "nobody", 2)])).await;
    for (n, sender) in [ActorRef::Guest, ActorRef::System].into_iter().enumerate() {
        let one = Items::Orders(vec![order(&format!("one {n}"), "nobody", 1)]);
        house.ingest.accept(&Actor { who: sender, ..member() }, one).await.unwrap();
    }
    house.ingest.resume().await.unwrap();
    house.settle().await;
    // Ids are given when orders are applied.
    let applied = house.store.read(|conn| Box::pin(conn.all::<(String,)>(sql("SELECT order_id FROM orders ORDER BY id")))).await.unwrap();
    assert_eq!(applied.len(), 5_002);
    for n in 0..2 {
        let one = format!("one {n}");
        let before = applied.iter().take_while(|(id,)| *id != one).filter(|(id,)| id.starts_with("many")).count();
        assert!(before <= 2_000, "behind {before} of another sender");
    }
    let many: Vec<_> = applied.iter().filter(|(id,)| id.starts_with("many")).collect();
    assert!(many.is_sorted(), "those of one sender in their order");
    let parked = house.ingest.parked(&member(), None, 200).await.unwrap().items;
    assert_eq!(parked.len(), 1, "the later of the two with one id");
    assert_eq!(counted(&house.store).await, [0, 1]);
    house.close().await;
}

async fn two_servers_apply_each_item_once(db: &TestDb) {
    let one = House::new(db).await;
    // On SQLite two consumers in one process, on Postgres two servers.
    let other = if one.store.is_postgres() { House::new(db).await } else { House::on(db, one.store.clone()) };
    for house in [&one, &other] {
        house.ingest.resume().await.unwrap();
    }
    for n in 0..60 {
        let house = if n % 2 == 0 { &one } else { &other };
        house.send(Items::Customers(vec![customer(&format!("c{}", n % 7), &format!("c{}@b.example", n % 7))])).await;
        let orders = (0..10).map(|at| NewOrder { order_id: None, ..order("", &format!("c{}", (n + at) % 7), 1) }).collect();
        house.send(Items::Orders(orders)).await;
    }
    one.settle().await;
    let leads = one.all_leads().await;
    assert_eq!((leads.len(), leads.iter().map(|lead| lead.visits).sum::<i64>()), (7, 600));
    let state = one.ingest.state(&member()).await.unwrap().data;
    assert_eq!(state.queues.iter().map(|queue| (queue.applied, queue.parked)).collect::<Vec<_>>(), [(60, 0), (600, 0)]);
    other.ingest.shutdown().await;
    if one.store.is_postgres() {
        other.store.close().await;
    }
    one.close().await;
}

/// A server reads two batches and pauses; another server has its queue meanwhile, and applies one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_another_server_applied_takes_no_other_with_it() {
    let db = TestDb::postgres().await;
    let house = House::new(&db).await;
    for (number, email) in [("c1", "ana@b.example"), ("c2", "bo@b.example")] {
        house.send(Items::Customers(vec![customer(number, email)])).await;
    }
    let mut other = PgConnection::connect(&db.url).await.unwrap();
    let applied =
        ["DELETE FROM inbox WHERE id = (SELECT id FROM inbox ORDER BY id LIMIT 1)", "UPDATE ingest_sender SET waiting = waiting - 1"];
    for text in ["BEGIN"].into_iter().chain(applied) {
        sqlx::query(text).execute(&mut other).await.unwrap();
    }
    house.ingest.resume().await.unwrap();
    let mut watching = PgConnection::connect(&db.url).await.unwrap();
    let waits = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_as::<_, (bool,)>(waits).fetch_one(&mut watching).await.unwrap().0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sqlx::query("COMMIT").execute(&mut other).await.unwrap();
    house.settle().await;
    let emails: Vec<_> = house.all_leads().await.into_iter().map(|lead| lead.email).collect();
    assert_eq!(emails, ["bo@b.example"]);
    house.close().await;
}

async fn a_customer_is_one_lead(db: &TestDb) {
    let house = House::new(db).await;
    let ana = house.leads.put_customer(&member(), customer("c1", " Ana@B.example")).await.unwrap();
    assert_eq!((ana.email.as_str(), ana.revision), ("ana@b.example", 1));
    let again = house.leads.put_customer(&member(), NewCustomer { visits: Some(3), ..customer("c1", "ana@b.example") }).await.unwrap();
    assert_eq!((again.id, again.visits, again.revision), (ana.id, 3, 2));
    // Another address of the same customer number is the same customer.
    let moved = house.leads.put_customer(&member(), customer("c1", "ana@new.example")).await.unwrap();
    assert_eq!((moved.id, moved.email.as_str(), moved.visits), (ana.id, "ana@new.example", 3));
    // In one batch: a new one who comes twice, and the address that became free.
    house.ingest.resume().await.unwrap();
    let twice = NewCustomer { total_spend: Some(9), ..customer("c2", "bo@b.example") };
    house
        .send(Items::Customers(vec![
            customer("c2", "bo@b.example"),
            twice,
            customer("c3", "ana@b.example"),
            customer("c1", "ana@newer.example"),
        ]))
        .await;
    house.settle().await;
    let leads = house.all_leads().await;
    let of = |email: &str| leads.iter().find(|lead| lead.email == email).unwrap();
    assert_eq!(leads.len(), 3);
    assert_eq!((of("bo@b.example").total_spend, of("bo@b.example").revision), (9, 1));
    assert_eq!((of("ana@newer.example").id, of("ana@b.example").customer_id.as_deref()), (ana.id, Some("c3")));
    house.close().await;
}

async fn an_order_beyond_the_most_of_its_customer_is_parked_until_there_is_room(db: &TestDb) {
    let house = House::new(db).await;
    house.ingest.resume().await.unwrap();
    let most = CUSTOMER_ORDERS_MAX as usize;
    house.send(Items::Orders((0..most).map(|n| order(&format!("o{n}"), "c1", 1)).collect())).await;
    house.send(Items::Orders(vec![order("late", "c1", 1), order("other", "c2", 1)])).await;
    house.send(Items::Customers(vec![customer("c1", "ana@b.example")])).await;
    house.settle().await;
    let parked = house.ingest.parked(&member(), None, 200).await.unwrap().items;
    assert_eq!(parked.len(), 1);
    assert!(parked[0].item.contains("late") && parked[0].reason.contains("10,000 orders"), "{parked:?}");
    let first = house.orders.list(&member(), &OrderQuery { search: "o17".into(), limit: 1, ..OrderQuery::default() }).await.unwrap();
    house.orders.delete(&member(), first.data.orders[0].order.id).await.unwrap();
    assert_eq!(house.ingest.retry(&member(), WhichParked::All).await.unwrap(), 1);
    house.settle().await;
    assert_eq!(house.ingest.state(&member()).await.unwrap().data.parked(), 0);
    assert_eq!(house.all_leads().await[0].visits, CUSTOMER_ORDERS_MAX);
    house.close().await;
}

async fn a_sender_fills_no_queue_alone(db: &TestDb) {
    let house = House::new(db).await;
    let one = |id: &str| Items::Orders(vec![order(id, "c1", 1)]);
    // No consumer runs: all of it waits. Most of what fills the queue is counted only.
    house.send(Items::Orders((0..30).map(|n| order(&format!("o{n}"), "c1", 1)).collect())).await;
    let guest = Actor { who: ActorRef::Guest, ..member() };
    house.ingest.accept(&guest, one("theirs")).await.unwrap();
    let add = async |who: &str, count: i64| {
        let query = sql("UPDATE ingest_sender SET waiting = waiting + $1 WHERE queue = 'orders' AND (sender = $2) = ($3 = 'guest')");
        let query = query.bind(count).bind(uuid::Uuid::max()).bind(who);
        house.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run_one(query).await })).await.unwrap();
    };
    add("member", SENDER_MAX - 31).await;
    house.send(one("o30")).await;
    let refused = async |actor: &Actor| match house.ingest.accept(actor, one("more")).await {
        Err(error) => (error.status(), error.to_string()),
        other => panic!("{other:?}"),
    };
    let (status, why) = refused(&member()).await;
    assert!(status == 429 && why.contains("100,000 orders") && why.contains("retry or discard what is parked"), "{status} {why}");
    house.send(Items::Customers(vec![customer("c1", "ana@b.example")])).await;
    house.ingest.accept(&guest, one("theirs too")).await.unwrap();
    add("guest", QUEUE_MAX - SENDER_MAX - 2).await;
    let (status, why) = refused(&Actor { who: ActorRef::System, ..member() }).await;
    assert!(status == 503 && why.contains("500,000 orders"), "{status} {why}");
    add("member", 31 - SENDER_MAX).await;
    add("guest", 2 + SENDER_MAX - QUEUE_MAX).await;
    assert_eq!(counted(&house.store).await, [34, 0], "nothing was kept of what was refused");
    // There is room again once they were applied or discarded, and the counts are those of the rows.
    house.ingest.resume().await.unwrap();
    house.settle().await;
    house.send(Items::Orders(vec![order("o1", "c1", 2)])).await;
    house.settle().await;
    assert_eq!(counted(&house.store).await, [0, 1], "the order o1 is there with other content");
    house.ingest.retry(&member(), WhichParked::All).await.unwrap();
    house.settle().await;
    house.ingest.discard(&member(), WhichParked::All).await.unwrap();
    assert_eq!(counted(&house.store).await, [0, 0]);
    house.close().await;
}

/// The items that wait and that are parked, counted by their rows, and no different by the tallies.
async fn counted(store: &Store) -> [i64; 2] {
    let rows = "SELECT (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM inbox), (SELECT COUNT(*) FROM parked)";
    let tallies = "SELECT CAST(SUM(waiting) AS BIGINT), CAST(SUM(parked) AS BIGINT) FROM ingest_sender";
    let read = |text| store.read(move |conn| Box::pin(conn.one::<(i64, i64)>(sql(text))));
    let (rows, tallies) = (read(rows).await.unwrap(), read(tallies).await.unwrap());
    assert_eq!(rows, tallies);
    rows.into()
}

async fn the_state_is_told_to_programs_and_metrics(db: &TestDb) {
    let options: Vec<&str> = db.broker.iter().flat_map(|broker| broker.options()).collect();
    let server = TestServer::with(db, &options).await;
    let client = server.key(Role::Member).await;
    let post = async |path: &str, body: serde_json::Value| client.post(server.url(path)).json(&body).send().await.unwrap();
    let orders = serde_json::json!({ "orders": [
        { "orderId": "o1", "customer": "c1", "amount": 1 }, { "orderId": "o1", "customer": "c1", "amount": 2 }, { "orderId": "o2", "customer": "c1", "amount": 2 }
    ] });
    assert_eq!(post("/api/ingest/orders", orders).await.status(), 202);
    let state = async || json(client.get(server.url("/api/ingest")).send().await.unwrap()).await;
    tokio::time::timeout(Duration::from_secs(60), async {
        while state().await["queues"][1]["waiting"] != 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the queue is emptied");
    let now = state().await;
    assert_eq!((&now["queues"][1]["applied"], &now["queues"][1]["parked"]), (&2.into(), &1.into()), "{now}");
    let admin = server.key(Role::Admin).await;
    let metrics = admin.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains(r#"linnet_ingest_parked{queue="orders"} 1"#), "{metrics}");
    let page = json(client.get(server.url("/api/ingest/parked?limit=5")).send().await.unwrap()).await;
    assert_eq!((&page["data"][0]["item"]["amount"], &page["pagination"]["hasMore"]), (&2.into(), &false.into()), "{page}");
    let id = page["data"][0]["id"].as_str().unwrap();
    assert_eq!(json(post("/api/ingest/parked/retry", serde_json::json!({})).await).await["count"], 1);
    assert_eq!(
        post(&format!("/api/ingest/parked/{id}/retry"), serde_json::json!({})).await.status(),
        404,
        "it waits again, or has a new id"
    );
    tokio::time::timeout(Duration::from_secs(60), async {
        while state().await["queues"][1]["parked"] != 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("it is parked again");
    let gone = client.delete(server.url("/api/ingest/parked")).send().await.unwrap();
    assert_eq!(json(gone).await["count"], 1);

    // A sender with as much as one may have is told when to come again.
    let full = sql("UPDATE ingest_sender SET waiting = $1 WHERE queue = 'orders'").bind(SENDER_MAX);
    server.server.app.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run_one(full).await })).await.unwrap();
    let order = serde_json::json!({ "orders": [{ "orderId": "o9", "customer": "c1", "amount": 1 }] });
    let refused = post("/api/ingest/orders", order).await;
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "5"));
    let problem = json(refused).await.to_string();
    assert!(problem.contains("100,000 orders"), "{problem}");
    server.stop().await;
}

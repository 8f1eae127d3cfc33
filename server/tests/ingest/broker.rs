//! RabbitMQ: it goes away and comes back, other programs publish to it, and separate processes consume it.

use super::process::Installation;
use crate::common::{
    TestDb,
    broker::{TestBroker, Way},
    server::{TestServer, json},
};
use domain::Role;
use reqwest::Client;
use serde_json::{Value, json};
use server::store::sql;
use std::time::Duration;
use uuid::Uuid;

both_dbs!(
    batches_are_accepted_and_applied_once_while_the_broker_is_away_and_after,
    what_other_programs_publish_is_applied_once_and_what_cannot_be_read_is_a_dead_letter,
    a_worker_applies_what_a_server_without_consumers_accepts,
    a_broker_that_cannot_be_used_is_named_without_its_password
);

const CUSTOMERS: &str = "customer_ingest_queue";
const ORDERS: &str = "order_ingest_queue";
const DEAD: &str = "linnet_dead_letters";

/// A client of a server.
struct House<'s> {
    server: &'s TestServer,
    client: Client,
}

impl House<'_> {
    async fn get(&self, path: &str) -> Value {
        json(self.client.get(self.server.url(path)).send().await.unwrap()).await
    }

    /// Sends orders of 1 each for one customer, and returns the answer.
    async fn send(&self, orders: impl Iterator<Item = u32>) -> Value {
        let orders: Vec<Value> = orders.map(|id| json!({ "orderId": format!("o{id}"), "customer": "c1", "amount": 1 })).collect();
        let answer = self.client.post(self.server.url("/api/ingest/orders")).json(&json!({ "orders": orders })).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        json(answer).await
    }

    /// Waits for a state of ingestion.
    async fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let seen = tokio::time::timeout(Duration::from_mins(1), async {
            loop {
                let state = self.get("/api/ingest").await;
                if is_so(&state) {
                    break state;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        seen.await.unwrap_or_else(|_| panic!("{what}"))
    }

    async fn applied(&self, customers: i64, orders: i64) -> Value {
        self.until(&format!("{customers} customers and {orders} orders are applied"), |state| {
            let queues = state["queues"].as_array().unwrap();
            queues.iter().all(|queue| queue["waiting"] == 0) && queues[0]["applied"] == customers && queues[1]["applied"] == orders
        })
        .await
    }
}

async fn batches_are_accepted_and_applied_once_while_the_broker_is_away_and_after(db: &TestDb) {
    let broker = TestBroker::new();
    let way = Way::to(&broker).await;
    let cut = broker.by(way.addr);
    let server = TestServer::with(db, &cut.options()).await;
    let house = House { server: &server, client: server.key(Role::Admin).await };
    let connected = |is: bool| move |state: &Value| state["broker"]["connected"] == is;
    house.until("it connects", connected(true)).await;
    let program = broker.program().await;
    program.publish(CUSTOMERS, json!({ "name": "Ana", "email": "ana@b.example", "customerId": "c1" }).to_string(), None).await;
    assert_eq!(house.send(0..50).await["notice"], Value::Null);
    house.applied(1, 50).await;

    way.cut();
    let away = house.until("it is away", connected(false)).await;
    let reason = away["broker"]["reason"].as_str().unwrap();
    assert!(reason.contains(&way.addr.to_string()) && !reason.contains("guest"), "{reason}");
    let browser = server.signed_in("ada@b.example", Role::Viewer).await;
    let page = async || browser.get(server.url("/settings/ingestion")).send().await.unwrap().text().await.unwrap();
    let shown = page().await;
    assert!(shown.contains("RabbitMQ is away") && shown.contains(&way.addr.to_string()), "{shown}");
    for batch in 1..5 {
        // Half of them were applied before.
        let answer = house.send(batch * 25..batch * 25 + 50).await;
        assert!(answer["notice"].as_str().unwrap().contains("RabbitMQ"), "{answer}");
    }
    house.applied(1, 250).await;
    assert_eq!(house.client.get(server.url("/readyz")).send().await.unwrap().status(), 200);
    let metrics = async || house.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics().await.contains("linnet_broker_connected 0"));
    // Published meanwhile, by a program that still reaches it.
    let order = json!({ "customer_id": "c1", "products": [{ "name": "Tea", "quantity": 1, "price": 1 }], "total_price": 0.01, "order_date": "2026-11-21", "order_id": "o1000" });
    program.publish(ORDERS, order.to_string(), None).await;

    way.mend();
    house.until("it is back", connected(true)).await;
    assert!(metrics().await.contains("linnet_broker_connected 1"));
    assert!(!page().await.contains("RabbitMQ is away"));
    house.send(140..160).await;
    house.applied(1, 271).await;
    program.emptied(ORDERS).await;
    let leads = house.get("/api/leads").await;
    // 0 to 159, and the one of the other program.
    assert_eq!((&leads["data"][0]["totalSpend"], &leads["data"][0]["visits"]), (&161.into(), &161.into()), "{leads}");
    server.stop().await;
}

async fn what_other_programs_publish_is_applied_once_and_what_cannot_be_read_is_a_dead_letter(db: &TestDb) {
    let broker = TestBroker::new();
    let program = broker.program().await;
    // As programs of the replaced system declare them, before Linnet starts.
    for queue in [CUSTOMERS, ORDERS] {
        program.declare(queue).await;
    }
    let order = |price: f64| {
        let products = json!([{ "product_id": "p1", "name": "Tea", "quantity": 2, "price": 14.5 }]);
        json!({ "customer_id": "c1", "products": products, "total_price": price, "order_date": "2026-11-21T09:30:00Z" }).to_string()
    };
    program.publish(ORDERS, order(29.0), Some("m1")).await;
    let server = TestServer::with(db, &broker.options()).await;
    let house = House { server: &server, client: server.key(Role::Admin).await };
    for _ in 0..2 {
        program.publish(CUSTOMERS, json!({ "name": "Ana", "email": "ana@b.example", "customerId": "c1" }).to_string(), None).await;
        program.publish(ORDERS, order(29.0), Some("m1")).await;
    }
    // Without an id each is an order of its own.
    program.publish(ORDERS, order(1.5), None).await;
    program.publish(ORDERS, order(1.5), None).await;
    program.publish(ORDERS, b"\xff\0no order", Some("m2")).await;
    program.publish(CUSTOMERS, json!({ "name": "No Address" }).to_string(), None).await;
    program.publish(CUSTOMERS, json!({ "name": "Wrong Address", "email": "no-at" }).to_string(), None).await;
    // The reason would quote all of it.
    let long = json!({ "orderId": format!("\0{}", "x".repeat(150_000)), "customer": "c1", "amount": 1, "orderedAt": format!("\0{}", "y".repeat(50_000)) });
    program.publish(ORDERS, long.to_string(), None).await;
    let counts = |state: &Value| {
        let of = |queue: usize, what: &str| state["queues"][queue][what].as_i64().unwrap();
        (of(0, "applied"), of(0, "parked"), of(1, "applied"), of(1, "parked"), of(0, "waiting") + of(1, "waiting"))
    };
    house.until("all is applied or parked", |state| counts(state) == (2, 2, 5, 2, 0)).await;
    let leads = house.get("/api/leads").await;
    assert_eq!((leads["data"].as_array().unwrap().len(), &leads["data"][0]["totalSpend"]), (1, &3_200.into()), "{leads}");
    assert_eq!(leads["data"][0]["visits"], 3);
    for queue in [CUSTOMERS, ORDERS] {
        program.emptied(queue).await;
    }

    let parked = house.get("/api/ingest/parked").await;
    let items = parked["data"].as_array().unwrap();
    let reason = |item: &Value| item["reason"].as_str().unwrap().to_owned();
    let nobody = items.iter().find(|item| item["item"]["name"] == "No Address").unwrap();
    assert_eq!((reason(nobody).as_str(), &nobody["who"]["name"]), ("Missing fields: email", &"RabbitMQ".into()), "{nobody}");
    assert!(items.iter().any(|item| item["queue"] == "orders" && reason(item).contains("no JSON")));
    assert!(items.iter().all(|item| reason(item).chars().count() <= 500 && !reason(item).contains('\0')));
    let mut dead = Vec::new();
    while let Some(message) = program.get(DEAD).await {
        let headers = message.properties.headers().clone().unwrap();
        assert!(headers.inner().contains_key("x-linnet-reason"));
        dead.push((message.properties.message_id().as_ref().map(|id| id.to_string()), message.delivery.data));
    }
    assert_eq!(dead.len(), 4);
    for letter in [(None, br#"{"name":"No Address"}"#.to_vec()), (Some("m2".to_owned()), b"\xff\0no order".to_vec())] {
        assert!(dead.contains(&letter), "{letter:?}");
    }

    // What is put back is checked as everything else is.
    let put_back = house.client.post(server.url("/api/ingest/parked/retry")).json(&json!({})).send().await.unwrap();
    assert_eq!(put_back.status(), 200);
    house.until("all is parked again", |state| counts(state) == (2, 2, 5, 2, 0)).await;
    let again = house.get("/api/ingest/parked").await;
    let ids =
        |page: &Value| page["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert!(ids(&again).iter().all(|id| !ids(&parked).contains(id)), "{again}");
    assert_eq!(house.get("/api/leads").await["pagination"]["total"], 1);
    server.stop().await;
}

async fn a_worker_applies_what_a_server_without_consumers_accepts(db: &TestDb) {
    if db.url.starts_with("sqlite:") {
        let installation = Installation::new(db);
        for (command, option) in [("worker", None), ("serve", Some("--no-consume"))] {
            let refused = installation.command("data").arg(command).args(option).output().unwrap();
            let told = String::from_utf8(refused.stderr).unwrap();
            assert!(!refused.status.success() && told.contains("belongs to one process"), "{told}");
        }
        return;
    }
    // Without a broker, and with one.
    let brokers = [None, Some(TestBroker::new())];
    let mut sent = 0;
    for broker in &brokers {
        let options: Vec<&str> = broker.iter().flat_map(TestBroker::options).chain(["--no-consume"]).collect();
        let server = TestServer::with(db, &options).await;
        let house = House { server: &server, client: server.key(Role::Admin).await };
        if broker.is_some() {
            house.until("it connects", |state| state["broker"]["connected"] == true).await;
        }
        house.send(sent..sent + 10).await;
        let mut installation = Installation::new(db);
        if let Some(broker) = broker {
            installation.set_broker(broker);
        }
        let worker = installation.work();
        house.applied(0, i64::from(sent) + 10).await;
        house.send(sent + 10..sent + 20).await;
        house.applied(0, i64::from(sent) + 20).await;
        let store = db.open().await;
        let holder = store.read(|conn| Box::pin(conn.one::<(Uuid,)>(sql("SELECT lease_by FROM ingest_queue WHERE name = 'orders'"))));
        assert_eq!(holder.await.unwrap().0.to_string(), installation.node("worker"), "nobody else has the queue");
        store.close().await;
        worker.kill();
        server.stop().await;
        sent += 20;
    }
}

async fn a_broker_that_cannot_be_used_is_named_without_its_password(db: &TestDb) {
    let linnet = Installation::new(db);
    let told = |command: &str, url: &str| {
        let output = linnet.command("data").args([command, "--broker", url]).output().unwrap();
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!output.status.success() && !told.contains("secret"), "{told}");
        told
    };
    assert!(told("serve", "http://ana:secret@localhost").contains("amqp://USER:PASSWORD@HOST:5672/VHOST"));
    let real = TestBroker::new().url;
    let (_, at) = real.rsplit_once('@').unwrap();
    assert!(told("doctor", &format!("amqp://ana:secret@{at}")).contains("refuses this user"));
    let nowhere = told("doctor", &format!("amqp://guest:guest@{}/nowhere", at.split('/').next().unwrap()));
    assert!(nowhere.contains("no virtual host nowhere"), "{nowhere}");
    assert!(told("doctor", "amqp://ana:secret@127.0.0.1:1").contains("Nothing answers at 127.0.0.1:1"));
}

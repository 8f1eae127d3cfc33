//! Real purchases through the queue of a real server, which is killed ten times: they come three times, shuffled and doubled, and count once.

use super::process::Installation;
use crate::common::{TestDb, truth::must_be_true};
use domain::amount::amount;
use serde_json::{Value, json};
use std::time::Duration;

carriers!(real_purchases_through_a_killed_server_count_once);

const KILLS: usize = 10;

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

fn batches(dice: &mut fastrand::Rng) -> Vec<(&'static str, Value)> {
    let customer = |row: Vec<&str>| json!({ "customerId": row[0], "name": row[1], "email": row[2] });
    let order = |row: Vec<&str>| json!({ "orderId": row[0], "customer": row[1], "orderedAt": row[2], "amount": amount(row[4]).unwrap() });
    let customers: Vec<Value> = rows(include_str!("../data/cdnow_sample_customers.csv")).map(customer).collect();
    let orders: Vec<Value> = rows(include_str!("../data/cdnow_sample_orders.csv")).map(order).collect();
    assert_eq!((customers.len(), orders.len()), (2357, 6919));
    let mut batches = Vec::new();
    for round in 0..3 {
        // The first time in order, then shuffled and each item twice.
        let mut of = |path, name: &str, items: &[Value]| {
            let mut items = if round == 0 { items.to_vec() } else { [items, items].concat() };
            if round > 0 {
                dice.shuffle(&mut items);
            }
            items.chunks(400).map(|part| (path, json!({ name: part }))).collect::<Vec<_>>()
        };
        let mut of_round = [of("/api/ingest/orders", "orders", &orders), of("/api/ingest/customers", "customers", &customers)].concat();
        dice.shuffle(&mut of_round);
        batches.extend(of_round);
    }
    batches
}

async fn real_purchases_through_a_killed_server_count_once(db: &TestDb) {
    let linnet = Installation::new(db);
    let client = linnet.key();

    let mut dice = fastrand::Rng::with_seed(6919);
    let sent = batches(&mut dice);
    // A kill comes while a batch is sent, or just behind it, while earlier ones are applied.
    let mut kills: Vec<usize> = (0..sent.len()).collect();
    dice.shuffle(&mut kills);
    kills.truncate(KILLS);
    let mut server = linnet.serve(&[]);
    for (at_batch, (path, body)) in sent.iter().enumerate() {
        let mut kill = kills.contains(&at_batch);
        loop {
            let answer = client.post(format!("{}{path}", server.url)).json(body).send();
            if kill {
                kill = false;
                let pause = Duration::from_millis(dice.u64(0..40));
                let answered = tokio::time::timeout(pause, answer).await;
                server.kill();
                server = linnet.serve(&[]);
                // Without an answer nobody knows, so it is sent again.
                if matches!(answered, Ok(Ok(answer)) if answer.status() == 202) {
                    break;
                }
                continue;
            }
            assert_eq!(answer.await.unwrap().status(), 202, "{path}");
            break;
        }
    }
    let get = async |path: &str| -> Value { client.get(format!("{}{path}", server.url)).send().await.unwrap().json().await.unwrap() };
    let state = tokio::time::timeout(Duration::from_mins(3), async {
        loop {
            let state = get("/api/ingest").await;
            if state["queues"].as_array().unwrap().iter().all(|queue| queue["waiting"] == 0) {
                break state;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let state = state.await.expect("the queues are emptied");
    assert_eq!((&state["queues"][0]["parked"], &state["queues"][1]["parked"]), (&json!(0), &json!(0)), "{state}");

    assert_eq!(get("/api/orders?waiting=true").await["pagination"]["waiting"], 0);
    if let Some(broker) = &db.broker {
        let program = broker.program().await;
        for queue in ["customer_ingest_queue", "order_ingest_queue"] {
            program.emptied(queue).await;
        }
        assert_eq!(get("/api/ingest").await["broker"]["connected"], true);
    }
    server.kill();
    let store = db.open().await;
    must_be_true(&store).await;
    store.close().await;
}

//! Orders by REST.

use crate::common::{
    TestDb,
    server::{TestServer, json},
};
use domain::Role;
use serde_json::{Value, json};

both_dbs!(orders_come_singly_and_in_batches_and_are_listed);

async fn orders_come_singly_and_in_batches_and_are_listed(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let post = async |path: &str, body: Value| {
        let answer = client.post(server.url(path)).json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let get = async |path: &str| {
        let answer = client.get(server.url(path)).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let (_, lead) = post("/api/leads", json!({ "name": "Ana", "email": "ana@rest.example", "customerId": "c1" })).await;
    let lead = lead["id"].as_str().unwrap().to_owned();
    let tea = json!({ "orderId": "o1", "customer": "c1", "amount": 500, "lines": [{ "name": "Tea", "quantity": 2, "price": 250 }] });
    let (status, first) = post("/api/orders", tea.clone()).await;
    assert_eq!((status, &first["leadId"], first["undo"].is_string()), (201, &json!(lead), true), "{first}");
    let (status, again) = post("/api/orders", tea).await;
    assert_eq!((status, &again["id"], &again["undo"]), (200, &first["id"], &Value::Null));
    let (status, other) = post("/api/orders", json!({ "orderId": "o1", "customer": "c1", "amount": 1 })).await;
    assert_eq!((status, &other["existing"]["id"]), (409, &first["id"]), "{other}");
    let (status, wrong) = post("/api/orders", json!({ "customer": " " })).await;
    assert_eq!((status, &wrong["errors"][0]["field"], &wrong["errors"][1]["field"]), (422, &json!("customer"), &json!("amount")));

    let batch =
        json!({ "orders": [{ "orderId": "o2", "customer": "c1", "amount": 70 }, { "customer": "late", "amount": 1 }, { "who": 1 }] });
    let (status, done) = post("/api/orders/batch", batch).await;
    let outcomes: Vec<_> = done["results"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!((status, outcomes), (200, vec!["applied", "waiting", "rejected"]), "{done}");

    let (_, page) = get("/api/orders?waiting=true").await;
    assert_eq!((page["data"].as_array().unwrap().len(), &page["pagination"]["waiting"]), (1, &json!(1)), "{page}");
    let (_, of_lead) = get(&format!("/api/leads/{lead}/orders?limit=1")).await;
    assert_eq!((&of_lead["data"][0]["orderId"], &of_lead["pagination"]["hasMore"]), (&json!("o2"), &json!(true)), "{of_lead}");
    assert_eq!(get("/api/leads/01890000-0000-7000-8000-000000000000/orders").await.0, 404);
    assert_eq!(get("/api/orders?from=soon").await.0, 422);
    let (_, found) = get("/api/orders?search=TEA").await;
    assert_eq!((found["data"].as_array().unwrap().len(), &found["data"][0]["leadName"]), (1, &json!("Ana")));

    let path = format!("/api/orders/{}", first["id"].as_str().unwrap());
    assert_eq!(get(&path).await.1["amount"], 500);
    let deleted = json(client.delete(server.url(&path)).send().await.unwrap()).await;
    assert_eq!((get(&path).await.0, &get(&format!("/api/leads/{lead}")).await.1["totalSpend"]), (404, &json!(70)));
    let (status, _) = post(&format!("/api/changes/{}/undo", deleted["undo"].as_str().unwrap()), json!({})).await;
    assert_eq!((status, get(&path).await.0), (200, 200));
    server.stop().await;
}

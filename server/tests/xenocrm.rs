//! The contract "XenoCRM", row by row: batches of customers and orders.

use crate::common::{
    TestDb,
    server::{TestServer, json},
};
use domain::Role;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;

both_dbs!(
    post_api_ingest_customers_answers_202_with_an_error_for_each_wrong_item,
    what_does_not_fit_our_own_members_is_told_and_not_kept,
    post_api_ingest_orders_moves_their_customers_figures,
    a_list_that_cannot_be_taken_is_400_in_the_contracts_shape,
    ingestion_is_open_where_the_contract_is
);

async fn post(server: &TestServer, client: &Client, path: &str, body: &Value) -> (u16, Value) {
    let answer = client.post(server.url(path)).json(body).send().await.unwrap();
    (answer.status().as_u16(), json(answer).await)
}

/// Waits until nothing waits.
async fn settle(server: &TestServer, client: &Client) {
    tokio::time::timeout(Duration::from_mins(1), async {
        loop {
            let state = json(client.get(server.url("/api/ingest")).send().await.unwrap()).await;
            if state["queues"].as_array().unwrap().iter().all(|queue| queue["waiting"] == 0) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the queues are emptied");
}

async fn leads(server: &TestServer, client: &Client) -> Vec<Value> {
    json(client.get(server.url("/api/leads?sort=name")).send().await.unwrap()).await["data"].as_array().unwrap().clone()
}

async fn post_api_ingest_customers_answers_202_with_an_error_for_each_wrong_item(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let body = json!({ "customers": [
        { "name": "Asha Rao", "email": "Asha@Example.com", "total_spend": 9_000, "anything": [1] },
        { "name": "No Address" },
        { "email": "nobody@example.com" },
        {},
        "no customer",
        { "name": "Bad", "email": "bad" }
    ] });
    let (status, answer) = post(&server, &client, "/api/ingest/customers", &body).await;
    let wrong = |at: usize, error: &str| json!({ "customer": body["customers"][at], "error": error, "index": at });
    let mut expected = vec![
        wrong(1, "Missing fields: email"),
        wrong(2, "Missing fields: name"),
        wrong(3, "Missing fields: name, email"),
        wrong(4, "Missing fields: name, email"),
    ];
    expected.push(json!({ "customer": body["customers"][5], "error": answer["data"]["errorArray"][4]["error"], "index": 5 }));
    let told = json!({ "status": 202, "data": { "errorArray": expected }, "message": "Customers queued for ingestion", "success": true });
    assert_eq!((status, &answer), (202, &told));
    settle(&server, &client).await;
    // A duplicate is skipped.
    let again = json!({ "customers": [{ "name": "Someone Else", "email": "asha@example.com" }] });
    assert_eq!(post(&server, &client, "/api/ingest/customers", &again).await.0, 202);
    settle(&server, &client).await;
    let leads = leads(&server, &client).await;
    assert_eq!(leads.len(), 1, "{leads:?}");
    let lead = &leads[0];
    assert_eq!((&lead["name"], &lead["email"], &lead["totalSpend"]), (&json!("Asha Rao"), &json!("asha@example.com"), &json!(0)));
    server.stop().await;
}

async fn what_does_not_fit_our_own_members_is_told_and_not_kept(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let ana = |own: Value| {
        let mut item = json!({ "name": "Ana", "email": "ana@example.com" });
        item.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        item
    };
    for (own, told) in [
        (json!({ "totalSpend": "5" }), "totalSpend must"),
        (json!({ "totalSpend": 1.5 }), "totalSpend must"),
        (json!({ "visits": true }), "visits must"),
        (json!({ "lastActiveAt": "2026-02-30T00:00:00Z" }), "lastActiveAt must"),
        (json!({ "lastActiveAt": 5 }), "lastActiveAt must"),
        (json!({ "customerId": ["a"], "visits": "x" }), "customerId must be a text; visits must"),
    ] {
        let (status, answer) = post(&server, &client, "/api/ingest/customers", &json!({ "customers": [ana(own.clone())] })).await;
        assert_eq!(status, 400, "{own}");
        assert!(answer["data"]["errorArray"][0]["error"].as_str().unwrap().starts_with(told), "{answer}");
    }
    let fine = ana(json!({ "totalSpend": null, "visits": " ", "customerId": 7, "lastActiveAt": "2026-01-01T00:00:00Z" }));
    assert_eq!(post(&server, &client, "/api/ingest/customers", &json!({ "customers": [fine] })).await.0, 202);
    settle(&server, &client).await;
    let leads = leads(&server, &client).await;
    assert_eq!((leads.len(), &leads[0]["customerId"]), (1, &json!("7")));
    server.stop().await;
}

async fn post_api_ingest_orders_moves_their_customers_figures(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let customer = json!({ "customers": [{ "name": "Asha Rao", "email": "asha@example.com", "customerId": "c1" }] });
    post(&server, &client, "/api/ingest/customers", &customer).await;
    settle(&server, &client).await;
    let id = leads(&server, &client).await[0]["id"].clone();
    let product = json!({ "product_id": "p1", "name": "Tea", "quantity": 2, "price": 14.5 });
    let body = json!({ "orders": [
        { "customer_id": id, "products": [product], "total_price": 29, "order_date": "2026-11-21T09:30:00.000Z" },
        { "customer_id": "c1", "products": [product], "total_price": 0.1, "order_date": "2026-11-20" },
        { "customer_id": "c1" },
        { "customer_id": "c1", "products": "p1", "total_price": "29", "order_date": "someday" },
        { "customer": "c1", "amount": 5, "orderId": "o1" }
    ] });
    let (status, answer) = post(&server, &client, "/api/ingest/orders", &body).await;
    let wrong = |at: usize| json!({ "order": body["orders"][at], "error": "Missing or invalid fields: products, total_price, order_date", "index": at });
    let told =
        json!({ "status": 202, "data": { "errorArray": [wrong(2), wrong(3)] }, "message": "Orders queued for ingestion", "success": true });
    assert_eq!((status, &answer), (202, &told));
    settle(&server, &client).await;
    let figures = async || {
        let lead = leads(&server, &client).await.remove(0);
        (lead["totalSpend"].clone(), lead["visits"].clone())
    };
    assert_eq!(figures().await, (json!(2_915), json!(3)));
    // Sent again: what has an id counts once, and what has none is another order.
    let more = json!({ "orders": [body["orders"][4], { "customer_id": "c1", "products": [product], "total_price": 1, "order_date": "2026-11-20", "order_id": "o2" }] });
    for _ in 0..2 {
        assert_eq!(post(&server, &client, "/api/ingest/orders", &more).await.0, 202);
    }
    settle(&server, &client).await;
    assert_eq!(figures().await, (json!(3_015), json!(4)));
    server.stop().await;
}

async fn a_list_that_cannot_be_taken_is_400_in_the_contracts_shape(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    for items in ["customers", "orders"] {
        let path = format!("/api/ingest/{items}");
        for body in [json!({}), json!({ items: "x" }), json!({ items: [] })] {
            let (status, answer) = post(&server, &client, &path, &body).await;
            assert_eq!(
                (status, &answer["success"], &answer["message"]),
                (400, &json!(false), &json!(format!("Invalid {items} data"))),
                "{body}"
            );
        }
        let (status, answer) = post(&server, &client, &path, &json!({ items: [{}] })).await;
        assert_eq!((status, &answer["success"], &answer["message"]), (400, &json!(false), &json!(format!("No valid {items} to insert."))));
        assert_eq!(answer["data"]["errorArray"].as_array().unwrap().len(), 1);
        let (status, answer) = post(&server, &client, &path, &json!({ items: vec![json!({}); 10_001] })).await;
        assert_eq!((status, &answer["success"]), (422, &json!(false)), "{answer}");
    }
    let text = client.post(server.url("/api/ingest/orders")).header("content-type", "application/json").body("{").send().await.unwrap();
    assert_eq!(text.status(), 400);
    server.stop().await;
}

async fn ingestion_is_open_where_the_contract_is(db: &TestDb) {
    let server = TestServer::with(db, &["--open", "--allowed-origin", "https://shop.example"]).await;
    server.user("ana@example.com", Role::Admin).await;
    let nobody = server.browser();
    let body = json!({ "customers": [{ "name": "Asha Rao", "email": "asha@example.com" }] });
    assert_eq!(post(&server, &nobody, "/api/ingest/customers", &body).await.0, 202);
    for path in ["/api/ingest", "/api/ingest/parked"] {
        assert_eq!(nobody.get(server.url(path)).send().await.unwrap().status(), 401, "{path}");
    }
    let preflight = nobody.request(Method::OPTIONS, server.url("/api/ingest/orders"));
    let preflight =
        preflight.header("origin", "https://shop.example").header("access-control-request-method", "POST").send().await.unwrap();
    assert_eq!(preflight.headers()["access-control-allow-origin"], "https://shop.example");
    let closed = server.restart().await;
    assert_eq!(post(&closed, &nobody, "/api/ingest/customers", &body).await.0, 401);
    closed.stop().await;
}

//! The contract "Mini CRM", row by row: customers and orders.

use crate::common::{
    TestDb,
    server::{TestServer, json},
};
use domain::Role;
use reqwest::{Client, Method};
use serde_json::{Value, json};

both_dbs!(
    post_api_customers_adds_the_contracts_own_example,
    post_api_customers_names_every_wrong_field,
    post_api_orders_adds_the_contracts_own_example,
    post_api_orders_names_every_wrong_field,
    post_api_orders_takes_our_own_orders_too,
    writing_is_open_where_the_contract_is
);

async fn post(server: &TestServer, client: &Client, path: &str, body: &Value) -> (u16, Value) {
    let answer = client.post(server.url(path)).json(body).send().await.unwrap();
    (answer.status().as_u16(), json(answer).await)
}

/// The entries of the contract's 400.
async fn refused(server: &TestServer, client: &Client, path: &str, body: &Value) -> Vec<Value> {
    let (status, answer) = post(server, client, path, body).await;
    assert_eq!(status, 400, "{answer}");
    answer["errors"].as_array().unwrap().clone()
}

fn customer() -> Value {
    json!({
        "customer_id": "cust010", "name": "Shubh", "email": "shubh@ipu.ac.in", "total_spends": 120000, "last_visit_date": "2023-06-12", "visit_count": 7
    })
}

fn order() -> Value {
    json!({ "order_id": "order001", "customer_id": "cust001", "order_amount": 200, "order_date": "2023-01-10" })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn failure(msg: &str, path: &str, value: Option<Value>) -> Value {
    // The last two are ours.
    let failure = json!({ "type": "field", "msg": msg, "path": path, "location": "body", "field": path, "message": msg });
    value.map_or(failure.clone(), |value| with(failure, "value", value))
}

async fn lead(server: &TestServer, client: &Client) -> Value {
    json(client.get(server.url("/api/leads?search=shubh")).send().await.unwrap()).await["data"][0].clone()
}

async fn post_api_customers_adds_the_contracts_own_example(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let created = json!({ "message": "Customer created successfully" });
    assert_eq!(post(&server, &client, "/api/customers", &customer()).await, (201, created.clone()));
    let found = lead(&server, &client).await;
    assert_eq!((&found["customerId"], &found["totalSpend"], &found["visits"]), (&json!("cust010"), &json!(12_000_000), &json!(7)));
    assert_eq!(found["lastActiveAt"], "2023-06-12T00:00:00.000Z");
    // Numbers may be texts, and a duplicate is accepted: the lead has the new figures.
    let again =
        with(with(with(customer(), "total_spends", json!("12.5")), "visit_count", json!("8")), "last_visit_date", json!("2023/07/01"));
    assert_eq!(post(&server, &client, "/api/customers", &again).await, (201, created));
    let found = lead(&server, &client).await;
    assert_eq!(
        (&found["totalSpend"], &found["visits"], &found["lastActiveAt"]),
        (&json!(1_250), &json!(8), &json!("2023-07-01T00:00:00.000Z"))
    );
    server.stop().await;
}

async fn post_api_customers_names_every_wrong_field(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let all = [
        ("Customer ID is required", "customer_id"),
        ("Name is required", "name"),
        ("Email is invalid", "email"),
        ("Total spends must be a number", "total_spends"),
        ("Last visit date is invalid", "last_visit_date"),
        ("Visit count must be an integer", "visit_count"),
    ];
    let absent: Vec<Value> = all.iter().map(|(msg, path)| failure(msg, path, None)).collect();
    assert_eq!(refused(&server, &client, "/api/customers", &json!({})).await, absent);
    let wrong = json!({ "customer_id": "", "name": "", "email": "x", "total_spends": "much", "last_visit_date": "2023-06-12T00:00:00Z", "visit_count": 1.5 });
    let told: Vec<Value> = all.iter().map(|(msg, path)| failure(msg, path, Some(wrong[*path].clone()))).collect();
    assert_eq!(refused(&server, &client, "/api/customers", &wrong).await, told);
    // What only we refuse is told in the same shape.
    let (status, answer) = post(&server, &client, "/api/customers", &with(customer(), "visit_count", json!(-1))).await;
    assert_eq!((status, &answer["errors"][0]["path"], &answer["errors"][0]["value"]), (400, &json!("visit_count"), &json!(-1)));
    server.stop().await;
}

async fn post_api_orders_adds_the_contracts_own_example(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let created = (201, json!({ "message": "Order created successfully" }));
    assert_eq!(post(&server, &client, "/api/orders", &order()).await, created);
    assert_eq!(post(&server, &client, "/api/orders", &order()).await, created, "the same order again");
    let (status, _) = post(&server, &client, "/api/orders", &with(order(), "order_amount", json!(201))).await;
    assert_eq!(status, 409, "another order has its id");
    let figures = async || {
        let found = lead(&server, &client).await;
        (found["totalSpend"].clone(), found["visits"].clone())
    };
    // It waits for its customer, whose figures it moves.
    post(&server, &client, "/api/customers", &with(customer(), "customer_id", json!("cust001"))).await;
    assert_eq!(figures().await, (json!(12_020_000), json!(8)));
    let text = json!({ "order_id": "order002", "customer_id": "cust001", "order_amount": "12.5", "order_date": "2023/01/11" });
    assert_eq!(post(&server, &client, "/api/orders", &text).await, created);
    assert_eq!(figures().await, (json!(12_021_250), json!(9)));
    server.stop().await;
}

async fn post_api_orders_names_every_wrong_field(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let all = [
        ("Order ID is required", "order_id"),
        ("Customer ID is required", "customer_id"),
        ("Order amount must be a number", "order_amount"),
        ("Order date is invalid", "order_date"),
    ];
    let absent: Vec<Value> = all.iter().map(|(msg, path)| failure(msg, path, None)).collect();
    assert_eq!(refused(&server, &client, "/api/orders", &json!({})).await, absent);
    let blank = json!({ "order_id": " \u{200b}", "customer_id": "c1", "order_amount": 1, "order_date": "2023-01-11" });
    assert_eq!(
        refused(&server, &client, "/api/orders", &blank).await,
        [failure("Order ID is required", "order_id", blank.get("order_id").cloned())]
    );
    let wrong = json!({ "order_id": null, "customer_id": "", "order_amount": "1,5", "order_date": "10.01.2023" });
    let told: Vec<Value> = all.iter().map(|(msg, path)| failure(msg, path, Some(wrong[*path].clone()))).collect();
    assert_eq!(refused(&server, &client, "/api/orders", &wrong).await, told);
    server.stop().await;
}

async fn post_api_orders_takes_our_own_orders_too(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let (status, answer) =
        post(&server, &client, "/api/orders", &json!({ "orderId": "order001", "customer": "cust001", "amount": 20_000 })).await;
    assert_eq!((status, &answer["orderId"], answer["undo"].is_string()), (201, &json!("order001"), true));
    let (status, answer) = post(&server, &client, "/api/orders", &json!({ "customer": "cust001", "amount": "much" })).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("amount")), "{answer}");
    let (status, answer) = post(&server, &client, "/api/orders", &json!({ "customer": "cust001", "order_amount": 1 })).await;
    assert_eq!(status, 422, "both words in one order: {answer}");
    server.stop().await;
}

async fn writing_is_open_where_the_contract_is(db: &TestDb) {
    let server = TestServer::with(db, &["--open", "--allowed-origin", "https://shop.example"]).await;
    server.user("ana@example.com", Role::Admin).await;
    let nobody = server.browser();
    assert_eq!(post(&server, &nobody, "/api/customers", &customer()).await.0, 201);
    assert_eq!(post(&server, &nobody, "/api/orders", &order()).await.0, 201);
    assert_eq!(nobody.get(server.url("/api/orders")).send().await.unwrap().status(), 401, "the list is ours alone");
    for path in ["/api/orders", "/api/customers"] {
        let preflight = nobody.request(Method::OPTIONS, server.url(path)).header("origin", "https://shop.example");
        let preflight = preflight.header("access-control-request-method", "POST").send().await.unwrap();
        assert_eq!(preflight.headers()["access-control-allow-origin"], "https://shop.example", "{path}");
    }
    let closed = server.restart().await;
    assert_eq!(post(&closed, &nobody, "/api/customers", &customer()).await.0, 401);
    closed.stop().await;
}

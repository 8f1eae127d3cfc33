//! The settings of the workspace: who reads and changes them, undo, what open pages hear, and set-up.

use crate::common::{
    TestDb,
    live_client::LiveClient,
    server::{PASSWORD, TestServer, json, location},
};
use domain::{
    Actor, Entity, Record, Role,
    live::{DeltaOp, Query, ServerMessage},
    workspace::{self, WorkspacePatch},
    zone::Weekday,
};
use reqwest::{Client, Method};
use serde_json::{Value, json};

async fn ask(server: &TestServer, client: &Client, method: Method, path: &str, body: Value) -> (u16, Value) {
    let answer = client.request(method, server.url(path)).json(&body).send().await.unwrap();
    (answer.status().as_u16(), json(answer).await)
}

both_dbs!(
    everyone_reads_and_administrators_change,
    wrong_settings_are_refused_with_examples,
    an_edit_is_undone_until_the_next_one,
    open_pages_and_other_servers_follow,
    times_are_read_in_the_persons_own_zone,
    a_date_without_a_time_is_a_day_of_the_workspace,
    set_up_chooses_the_settings
);

async fn everyone_reads_and_administrators_change(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (viewer, manager, admin) = (server.key(Role::Viewer).await, server.key(Role::Manager).await, server.key(Role::Admin).await);
    let (status, first) = ask(&server, &viewer, Method::GET, "/api/workspace", json!({})).await;
    let expected = json!({
        "revision": 1, "name": "Linnet", "currency": "EUR", "timeZone": "UTC", "weekStart": "monday", "updatedAt": "1970-01-01T00:00:00.000Z",
    });
    assert_eq!((status, first), (200, expected));
    let patch = json!({ "name": "Tern & Co", "currency": "inr", "timeZone": "asia/kolkata", "weekStart": "sunday", "revision": 1 });
    assert_eq!(ask(&server, &manager, Method::PATCH, "/api/workspace", patch.clone()).await.0, 403);
    let (status, after) = ask(&server, &admin, Method::PATCH, "/api/workspace", patch.clone()).await;
    assert_eq!(
        (status, &after["name"], &after["currency"], &after["timeZone"], &after["weekStart"], &after["revision"]),
        (200, &json!("Tern & Co"), &json!("INR"), &json!("Asia/Kolkata"), &json!("sunday"), &json!(2))
    );
    let (_, read) = ask(&server, &viewer, Method::GET, "/api/workspace", json!({})).await;
    assert_eq!(read, after);
    assert_eq!(server.server.app.store.current.zone().name(), "Asia/Kolkata", "known to the server that wrote it");
    assert_eq!(ask(&server, &admin, Method::PATCH, "/api/workspace", patch).await.0, 409, "an older revision");
    let (_, same) = ask(&server, &admin, Method::PATCH, "/api/workspace", json!({ "currency": "INR" })).await;
    assert_eq!(same, after, "nothing changed");
    let server = server.restart().await;
    assert_eq!(server.server.app.store.current.get().workspace.name, "Tern & Co", "after a restart");
    server.stop().await;
}

async fn wrong_settings_are_refused_with_examples(db: &TestDb) {
    let server = TestServer::start(db).await;
    let admin = server.key(Role::Admin).await;
    for (body, field, example) in [
        (json!({ "timeZone": "Berlin" }), "timeZone", "Europe/Berlin"),
        (json!({ "timeZone": "CET-1CEST" }), "timeZone", "Europe/Berlin"),
        (json!({ "timeZone": "Factory" }), "timeZone", "Europe/Berlin"),
        (json!({ "currency": "EURO" }), "currency", "EUR"),
        (json!({ "weekStart": "someday" }), "weekStart", "monday"),
        (json!({ "name": "" }), "name", "Enter a name"),
    ] {
        let (status, problem) = ask(&server, &admin, Method::PATCH, "/api/workspace", body.clone()).await;
        let error = &problem["errors"][0];
        assert_eq!((status, &error["field"]), (422, &json!(field)), "{body}: {problem}");
        assert!(error["message"].as_str().unwrap().contains(example), "{problem}");
    }
    let (_, now) = ask(&server, &admin, Method::GET, "/api/workspace", json!({})).await;
    assert_eq!(now["revision"], 1);
    server.stop().await;
}

async fn an_edit_is_undone_until_the_next_one(db: &TestDb) {
    let server = TestServer::start(db).await;
    let services = &server.server.app.services;
    let set = |currency: &str| WorkspacePatch { currency: Some(currency.to_owned()), ..WorkspacePatch::default() };
    let admin = Actor::system();
    let first = services.workspace.edit(&admin, set("USD")).await.unwrap().undo.unwrap();
    let second = services.workspace.edit(&admin, set("JPY")).await.unwrap().undo.unwrap();
    assert!(services.changes.undo(&admin, first).await.is_err(), "it was edited since");
    let viewer = Actor { role: Role::Manager, ..Actor::system() };
    assert!(services.changes.undo(&viewer, second).await.is_err());
    let Some(Record::Workspace(back)) = services.changes.undo(&admin, second).await.unwrap() else { panic!("not undone") };
    assert_eq!((back.currency.code(), back.revision), ("USD", 4));
    assert_eq!(services.workspace.get(&admin).await.unwrap().data, *back);
    assert!(services.changes.undo(&admin, second).await.is_err(), "a second time");
    server.stop().await;
}

async fn open_pages_and_other_servers_follow(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    let since = app.services.workspace.get(&Actor::system()).await.unwrap().as_of;
    client.subscribe(1, &Query::One { kind: Entity::Workspace, id: workspace::ID }, since).await;
    client.until(|message| matches!(message, ServerMessage::Subscribed { id: 1, .. }).then_some(())).await;
    // Another server, or a command, writes it.
    let other = db.open().await;
    let writer = server::workspace::Workspaces::new(other.clone());
    let patch = WorkspacePatch { time_zone: Some("Australia/Lord_Howe".to_owned()), ..WorkspacePatch::default() };
    if other.is_postgres() {
        domain::services::WorkspaceService::edit(&writer, &Actor::system(), patch).await.unwrap();
    } else {
        // SQLite has one server.
        app.services.workspace.edit(&Actor::system(), patch).await.unwrap();
    }
    let heard = client
        .until(|message| match message {
            ServerMessage::Deltas { items, .. } => items.first().cloned(),
            _ => None,
        })
        .await;
    let Some(Record::Workspace(after)) = heard.record else { panic!("{:?}", heard.record) };
    assert_eq!((heard.op, after.time_zone.as_str()), (DeltaOp::Update, "Australia/Lord_Howe"));
    assert_eq!(app.store.current.zone().name(), "Australia/Lord_Howe", "known before anyone hears of it");
    other.close().await;
    server.stop().await;
}

async fn a_date_without_a_time_is_a_day_of_the_workspace(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (member, admin) = (server.key(Role::Member).await, server.key(Role::Admin).await);
    // On 2024-03-10 clocks in Havana are set forward at midnight: the day begins at 01:00.
    assert_eq!(ask(&server, &admin, Method::PATCH, "/api/workspace", json!({ "timeZone": "America/Havana" })).await.0, 200);
    let (winter, gap) = (json!("2023-01-10T05:00:00.000Z"), json!("2024-03-10T05:00:00.000Z"));
    let post = async |path: &str, body: Value| ask(&server, &member, Method::POST, path, body).await;

    let (_, lead) = post("/api/leads", json!({ "name": "Ana", "email": "ana@b.example", "lastContactedAt": "2023-01-10" })).await;
    assert_eq!((&lead["lastContactedAt"], &lead["lastContactDate"]), (&winter, &winter), "{lead}");
    let path = format!("/api/leads/{}", lead["id"].as_str().unwrap());
    let (_, edited) = ask(&server, &member, Method::PATCH, &path, json!({ "lastContactDate": "2024-03-10" })).await;
    assert_eq!(edited["lastContactedAt"], gap, "{edited}");
    let order = |id: &str, at: &str| json!({ "orderId": id, "customer": "c1", "amount": 1, "orderedAt": at });
    let (_, made) = post("/api/orders", order("o1", "2023-01-10")).await;
    assert_eq!(made["orderedAt"], winter, "{made}");
    let (_, at) = post("/api/orders", order("o2", "2023-01-10T00:00:00Z")).await;
    assert_eq!(at["orderedAt"], "2023-01-10T00:00:00.000Z", "a time is what it says");
    assert_eq!(post("/api/orders/batch", json!({ "orders": [order("o3", "2024-03-10")] })).await.0, 200);
    let theirs = json!({ "order_id": "o4", "customer_id": "c1", "order_amount": 2, "order_date": "2024/03/10" });
    assert_eq!(post("/api/orders", theirs).await.0, 201);
    let product = json!([{ "name": "Tea", "quantity": 1, "price": 2 }]);
    let theirs = json!({ "customer_id": "c1", "products": product, "total_price": 2, "order_date": "2024-03-10", "order_id": "o5" });
    assert_eq!(post("/api/ingest/orders", json!({ "orders": [theirs, order("o6", "2024-03-10")] })).await.0, 202);
    let customer = json!({ "customer_id": "c9", "name": "Bo", "email": "bo@b.example", "total_spends": 1, "last_visit_date": "2023-01-10", "visit_count": 1 });
    assert_eq!(post("/api/customers", customer).await.0, 201);
    let (_, found) = ask(&server, &member, Method::GET, "/api/leads?search=bo%40b", json!({})).await;
    assert_eq!(found["data"][0]["lastActiveAt"], winter, "{found}");

    // The days of a list, too.
    let on = async |query: &str| {
        let (_, page) = ask(&server, &member, Method::GET, &format!("/api/orders?{query}"), json!({})).await;
        let mut names: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|order| order["orderId"].as_str().unwrap().to_owned()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(on("from=2023-01-10&to=2023-01-11").await, ["o1"]);
    assert_eq!(on("from=2023-01-09&to=2023-01-10").await, ["o2"]);
    let ingested = async {
        while on("from=2024-03-10&to=2024-03-11").await.len() < 4 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), ingested).await.expect("the queue is emptied");
    assert_eq!(on("from=2024-03-10&to=2024-03-11").await, ["o3", "o4", "o5", "o6"]);
    let (_, page) = ask(&server, &member, Method::GET, "/api/orders?from=2024-03-10", json!({})).await;
    assert!(page["data"].as_array().unwrap().iter().all(|order| order["orderedAt"] == gap), "{page}");

    // The contract of Leads Artisan writes all times in UTC.
    let theirs = json!({ "name": "Cy", "email": "cy@b.example", "company": "Tern", "last_contacted": "2023-01-10" });
    let (status, cy) = post("/api/v1/leads/", theirs).await;
    assert_eq!((status, &cy["last_contacted"]), (201, &json!("2023-01-10T00:00:00")), "{cy}");
    server.stop().await;
}

async fn set_up_chooses_the_settings(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let token = app.setup_token.clone().unwrap();
    let browser = server.browser();
    let person = [("name", "Eve"), ("email", "eve@example.com"), ("password", PASSWORD), ("token", token.as_str())];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> { person.iter().chain(more).copied().collect() };
    let wrong = with(&[("workspace", " "), ("currency", "EURO"), ("timeZone", "Berlin"), ("weekStart", "monday")]);
    let refused = server.form(&browser, "/auth/setup", &wrong).await;
    let back = location(&refused);
    for kept in ["%22field%22%3A%22workspace%22", "%22field%22%3A%22currency%22", "%22field%22%3A%22timeZone%22", "&timeZone=Berlin"] {
        assert!(back.starts_with("/setup?") && back.contains(kept), "{kept}: {back}");
    }
    assert!(app.services.accounts.is_new().await.unwrap());
    let settings = with(&[("workspace", "Tern"), ("currency", "USD"), ("timeZone", "America/St_Johns"), ("weekStart", "sunday")]);
    let done = server.form(&browser, "/auth/setup", &settings).await;
    assert_eq!((done.status().as_u16(), location(&done)), (303, "/"));
    let workspace = app.services.workspace.get(&Actor::system()).await.unwrap().data;
    assert_eq!(
        (workspace.name.as_str(), workspace.currency.code(), workspace.time_zone.as_str(), workspace.week_start),
        ("Tern", "USD", "America/St_Johns", Weekday::Sunday)
    );
    assert_eq!(*app.store.current.get().workspace, workspace);
    server.stop().await;
}

async fn times_are_read_in_the_persons_own_zone(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (vera, key) = (server.signed_in("vera@live.example", Role::Viewer).await, server.key(Role::Admin).await);
    let page = async || vera.get(server.url("/settings")).send().await.unwrap().text().await.unwrap();
    assert!(page().await.contains(" UTC\""), "the workspace's");
    assert_eq!(ask(&server, &key, Method::PATCH, "/api/workspace", json!({ "timeZone": "Europe/Berlin" })).await.0, 200);
    assert!(page().await.contains(" Europe/Berlin\""), "the workspace's");

    let (status, me) = ask(&server, &vera, Method::PATCH, "/api/me", json!({ "timeZone": "asia/kolkata" })).await;
    assert_eq!((status, &me["timeZone"]), (200, &json!("Asia/Kolkata")));
    let own = page().await;
    assert!(own.contains(" Asia/Kolkata\"") && !own.contains(" Europe/Berlin\""), "times of sessions");
    for unknown in ["Kolkata", "Factory"] {
        let (status, refused) = ask(&server, &vera, Method::PATCH, "/api/me", json!({ "name": "Vera", "timeZone": unknown })).await;
        assert_eq!((status, &refused["errors"][0]["field"]), (422, &json!("timeZone")), "{unknown}");
    }
    assert_eq!(ask(&server, &vera, Method::PATCH, "/api/me", json!({ "name": "Vera Verdi" })).await.1["timeZone"], "Asia/Kolkata", "kept");
    let (_, me) = ask(&server, &vera, Method::PATCH, "/api/me", json!({ "timeZone": null })).await;
    assert_eq!((&me["name"], &me["timeZone"]), (&json!("Vera Verdi"), &json!(null)));
    assert!(page().await.contains(" Europe/Berlin\""), "the workspace's again");
    assert_eq!(ask(&server, &key, Method::PATCH, "/api/me", json!({ "timeZone": "UTC" })).await.0, 403, "a key has no account");
    server.stop().await;
}

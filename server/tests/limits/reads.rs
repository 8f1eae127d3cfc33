//! Limits of slow reads and large rules.

use crate::common::TestDb;
use crate::common::{
    campaigns::named,
    leads::{account_of, member},
    server::{TestServer, json},
};
use domain::{
    Error, Role, StepId,
    campaigns::{CampaignStatus, NewCampaign, Step, starter_sequence},
    leads::{NewLead, Selection},
    rule::MAX_VALUES,
};
use server::store::{Store, sql};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// A query that runs for minutes, without a table.
const ENDLESS: &str = "
WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
SELECT COUNT(*) FROM n";
/// More than the pool has connections.
const MANY: usize = 20;

async fn endless(store: Store) -> domain::Result<(i64,)> {
    store.read(|conn| Box::pin(conn.one::<(i64,)>(sql(ENDLESS)))).await
}

/// Every connection answers again; a connection that still runs a query does not.
async fn all_answer(store: &Store) {
    let one = || {
        store.read(|conn| {
            Box::pin(async move {
                let (one,) = conn.one::<(i64,)>(sql("SELECT CAST(1 AS BIGINT)")).await?;
                // Slow, so that each read uses its own connection.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(one)
            })
        })
    };
    for answer in futures::future::join_all((0..MANY).map(|_| one())).await {
        assert_eq!(answer, Ok(1));
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

both_dbs!(
    a_read_is_stopped_when_its_time_is_up,
    a_read_is_stopped_when_nobody_waits_for_it,
    a_page_that_nobody_waits_for_stops_its_reads,
    health_is_answered_while_all_connections_are_busy,
    a_rule_that_asks_for_too_much_gets_in_nowhere,
    a_member_that_stands_twice_gets_in_nowhere,
    a_page_of_large_records_ends_early_and_a_cursor_goes_on,
    lists_hold_no_texts_that_they_do_not_show
);

async fn a_read_is_stopped_when_its_time_is_up(db: &TestDb) {
    let store = db.open().await;
    let impatient = store.with_read_timeout(Duration::from_millis(300));
    for answer in futures::future::join_all((0..MANY).map(|_| endless(impatient.clone()))).await {
        assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
    }
    all_answer(&store).await;
    store.close().await;
}

async fn a_read_is_stopped_when_nobody_waits_for_it(db: &TestDb) {
    let store = db.open().await;
    let began = Instant::now();
    let given_up = (0..MANY).map(|_| tokio::time::timeout(Duration::from_millis(500), endless(store.clone())));
    for answer in futures::future::join_all(given_up).await {
        assert!(answer.is_err(), "{answer:?}");
    }
    all_answer(&store).await;
    assert!(began.elapsed() < Duration::from_secs(15), "as soon as they were given up, not when their time was up: {:?}", began.elapsed());
    store.close().await;
}

async fn a_page_that_nobody_waits_for_stops_its_reads(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (store, client) = (server.server.app.store.clone(), server.signed_in("ana@limits.example", Role::Member).await);
    server.server.app.services.campaigns.create(&member(), named("Spring")).await.unwrap();
    // From now on, a list of campaigns runs for minutes.
    let endless = "CREATE VIEW campaign AS SELECT * FROM campaigns WHERE (
        WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT COUNT(*) FROM n) > 0";
    let me = member();
    let slow = store.write(&me, move |tx| {
        Box::pin(async move {
            tx.run(sql("ALTER TABLE campaign RENAME TO campaigns")).await?;
            tx.run(sql(endless)).await
        })
    });
    slow.await.unwrap();
    let began = Instant::now();
    let page = async || client.get(server.url("/campaigns")).send().await.unwrap().text().await;
    for answer in futures::future::join_all((0..MANY).map(|_| tokio::time::timeout(Duration::from_millis(1_500), page()))).await {
        assert!(answer.is_err(), "{answer:?}");
    }
    all_answer(&store).await;
    assert!(began.elapsed() < Duration::from_secs(15), "when they were given up, not when their time was up: {:?}", began.elapsed());
    server.stop().await;
}

async fn health_is_answered_while_all_connections_are_busy(db: &TestDb) {
    let server = TestServer::start(db).await;
    let store = server.server.app.store.clone();
    let busy: Vec<_> = (0..MANY).map(|_| tokio::spawn(endless(store.clone()))).collect();
    // Wait until all connections are busy.
    while tokio::time::timeout(Duration::from_millis(100), store.read(|_| Box::pin(async { Ok(()) }))).await.is_ok() {}
    let answer = server.browser().get(server.url("/readyz")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    for read in &busy {
        read.abort();
    }
    all_answer(&store).await;
    server.stop().await;
}

async fn a_rule_that_asks_for_too_much_gets_in_nowhere(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.signed_in("ana@limits.example", Role::Member).await;
    let values: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let many = serde_json::json!({ "any": vec![serde_json::json!({ "field": "search", "op": "contains", "value": values }); MAX_VALUES / 50 + 1] });
    let long = serde_json::json!({ "any": vec![serde_json::json!({ "field": "name", "op": "is", "value": "x".repeat(1_000) }); 20] });
    let campaign =
        json(client.post(server.url("/api/campaigns")).json(&serde_json::json!({ "name": "Spring" })).send().await.unwrap()).await;
    let campaign = format!("/api/campaigns/{}/leads", campaign["data"]["id"].as_str().unwrap());
    for rule in [many, long] {
        let mut answers = Vec::new();
        for path in ["/api/leads", "/api/leads/board"] {
            answers.push(client.get(server.url(&format!("{path}?rule={}", encoded(&rule.to_string())))).send().await.unwrap());
        }
        for (path, body) in [
            ("/api/views", serde_json::json!({ "name": "Mine", "query": { "rule": rule } })),
            ("/api/bulk", serde_json::json!({ "action": { "kind": "delete" }, "rule": rule })),
            (campaign.as_str(), serde_json::json!({ "rule": rule })),
        ] {
            answers.push(client.post(server.url(path)).json(&body).send().await.unwrap());
        }
        for answer in answers {
            let (status, path) = (answer.status(), answer.url().path().to_owned());
            let body = json(answer).await;
            assert_eq!(status, 422, "{path}: {body}");
            assert!(body["detail"].as_str().unwrap().contains("in all"), "{path}: {body}");
        }
    }
    server.stop().await;
}

async fn a_member_that_stands_twice_gets_in_nowhere(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.signed_in("ana@limits.example", Role::Member).await;
    let new = NewLead { name: "Lea".to_owned(), email: "lea@limits.example".to_owned(), ..NewLead::default() };
    let lead = server.server.app.services.leads.create(&member(), new).await.unwrap();
    let campaign = server.server.app.services.campaigns.create(&member(), named("Spring")).await.unwrap();
    let rule = r#"{"all":[{"field":"score","op":"gte","value":1},{"field":"name","op":"is","value":"Lea","field":"email"}]}"#;
    let mut answers = Vec::new();
    for path in ["/api/leads", "/api/leads/board"] {
        answers.push(("rule.all[1].field", client.get(server.url(&format!("{path}?rule={}", encoded(rule)))).send().await.unwrap()));
    }
    let json = "application/json";
    for (field, path, body) in [
        ("query.rule.all[1].field", "/api/views".to_owned(), format!(r#"{{"name":"Mine","query":{{"rule":{rule}}}}}"#)),
        ("rule.all[1].field", "/api/bulk".to_owned(), format!(r#"{{"action":{{"kind":"delete"}},"rule":{rule}}}"#)),
        ("rule.all[1].field", format!("/api/campaigns/{}/leads", campaign.id), format!(r#"{{"rule":{rule}}}"#)),
        (
            "custom.Plan",
            "/api/leads".to_owned(),
            r#"{"name":"Ben","email":"ben@limits.example","custom":{"Plan":"A","Plan":"B"}}"#.to_owned(),
        ),
    ] {
        answers.push((field, client.post(server.url(&path)).header("content-type", json).body(body).send().await.unwrap()));
    }
    let patch = client.patch(server.url(&format!("/api/leads/{}", lead.id))).header("content-type", json);
    answers.push(("custom.Plan", patch.body(r#"{"custom":{"Plan":"A","Pl\u0061n":"B"}}"#).send().await.unwrap()));
    for (field, answer) in answers {
        let (status, path) = (answer.status(), answer.url().path().to_owned());
        let body = self::json(answer).await;
        assert_eq!((status.as_u16(), body["errors"][0]["field"].as_str()), (422, Some(field)), "{path}: {body}");
    }
    assert_eq!(server.server.app.services.leads.get(&member(), lead.id).await.unwrap(), Some(lead));
    server.stop().await;
}

async fn a_page_of_large_records_ends_early_and_a_cursor_goes_on(db: &TestDb) {
    let server = TestServer::start(db).await;
    let services = &server.server.app.services;
    let client = server.signed_in("ana@limits.example", Role::Member).await;
    let campaign = services.campaigns.create(&member(), named("Spring")).await.unwrap();
    let custom = |text: &str| (0..60).map(|at| (format!("Field {at}"), text.repeat(2_000))).collect();
    let mut leads = Vec::new();
    for n in 0..12 {
        let email = format!("lea{n}@limits.example");
        let new = NewLead { name: format!("Lea {n}"), email, notes: Some("n".repeat(99_000)), custom: custom("c"), ..NewLead::default() };
        leads.push(services.leads.create(&member(), new).await.unwrap().id);
    }
    account_of(&server.server.app.store, &member()).await;
    services.campaigns.enroll(&member(), campaign.id, Selection::Leads(leads)).await.unwrap();
    for n in 0..24 {
        let step = |at: usize| Step {
            id: StepId(uuid::Uuid::nil()),
            title: format!("Step {at}"),
            content: "s".repeat(1_950),
            ..starter_sequence()[1].clone()
        };
        let new = NewCampaign { steps: Some((0..50).map(step).collect()), ..named(&format!("Large {n}")) };
        services.campaigns.create(&member(), new).await.unwrap();
    }
    for (path, count) in
        [("/api/leads".to_owned(), 12), (format!("/api/campaigns/{}/leads", campaign.id), 12), ("/api/campaigns".to_owned(), 25)]
    {
        let (mut seen, mut pages, mut cursor) = (HashSet::new(), 0, String::new());
        loop {
            let text = client.get(server.url(&format!("{path}?limit=100&cursor={cursor}"))).send().await.unwrap().text().await.unwrap();
            assert!(text.len() < 3_000_000, "{path}: {} bytes", text.len());
            let page: serde_json::Value = serde_json::from_str(&text).unwrap();
            for record in page["data"].as_array().unwrap() {
                assert!(seen.insert(record["id"].as_str().unwrap().to_owned()), "{path}: once");
            }
            pages += 1;
            let Some(next) = page["pagination"]["nextCursor"].as_str() else { break };
            cursor = encoded(next);
        }
        assert_eq!((seen.len(), pages), (count, 2), "{path}");
        let numbered = client.get(server.url(&format!("{path}?limit=100&page=1"))).send().await.unwrap();
        assert_eq!(numbered.status(), 422, "{path}: the second page would leave records out");
        let error = json(numbered).await["errors"][0].clone();
        assert_eq!((&error["field"], error["message"].as_str().unwrap().contains("cursor")), (&serde_json::json!("page"), true));
        let small = client.get(server.url(&format!("{path}?limit=2&page=2"))).send().await.unwrap();
        assert_eq!(small.status(), 200, "{path}");
    }
    server.stop().await;
}

async fn lists_hold_no_texts_that_they_do_not_show(db: &TestDb) {
    let server = TestServer::start(db).await;
    let services = &server.server.app.services;
    let (ana, text) = (server.signed_in("ana@c.example", Role::Manager).await, |what: &str| format!("{what} {}", "<".repeat(4_000)));
    let new = NewLead {
        name: "Lea".to_owned(),
        email: "lea@c.example".to_owned(),
        notes: Some(text("NOTES")),
        custom: [("Plan".to_owned(), text("CUSTOM").chars().take(1_900).collect())].into(),
        ..NewLead::default()
    };
    let lead = services.leads.create(&member(), new).await.unwrap();
    let step = |title: &str| Step {
        id: StepId(uuid::Uuid::nil()),
        title: title.to_owned(),
        content: text("CONTENT"),
        ..starter_sequence()[1].clone()
    };
    let steps = (0..20).map(|at| step(&format!("TITLE{at}"))).collect();
    let new = NewCampaign { description: text("DESCRIPTION"), steps: Some(steps), status: CampaignStatus::Active, ..named("Spring") };
    let campaign = services.campaigns.create(&member(), new).await.unwrap();
    account_of(&server.server.app.store, &member()).await;
    services.campaigns.enroll(&member(), campaign.id, Selection::Leads(vec![lead.id])).await.unwrap();
    for (path, shown) in [("/leads", "Lea"), ("/leads?layout=board", "Lea"), ("/campaigns", "Spring")] {
        let page = ana.get(server.url(path)).send().await.unwrap().text().await.unwrap();
        assert!(page.contains(shown), "{path}");
        for long in ["NOTES", "CUSTOM", "CONTENT", "TITLE", "DESCRIPTION"] {
            assert!(!page.contains(long), "{path} holds {long}");
        }
    }
    let page = ana.get(server.url(&format!("/leads/{}", lead.id))).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("NOTES") && page.contains("CUSTOM"));
    // The page has only the next 2 steps of the sequence, and the next step once more as a task.
    assert!((1..=8).contains(&page.matches("CONTENT").count()), "{}", page.matches("CONTENT").count());
}

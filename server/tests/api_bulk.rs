//! Bulk actions through REST, and the deltas and progress that open pages receive.

use crate::common::TestDb;
use crate::common::{
    leads::settled,
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{
    BulkId, Entity, Record, Role,
    bulk::BulkStatus,
    live::{DeltaOp, Progress, Query, ServerMessage, Total},
    rule::{Op, Rule, Value as Operand},
};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

struct Api {
    server: TestServer,
    client: Client,
}

impl Api {
    async fn start(db: &crate::common::TestDb) -> Self {
        let server = TestServer::start(db).await;
        let client = server.key(Role::Member).await;
        Self { server, client }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Response {
        self.client.request(method, self.server.url(path)).json(&body).send().await.unwrap()
    }

    /// Status and body.
    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.ask(Method::POST, path, body).await;
        (answer.status().as_u16(), json(answer).await)
    }

    /// Creates leads named by these numbers.
    async fn leads(&self, numbers: std::ops::Range<usize>) -> Vec<String> {
        let mut ids = Vec::new();
        for n in numbers {
            let (_, lead) = self.post("/api/leads", json!({ "name": format!("Lead {n}"), "email": format!("l{n}@b.example") })).await;
            ids.push(lead["id"].as_str().unwrap().to_owned());
        }
        ids
    }
}

both_dbs!(what_is_asked_is_done_told_and_taken_back, what_is_wrong_is_named, open_pages_hear_of_a_set_once, a_list_by_campaign_is_live);

async fn what_is_asked_is_done_told_and_taken_back(db: &TestDb) {
    let api = Api::start(db).await;
    let ids = api.leads(0..3).await;
    let made =
        api.ask(Method::POST, "/api/bulk", json!({ "action": { "kind": "set_stage", "stage": "Negotiation" }, "leadIds": ids })).await;
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(made.status(), 201);
    let made = json(made).await;
    assert_eq!(location, format!("/api/bulk/{}", made["id"].as_str().unwrap()));
    assert_eq!((&made["status"], &made["total"], &made["done"], &made["changed"]), (&json!("done"), &json!(3), &json!(3), &json!(3)));
    assert_eq!(
        (&made["what"], &made["action"]),
        (&json!("moved 3 leads to Negotiation"), &json!({ "kind": "set_stage", "stage": "Negotiation" }))
    );
    let again = json(api.ask(Method::GET, &location, json!({})).await).await;
    assert_eq!(again, made);
    let (status, undone) = api.post(&format!("{location}/undo"), json!({})).await;
    assert_eq!((status, &undone["status"], &undone["changed"]), (200, &json!("undone"), &json!(3)));
    for path in ["undo", "cancel"] {
        let (status, problem) = api.post(&format!("{location}/{path}"), json!({})).await;
        assert_eq!((status, &problem["type"]), (409, &json!("/problems/conflict")));
    }
    let rule = json!({ "rules": [{ "field": "stage", "operator": "is", "value": "New Lead" }] });
    let (status, tagged) = api.post("/api/bulk", json!({ "action": { "kind": "add_tag", "tag": "fair" }, "rule": rule })).await;
    assert_eq!((status, &tagged["what"]), (201, &json!("tagged 3 leads “fair”")), "{tagged}");
    api.server.stop().await;
}

async fn what_is_wrong_is_named(db: &TestDb) {
    let api = Api::start(db).await;
    let ids = api.leads(0..2).await;
    let nobody = "00000000-0000-7000-8000-000000000000";
    let delete = json!({ "kind": "delete" });
    for (body, status, field) in [
        (json!({ "action": { "kind": "explode" }, "leadIds": ids }), 422, ""),
        (json!({ "leadIds": ids }), 422, ""),
        (json!({ "action": ["set_owner", nobody], "leadIds": ids }), 422, "action"),
        (json!({ "action": { "kind": "delete", "x": 1 }, "leadIds": ids }), 422, "action"),
        (json!([delete, ids]), 422, "body"),
        (json!({ "action": delete, "leadIds": ids, "nonsense": 1 }), 422, ""),
        (json!({ "action": delete }), 422, "leadIds"),
        (json!({ "action": delete, "leadIds": [] }), 422, "leadIds"),
        (json!({ "action": delete, "leadIds": ids, "rule": {} }), 422, "leadIds"),
        (json!({ "action": delete, "leadIds": [nobody] }), 404, ""),
        (json!({ "action": { "kind": "set_owner", "owner": nobody }, "leadIds": ids }), 422, "owner"),
        (json!({ "action": { "kind": "add_tag", "tag": " " }, "leadIds": ids }), 422, "tag"),
        (json!({ "action": { "kind": "enroll", "campaignId": nobody }, "leadIds": ids }), 422, "campaignId"),
    ] {
        let answer = api.ask(Method::POST, "/api/bulk", body.clone()).await;
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let (was, problem) = (answer.status().as_u16(), json(answer).await);
        assert_eq!(was, status, "{body}: {problem}");
        assert!(field.is_empty() || problem["errors"][0]["field"] == field, "{body}: {problem}");
    }
    for path in ["/api/bulk/17", &format!("/api/bulk/{nobody}")] {
        assert_eq!(api.ask(Method::GET, path, json!({})).await.status(), 404);
        assert_eq!(api.post(&format!("{path}/undo"), json!({})).await.0, 404);
    }
    assert_eq!(json(api.ask(Method::GET, "/api/leads", json!({})).await).await["pagination"]["total"], 2);
    api.server.stop().await;
}

async fn open_pages_hear_of_a_set_once(db: &TestDb) {
    let api = Api::start(db).await;
    let ids = api.leads(0..4).await;
    let app = &api.server.server.app;
    settled(&app.store).await;
    let since = app.store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of;
    let mut page = LiveClient::connect(&api.server.live_url(), &api.server.secret(Role::Viewer).await, None).await;
    let rule = Rule::test("stage", Op::Is, Operand::Text("Negotiation".into()));
    page.subscribe(1, &Query::Leads { rule }, since).await;
    let (_, bulk) = api.post("/api/bulk", json!({ "action": { "kind": "set_stage", "stage": "Negotiation" }, "leadIds": ids })).await;
    let (mut sets, mut total) = (Vec::new(), None);
    while sets.is_empty() || total != Some(Total::Count(4)) {
        let (now, items) = page
            .until(|message| match message {
                ServerMessage::Deltas { total, items, .. } => Some((total, items)),
                ServerMessage::Subscribed { total, .. } => Some((total, Vec::new())),
                _ => None,
            })
            .await;
        total = now.or(total);
        sets.extend(items.into_iter().filter(|item| item.op == DeltaOp::Bulk));
    }
    assert_eq!(sets.len(), 1);
    let Some(Record::Set(set)) = &sets[0].record else { panic!("{sets:?}") };
    assert_eq!((json!(set.id), set.count, set.what.as_str()), (bulk["id"].clone(), 4, "moved 4 leads to Negotiation"));

    // A subscriber of the bulk action receives its progress and its end.
    let id: BulkId = bulk["id"].as_str().unwrap().parse().unwrap();
    page.subscribe(2, &Query::One { kind: Entity::Bulk, id: id.0 }, i64::MAX).await;
    page.until(|message| matches!(message, ServerMessage::Subscribed { id: 2, .. }).then_some(())).await;
    api.post(&format!("/api/bulk/{id}/undo"), json!({})).await;
    let (mut progress, mut over) = (None, None);
    while progress != Some(BulkStatus::Undone) || over != Some(BulkStatus::Undone) {
        page.until(|message| match message {
            ServerMessage::Progress { progress: Progress::Bulk(told) } => {
                assert_eq!((told.id, told.total, told.done), (id, 4, 4));
                progress = Some(told.status);
                Some(())
            }
            ServerMessage::Deltas { items, .. } => {
                over = items
                    .into_iter()
                    .filter_map(|item| if let Some(Record::Bulk(bulk)) = item.record { Some(bulk.status) } else { None })
                    .next_back()
                    .or(over);
                Some(())
            }
            _ => None,
        })
        .await;
    }
    api.server.stop().await;
}

async fn a_list_by_campaign_is_live(db: &TestDb) {
    let api = Api::start(db).await;
    let ids = api.leads(0..3).await;
    let (_, made) = api.post("/api/campaigns", json!({ "name": "Spring" })).await;
    let campaign = made["data"]["id"].as_str().unwrap();
    let list = async || {
        json(api.ask(Method::GET, &format!("/api/leads?campaignId={campaign}"), json!({})).await).await["pagination"]["total"].clone()
    };
    assert_eq!(list().await, 0);
    let app = &api.server.server.app;
    settled(&app.store).await;
    let since = app.store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of;
    let mut page = LiveClient::connect(&api.server.live_url(), &api.server.secret(Role::Viewer).await, None).await;
    page.subscribe(1, &Query::Leads { rule: Rule::test("campaign", Op::Is, Operand::Text(campaign.to_owned())) }, since).await;
    for (action, expected) in [("enroll", 3), ("unenroll", 0)] {
        api.post("/api/bulk", json!({ "action": { "kind": action, "campaignId": campaign }, "leadIds": ids })).await;
        let mut again = false;
        page.until(|message| match message {
            ServerMessage::Deltas { total, items, .. } => {
                again |= items.iter().any(|item| item.op == DeltaOp::Bulk);
                (again && total == Some(Total::Count(expected))).then_some(())
            }
            _ => None,
        })
        .await;
        assert_eq!(list().await, expected);
    }
    // An unknown id finds nothing.
    let answer = json(api.ask(Method::GET, "/api/leads?campaignId=17", json!({})).await).await;
    assert_eq!(answer["pagination"]["total"], 0);
    api.server.stop().await;
}

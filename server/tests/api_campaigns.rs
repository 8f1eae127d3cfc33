//! Campaigns through REST, and the deltas that open pages receive.

use crate::common::TestDb;
use crate::common::{
    leads::settled,
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{
    CampaignId, Entity, Record, Role,
    live::{DeltaOp, Query, ServerMessage},
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

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let request = self.client.request(method, self.server.url(path));
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
        .send()
        .await
        .unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        json(self.ask(Method::GET, path, None).await).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        json(self.ask(Method::POST, path, Some(body)).await).await
    }

    /// Status and `error`.
    async fn refused(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let answer = self.ask(method, path, body).await;
        let status = answer.status().as_u16();
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        (status, json(answer).await)
    }

    async fn lead(&self, n: usize) -> String {
        let lead = self.post("/api/leads", json!({ "name": format!("Lead {n}"), "email": format!("l{n}@b.example") })).await;
        lead["id"].as_str().unwrap().to_owned()
    }
}

/// Deltas after `since` until the first `Leave`: operation, then name, state or sentence, and two numbers.
async fn until_it_goes(client: &mut LiveClient, since: i64) -> Vec<(DeltaOp, String, i64, i64)> {
    let mut heard: Vec<(DeltaOp, String, i64, i64)> = Vec::new();
    while heard.last().is_none_or(|(op, ..)| *op != DeltaOp::Leave) {
        let items = client.until(|message| if let ServerMessage::Deltas { items, .. } = message { Some(items) } else { None }).await;
        heard.extend(items.into_iter().filter(|item| item.seq > since).map(|item| match item.record {
            Some(Record::Campaign(campaign)) => (item.op, campaign.name, campaign.counts.total_leads, campaign.counts.requests_sent),
            Some(Record::Figures(figures)) => (item.op, "figures".to_owned(), figures.counts.total_leads, figures.counts.requests_sent),
            Some(Record::Enrollment(enrollment)) => (item.op, enrollment.state.to_string(), enrollment.step, 0),
            Some(Record::Set(set)) => (item.op, set.what, set.count, 0),
            other => panic!("{other:?}"),
        }));
    }
    heard
}

/// 95 kB.
fn large_steps() -> Value {
    let step = |n: usize| json!({ "kind": "call", "title": format!("Call {n}"), "content": "x".repeat(9_490) });
    (0..10).map(step).collect()
}

both_dbs!(
    a_campaign_is_served_to_both_contracts,
    what_is_wrong_is_said_in_the_contracts_way,
    leads_come_in_are_worked_and_go_out,
    a_leads_campaigns_come_a_page_at_a_time,
    open_pages_hear_of_it,
    the_list_is_a_page_without_scripts_too
);

async fn a_campaign_is_served_to_both_contracts(db: &TestDb) {
    let api = Api::start(db).await;
    let made = api.ask(Method::POST, "/api/campaigns", Some(json!({ "name": "Spring", "description": "First" }))).await;
    assert_eq!((made.status().as_u16(), made.headers()["etag"].to_str().unwrap()), (201, "\"1\""));
    let made = json(made).await;
    assert_eq!(
        (&made["message"], &made["data"]["status"], &made["meta"]["source"]),
        (&json!("Campaign created successfully"), &json!("draft"), &json!("database"))
    );
    let id = made["data"]["id"].as_str().unwrap();
    assert_eq!(made["data"]["_id"], id);
    let path = format!("/api/campaigns/{id}");
    let whole = api.get(&path).await;
    assert_eq!((&whole["name"], &whole["success"], &whole["data"]), (&json!("Spring"), &json!(true), &made["data"]));
    for counter in ["totalLeads", "successfulLeads", "responseRate"] {
        assert_eq!(whole[counter].as_f64(), Some(0.0), "{counter}");
    }
    assert_eq!(
        (whole["steps"].as_array().unwrap().len(), &whole["steps"][1]["delayDays"], &whole["steps"][1]["kind"]),
        (3, &json!(3), &json!("follow_up_message"))
    );

    let edited = json(api.ask(Method::PUT, &path, Some(json!({ "status": "active" }))).await).await;
    assert_eq!((&edited["status"], &edited["name"]), (&json!("active"), &json!("Spring")));
    let edited = json(api.ask(Method::PATCH, &path, Some(json!({ "description": "Second" }))).await).await;
    assert_eq!(edited["data"]["description"], "Second");
    let strict = |tag: &'static str, set: Value| api.client.patch(api.server.url(&path)).header("if-match", tag).json(&set).send();
    let late = strict("\"1\"", json!({ "name": "Late" })).await.unwrap();
    assert_eq!(late.status(), 409);
    let clash = json(late).await;
    assert_eq!(
        (&clash["theirs"]["description"], &clash["yours"]["name"], &clash["fields"]),
        (&json!("Second"), &json!("Late"), &json!(["name"]))
    );
    // Moving counters do not make an edit of the campaign's fields stale.
    let lead = api.lead(99).await;
    assert_eq!(api.post(&format!("{path}/leads"), json!({ "leadIds": [lead] })).await["count"], 1);
    let counted = strict("\"3\"", json!({ "description": "Second, again" })).await.unwrap();
    assert_eq!((counted.status().as_u16(), counted.headers()["etag"].to_str().unwrap()), (200, "\"5\""));

    let copy = api.post(&format!("{path}/duplicate"), json!({})).await;
    assert_eq!((&copy["data"]["name"], &copy["data"]["status"]), (&json!("Spring (copy)"), &json!("draft")));
    let list = api.get("/api/campaigns?sort=-name&limit=1").await;
    assert_eq!(
        (&list["data"][0]["name"], &list["pagination"]["total"], &list["pagination"]["hasMore"]),
        (&json!("Spring (copy)"), &json!(2), &json!(true))
    );
    let cursor = list["pagination"]["nextCursor"].as_str().unwrap().replace('~', "%7E").replace(' ', "%20");
    let next = api.get(&format!("/api/campaigns?sort=-name&limit=1&cursor={cursor}")).await;
    assert_eq!((&next["data"][0]["id"], &next["pagination"]["hasMore"]), (&json!(id), &json!(false)));
    assert_eq!(api.get("/api/campaigns?status=active&search=SECOND").await["pagination"]["total"], 1);

    let gone = json(api.ask(Method::DELETE, &path, None).await).await;
    assert_eq!(gone["message"], "Campaign deleted successfully");
    let (status, problem) = api.refused(Method::GET, &path, None).await;
    assert_eq!((status, &problem["error"]), (404, &json!("Campaign not found")));
    let back = api.post(&format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap()), json!({})).await;
    assert_eq!(
        (&back["campaign"]["id"], &back["campaign"]["_id"], &api.get(&path).await["name"]),
        (&json!(id), &json!(id), &json!("Spring"))
    );
    api.server.stop().await;
}

async fn what_is_wrong_is_said_in_the_contracts_way(db: &TestDb) {
    let api = Api::start(db).await;
    for body in [json!({}), json!({ "name": 7 }), json!({ "name": " " })] {
        let (status, problem) = api.refused(Method::POST, "/api/campaigns", Some(body)).await;
        assert_eq!((status, &problem["error"]), (400, &json!("Campaign name is required")));
    }
    let (status, problem) = api.refused(Method::POST, "/api/campaigns", Some(json!({ "name": "A", "status": "sleeping" }))).await;
    assert_eq!((status, &problem["error"]), (400, &json!("Invalid status")));
    let made = api.post("/api/campaigns", json!({ "name": "Spring" })).await;
    let id = made["data"]["id"].as_str().unwrap();
    let (status, problem) = api.refused(Method::POST, "/api/campaigns", Some(json!({ "name": "spring" }))).await;
    assert_eq!(
        (status, &problem["error"], &problem["existing"]["id"]),
        (409, &json!("Campaign with this name already exists"), &json!(id))
    );
    assert_eq!(problem["errors"][0]["field"], "name");
    for body in
        [json!({ "name": "x".repeat(100_000) }), json!({ "name": "B", "description": 1 }), json!({ "name": "B", "status": "cancelled" })]
    {
        assert_eq!(api.refused(Method::POST, "/api/campaigns", Some(body)).await.0, 422);
    }
    let path = format!("/api/campaigns/{id}");
    let (status, problem) = api.refused(Method::POST, &format!("{path}/resume"), None).await;
    assert!(status == 409 && problem["detail"].as_str().unwrap().contains("Start, Stop"), "{problem}");
    assert_eq!(api.refused(Method::PUT, &path, Some(json!({ "status": "completed" }))).await.0, 409);
    assert_eq!(api.refused(Method::POST, &format!("{path}/explode"), None).await.0, 404);
    for unknown in ["/api/campaigns/17", "/api/campaigns/0192f0c4-0000-7000-8000-000000000000", "/api/campaigns/x/leads"] {
        assert_eq!(api.refused(Method::GET, unknown, None).await.0, 404, "{unknown}");
    }
    for query in ["limit=0", "page=0", "sort=nonsense", "cursor=x", "status=x", "nonsense=1"] {
        assert_eq!(api.refused(Method::GET, &format!("/api/campaigns?{query}"), None).await.0, 422, "{query}");
    }
    for query in ["limit=1001", "state=x", "cursor=x"] {
        assert_eq!(api.refused(Method::GET, &format!("{path}/leads?{query}"), None).await.0, 422, "{query}");
    }
    for body in [json!({ "leadIds": [] }), json!({ "leadIds": ["x"] }), json!({}), json!({ "rule": { "field": "x", "op": "is" } })] {
        assert_eq!(api.refused(Method::POST, &format!("{path}/leads"), Some(body)).await.0, 422);
    }
    let viewer = api.server.key(Role::Viewer).await;
    assert_eq!(viewer.post(api.server.url("/api/campaigns")).json(&json!({ "name": "B" })).send().await.unwrap().status(), 403);
    assert_eq!(api.server.browser().get(api.server.url("/api/campaigns")).send().await.unwrap().status(), 401);
    api.server.stop().await;
}

async fn leads_come_in_are_worked_and_go_out(db: &TestDb) {
    let api = Api::start(db).await;
    let mut leads = Vec::new();
    for n in 0..3 {
        leads.push(api.lead(n).await);
    }
    let made = api.post("/api/campaigns", json!({ "name": "Spring", "status": "active" })).await;
    let path = format!("/api/campaigns/{}", made["data"]["id"].as_str().unwrap());
    let enroll = format!("{path}/leads");
    assert_eq!(api.post(&enroll, json!({ "leadIds": leads[..2] })).await["count"], 2);
    assert_eq!(api.post(&enroll, json!({ "leadIds": leads[..2] })).await["count"], 0);
    assert_eq!(api.post(&enroll, json!({ "rule": { "field": "name", "op": "ends_with", "value": "2" } })).await["count"], 1);

    let worked = api.post(&format!("/api/leads/{}/tasks/send-request", leads[1]), json!({})).await;
    assert_eq!(
        (&worked["connectionStatus"], &worked["sequenceStep"], &worked["enrollments"][0]["state"]),
        (&json!("request_sent"), &json!(1), &json!("requested"))
    );
    let (status, problem) = api.refused(Method::POST, &format!("/api/leads/{}/tasks/send-request", leads[1]), None).await;
    assert!(status == 409 && problem["detail"].as_str().unwrap().contains("accept, decline"), "{problem}");
    let ways = api.get(&format!("/api/leads/{}/campaigns", leads[1])).await;
    assert_eq!(
        (ways["data"].as_array().unwrap().len(), &ways["data"][0]["campaign"]["name"], &ways["data"][0]["next"]["title"]),
        (1, &json!("Spring"), &json!("Follow-up 1"))
    );
    let requested: domain::Timestamp = ways["data"][0]["enrollment"]["requestedAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(ways["data"][0]["dueAt"], json!(requested.plus_days(3)));
    assert_eq!(api.refused(Method::GET, "/api/leads/0192f0c4-0000-7000-8000-000000000000/campaigns", None).await.0, 404);
    // An older client edits the lead directly.
    api.ask(Method::PUT, &format!("/api/leads/{}", leads[0]), Some(json!({ "status": "responded" }))).await;

    let list = api.get(&format!("{enroll}?state=requested")).await;
    assert_eq!(
        (list["data"].as_array().unwrap().len(), &list["data"][0]["name"], &list["data"][0]["sequenceStep"]),
        (1, &json!("Lead 1"), &json!(1))
    );
    let first = api.get(&format!("{enroll}?limit=2")).await;
    assert_eq!((&first["data"][0]["name"], &first["pagination"]["total"]), (&json!("Lead 2"), &json!(3)));
    let cursor = first["pagination"]["nextCursor"].as_str().unwrap();
    assert_eq!(api.get(&format!("{enroll}?limit=2&cursor={cursor}")).await["data"][0]["name"], "Lead 0");
    let whole = api.get(&path).await;
    assert_eq!(
        (&whole["totalLeads"], &whole["requestsSent"], &whole["responseRate"], &whole["standing"]),
        (&json!(3), &json!(1), &json!(33.33), &json!([2, 1]))
    );

    assert_eq!(json(api.ask(Method::DELETE, &format!("{enroll}/{}", leads[1]), None).await).await["count"], 1);
    assert_eq!(json(api.ask(Method::DELETE, &enroll, Some(json!({ "leadIds": leads }))).await).await["count"], 2);
    assert_eq!(api.get(&path).await["totalLeads"], 0);
    assert_eq!(api.get("/api/leads").await["pagination"]["total"], 3, "the leads stay");
    api.server.stop().await;
}

async fn a_leads_campaigns_come_a_page_at_a_time(db: &TestDb) {
    const ALL: usize = 30;
    let api = Api::start(db).await;
    let lead = api.lead(0).await;
    let mut made = Vec::new();
    for n in 0..ALL {
        let campaign = json!({ "name": format!("c{n}"), "status": "active", "steps": large_steps() });
        let campaign = api.post("/api/campaigns", campaign).await;
        let id = campaign["data"]["id"].as_str().unwrap().to_owned();
        assert_eq!(api.post(&format!("/api/campaigns/{id}/leads"), json!({ "leadIds": [lead] })).await["count"], 1);
        made.push(id);
    }
    let path = format!("/api/leads/{lead}/campaigns");
    let ids = |page: &Value| page["data"].as_array().unwrap().iter().map(|way| way["campaign"]["id"].clone()).collect::<Vec<_>>();
    let next = |page: &Value| page["pagination"]["nextCursor"].as_str().map(str::to_owned);

    let first = api.get(&path).await;
    assert_eq!((&first["pagination"]["total"], &first["pagination"]["limit"], first["asOf"].is_i64()), (&json!(ALL), &json!(50), true));
    let (mut all, mut cursor) = (ids(&first), next(&first));
    assert!(all.len() < ALL, "a page has at most about 2 MiB of texts");
    while let Some(after) = cursor {
        let page = api.get(&format!("{path}?cursor={after}")).await;
        all.extend(ids(&page));
        cursor = next(&page);
    }
    assert_eq!(all, made);

    // Only the next step has its text.
    let way = &first["data"][0];
    assert_eq!((&way["next"]["title"], way["next"]["content"].as_str().unwrap().len()), (&json!("Call 0"), 9_490));
    let titles: Vec<_> = way["steps"].as_array().unwrap().iter().map(|step| (step["title"].clone(), step["content"].clone())).collect();
    assert_eq!(titles, (0..10).map(|n| (json!(format!("Call {n}")), json!(""))).collect::<Vec<_>>());

    let second = api.get(&format!("{path}?page=2&limit=10")).await;
    assert_eq!((ids(&second), next(&second)), (made[10..20].iter().map(|id| json!(id)).collect(), Some(made[19].clone())));
    let last = api.get(&format!("{path}?page=3&limit=10")).await;
    assert_eq!((ids(&last).len(), next(&last)), (10, None));
    for query in ["limit=0", "limit=1001", "page=0", "cursor=x", "nonsense=1", "page=1&limit=50"] {
        assert_eq!(api.refused(Method::GET, &format!("{path}?{query}"), None).await.0, 422, "{query}");
    }

    // What is deleted does not count.
    assert_eq!(api.ask(Method::DELETE, &format!("/api/campaigns/{}", made[0]), None).await.status(), 200);
    let page = api.get(&format!("{path}?limit=1")).await;
    assert_eq!((ids(&page), &page["pagination"]["total"]), (vec![json!(made[1])], &json!(ALL - 1)));
    api.server.stop().await;
}

async fn open_pages_hear_of_it(db: &TestDb) {
    let api = Api::start(db).await;
    let lead = api.lead(0).await;
    let made = api.post("/api/campaigns", json!({ "name": "Spring", "status": "active" })).await;
    let id: CampaignId = made["data"]["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/campaigns/{id}");
    let secret = api.server.secret(Role::Viewer).await;
    settled(&api.server.server.app.store).await;
    let as_of = api.server.server.app.services.campaigns.get(&domain::Actor::system(), id).await.unwrap().unwrap().as_of;
    let mut page = LiveClient::connect(&api.server.live_url(), &secret, None).await;
    page.subscribe(1, &Query::Campaign { id }, as_of).await;
    let mut list = LiveClient::connect(&api.server.live_url(), &secret, None).await;
    list.subscribe(1, &Query::list(Entity::Campaign), as_of).await;

    api.post(&format!("{path}/leads"), json!({ "leadIds": [lead] })).await;
    api.post(&format!("/api/leads/{lead}/tasks/send-request"), json!({})).await;
    api.post("/api/campaigns", json!({ "name": "Autumn" })).await;
    api.ask(Method::DELETE, &path, None).await;

    let spring = |op, total, requests| (op, "Spring".to_owned(), total, requests);
    let figures = |total, requests| (DeltaOp::Update, "figures".to_owned(), total, requests);
    assert_eq!(
        until_it_goes(&mut page, as_of).await,
        [
            figures(1, 0),
            (DeltaOp::Bulk, "enrolled 1 lead in Spring".to_owned(), 1, 0),
            figures(1, 1),
            (DeltaOp::Update, "requested".to_owned(), 1, 0),
            spring(DeltaOp::Leave, 1, 1),
        ]
    );
    assert_eq!(
        until_it_goes(&mut list, as_of).await,
        [figures(1, 0), figures(1, 1), (DeltaOp::Enter, "Autumn".to_owned(), 0, 0), spring(DeltaOp::Leave, 1, 1),]
    );
    api.server.stop().await;
}

async fn the_list_is_a_page_without_scripts_too(db: &TestDb) {
    let api = Api::start(db).await;
    for (name, status) in [("Spring <b>sale</b>", "draft"), ("Autumn", "active")] {
        api.post("/api/campaigns", json!({ "name": name, "status": status })).await;
    }
    let browser = api.server.signed_in("ana@example.com", Role::Viewer).await;
    let page = async |query: &str| {
        let answer = browser.get(api.server.url(&format!("/campaigns{query}"))).header("accept", "text/html").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap().split("<tbody>").nth(1).unwrap_or_default().split("</tbody>").next().unwrap().to_owned()
    };
    let shows = |rows: &str| ["Spring &lt;b&gt;sale", "Autumn", "Spring <b>"].map(|name| rows.contains(name));
    assert_eq!(shows(&page("").await), [true, true, false]);
    assert_eq!(shows(&page("?status=active").await), [false, true, false]);
    assert_eq!(shows(&page("?q=SALE").await), [true, false, false]);
    assert_eq!(page("?q=nothing").await, "");
    api.server.stop().await;
}

//! The contracts "Mini CRM" and "XenoCRM", the rows about audiences: requests and responses as their clients send and read them.

use crate::common::{
    TestDb,
    leads::{insert, member, new_lead},
    server::{TestServer, json},
};
use domain::{Actor, LeadId, Role, SegmentId};
use reqwest::Client;
use serde_json::{Value, json};

const AUDIENCE: &str = "/api/audience";
const SIZE: &str = "/api/audience/size";

struct House {
    server: TestServer,
    client: Client,
}

impl House {
    /// Four customers: spend in major units, visits, days since they were active.
    async fn new(db: &TestDb) -> Self {
        let server = TestServer::start(db).await;
        let client = server.key(Role::Member).await;
        let store = &server.server.app.store;
        let (now, mut leads) = (store.clock.now(), Vec::new());
        for (name, spend, visits, days) in [("Ana", 120_000, 7, 5), ("Ben", 1_000, 9, 40), ("Cleo", 1_001, 4, 100), ("Dan", 50, 1, 29)] {
            let mut lead = new_lead(name, &format!("{}@audience.example", name.to_lowercase())).into_lead(LeadId(store.clock.id()), now);
            (lead.total_spend, lead.visits) = (spend * 100, visits);
            lead.last_active_at = Some(now.plus_days(-days));
            leads.push(lead);
        }
        let system = Actor::system();
        let write = store.write(&system, move |tx| Box::pin(async move { insert(tx, leads).await }));
        write.await.unwrap();
        Self { server, client }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(self.server.url(path)).json(body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    }

    async fn size(&self, rules: Value, logic: &str) -> Value {
        let (status, answer) = self.post(SIZE, &json!({ "rules": rules, "logic": logic })).await;
        assert_eq!(status, 200, "{answer}");
        answer["size"].clone()
    }

    async fn count(&self, rules: Value) -> Value {
        let (status, answer) = self.post(AUDIENCE, &json!({ "rules": rules })).await;
        assert_eq!((status, &answer["success"]), (200, &json!(true)), "{answer}");
        answer["count"].clone()
    }
}

/// As the seed writes it.
fn seed() -> Value {
    json!({
        "rules": [
            { "field": "total_spends", "operator": ">", "value": 1000 },
            { "field": "visit_count", "operator": ">=", "value": 4 }
        ],
        "logic": "AND"
    })
}

both_dbs!(
    post_audience_creates_a_segment,
    post_audience_size,
    post_audience_refuses_what_is_no_audience,
    post_audience_refuses_unknown_fields_and_operators,
    post_audience_of_xenocrm_counts,
    post_audience_of_xenocrm_without_rules,
    audiences_need_somebody,
    audiences_of_an_open_house
);

/// 002.1: `POST /api/audience` → 201.
async fn post_audience_creates_a_segment(db: &TestDb) {
    let house = House::new(db).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (status, answer) = house.post(AUDIENCE, &seed()).await;
        assert_eq!((status, &answer["message"]), (201, &json!("Audience created successfully")), "{answer}");
        ids.push(answer["audienceId"].as_str().unwrap().parse::<SegmentId>().unwrap());
    }
    let segments = house.server.server.app.services.segments.list(&member()).await.unwrap().data;
    let names: Vec<_> = segments.iter().map(|one| (one.segment.name.as_str(), one.size)).collect();
    let name = "total spend more than 1,000 and visits at least 4";
    assert_eq!(names, [(name, Some(2)), (&format!("{name} (2)"), Some(2))], "the same audience twice is two");
    assert!(segments.iter().all(|one| ids.contains(&one.segment.id)));
    house.server.stop().await;
}

/// 002.1 and 002.2: `{"size": n}`; operators, casts, AND and OR.
async fn post_audience_size(db: &TestDb) {
    let house = House::new(db).await;
    assert_eq!(house.post(SIZE, &seed()).await, (200, json!({ "size": 2 })));
    let one = |field: &str, operator: &str, value: Value| json!({ "field": field, "operator": operator, "value": value });
    for (operator, size) in [(">", 2), (">=", 3), ("<", 1), ("<=", 2), ("=", 1)] {
        assert_eq!(house.size(json!([one("total_spends", operator, json!("1000"))]), "AND").await, json!(size), "{operator}");
    }
    let either = json!([one("total_spends", ">", json!(100_000)), one("visit_count", "<", json!(2))]);
    assert_eq!(house.size(either.clone(), "OR").await, json!(2));
    assert_eq!(house.size(either, "AND").await, json!(0));
    // INR 10,000 and not visited in the last 3 months, as the seed says.
    let asleep = json!([one("total_spends", ">", json!(1_000)), one("last_visit_date", ">", json!(90))]);
    assert_eq!(house.size(asleep, "AND").await, json!(1));
    let date = json!([one("last_visit_date", ">=", json!("2020/01/01"))]);
    assert_eq!(house.size(date, "AND").await, json!(4));
    assert_eq!(house.size(json!([]), "AND").await, json!(4), "no rules are everybody");
    house.server.stop().await;
}

/// 002.1: 400 with every failure, in this order.
async fn post_audience_refuses_what_is_no_audience(db: &TestDb) {
    let house = House::new(db).await;
    for path in [AUDIENCE, SIZE] {
        let (status, answer) = house.post(path, &json!({ "rules": "all", "logic": "XOR" })).await;
        assert_eq!((status, &answer["success"]), (400, &json!(false)), "{answer}");
        let told: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|one| (&one["path"], &one["msg"], &one["value"])).collect();
        let (rules, logic) = (json!("rules"), json!("logic"));
        let (array, and_or) = (json!("Rules must be an array"), json!("Logic must be AND or OR"));
        assert_eq!(told, [(&rules, &array, &json!("all")), (&logic, &and_or, &json!("XOR"))]);
        let first = &answer["errors"][0];
        assert_eq!((&first["type"], &first["location"]), (&json!("field"), &json!("body")));
        let (status, answer) = house.post(path, &json!({ "rules": [{ "field": "visits", "operator": ">", "value": 1 }] })).await;
        assert_eq!((status, &answer["errors"][0]["msg"]), (400, &and_or), "{answer}");
        assert!(answer["errors"][0].get("value").is_none(), "there was none");
    }
    // What is half filled in is left out of a count, but no segment is made of the rest.
    let (fine, half) = (seed()["rules"][0].clone(), json!({ "field": "visit_count", "operator": ">=", "value": "" }));
    for (rules, at) in
        [(json!([half]), "rules[0]"), (json!([fine, half]), "rules[1]"), (json!([{ "conditions": [fine, half] }]), "rules[0]")]
    {
        let body = json!({ "rules": rules, "logic": "AND" });
        assert_eq!(house.post(SIZE, &body).await.0, 200);
        let (status, answer) = house.post(AUDIENCE, &body).await;
        assert_eq!((status, &answer["errors"][0]["path"]), (400, &json!(at)), "{answer}");
    }
    let segments = house.client.get(house.server.url("/api/segments")).send().await.unwrap();
    assert_eq!(json(segments).await["data"], json!([]));
    house.server.stop().await;
}

/// 002.2, where it was wrong: such a condition matched everybody.
async fn post_audience_refuses_unknown_fields_and_operators(db: &TestDb) {
    let house = House::new(db).await;
    let fine = json!({ "field": "visit_count", "operator": ">", "value": 1 });
    for (wrong, place) in [
        (json!({ "field": "shoe_size", "operator": ">", "value": 1 }), "rules[1].field"),
        (json!({ "field": "visit_count", "operator": "~", "value": 1 }), "rules[1].operator"),
    ] {
        for path in [AUDIENCE, SIZE] {
            let (status, answer) = house.post(path, &json!({ "rules": [fine, wrong], "logic": "OR" })).await;
            assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!(place)), "{answer}");
        }
        let (status, answer) = house.post(AUDIENCE, &json!({ "rules": [{ "conditions": [fine, wrong] }] })).await;
        let place = place.replace("rules[1]", "rules[0].conditions[1]");
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!(place)), "{answer}");
    }
    assert_eq!(house.server.server.app.services.segments.list(&member()).await.unwrap().data.len(), 0);
    house.server.stop().await;
}

/// 001.1 and 001.2: `{"success", "count", "query"}`; groups are joined by OR, their conditions by AND.
async fn post_audience_of_xenocrm_counts(db: &TestDb) {
    let house = House::new(db).await;
    let one = |field: &str, operator: &str, value: Value| json!({ "field": field, "operator": operator, "value": value, "logic": "OR" });
    let group = |conditions: Value| json!({ "conditions": conditions });
    let rich = one("total_spend", ">", json!("1000"));
    assert_eq!(house.count(json!([group(json!([rich, one("visits_count", ">=", json!(5))]))])).await, json!(1));
    assert_eq!(house.count(json!([group(json!([rich])), group(json!([one("visits_count", "==", json!(1))]))])).await, json!(3));
    assert_eq!(house.count(json!([group(json!([one("visits_count", "!=", json!(1))]))])).await, json!(3));
    // “Days Since Last Active” more than 30.
    assert_eq!(house.count(json!([group(json!([one("last_active_at", ">", json!(30))]))])).await, json!(2));
    assert_eq!(house.count(json!([group(json!([one("last_active_at", "<=", json!(29))]))])).await, json!(2));
    for everybody in [json!([]), json!([group(json!([]))]), json!([group(json!([one("", "", json!(""))]))])] {
        assert_eq!(house.count(everybody).await, json!(4));
    }
    let (_, answer) = house.post(AUDIENCE, &json!({ "rules": [group(json!([rich]))] })).await;
    assert_eq!(answer["query"], json!({ "field": "total_spend", "op": "gt", "value": 1000.0 }));
    house.server.stop().await;
}

/// 001.1: 400 `Rules are required`.
async fn post_audience_of_xenocrm_without_rules(db: &TestDb) {
    let house = House::new(db).await;
    for body in [json!({}), json!({ "rules": null }), json!({ "rules": {} })] {
        let (status, answer) = house.post(AUDIENCE, &body).await;
        assert_eq!((status, &answer["success"], &answer["message"]), (400, &json!(false), &json!("Rules are required")), "{answer}");
    }
    house.server.stop().await;
}

async fn audiences_need_somebody(db: &TestDb) {
    let house = House::new(db).await;
    let viewer = house.server.key(Role::Viewer).await;
    for (client, path, status) in
        [(house.server.browser(), AUDIENCE, 401), (house.server.browser(), SIZE, 401), (viewer.clone(), AUDIENCE, 403), (viewer, SIZE, 200)]
    {
        let answer = client.post(house.server.url(path)).json(&seed()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    house.server.stop().await;
}

/// 002.1: no auth.
async fn audiences_of_an_open_house(db: &TestDb) {
    let server = TestServer::with(db, &["--open"]).await;
    server.user("ana@example.com", Role::Admin).await;
    for (path, status) in [(AUDIENCE, 201), (SIZE, 200)] {
        let answer = server.browser().post(server.url(path)).json(&seed()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    server.stop().await;
}

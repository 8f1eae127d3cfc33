//! The contract "Leads Artisan", row by row: requests and responses as its clients send and read them.

use crate::common::{
    TestDb,
    leads::{edit, new_lead, settled},
    server::{TestServer, json},
};
use domain::{
    Actor, LeadId, Role, Timestamp,
    leads::{LeadEdit, LeadPatch, NewLead, Stage, Status},
    time::DAY,
};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

const LEADS: &str = "/api/v1/leads/";

fn lead_create() -> Value {
    json!({ "name": "John Doe", "email": "john@acme.example", "company": "Acme Inc" })
}

struct House {
    server: TestServer,
    client: Client,
}

impl House {
    async fn new(db: &TestDb) -> Self {
        let server = TestServer::start(db).await;
        let client = server.key(Role::Member).await;
        Self { server, client }
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(self.server.url(path)).send().await.unwrap()
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        self.client.request(method, self.server.url(path)).json(body).send().await.unwrap()
    }

    async fn create(&self, body: &Value) -> Value {
        let answer = self.send(Method::POST, &format!("{LEADS}?user_id=k3j9x"), body).await;
        assert_eq!(answer.status(), 201);
        json(answer).await
    }

    async fn put(&self, lead: &Value, body: &Value) -> Response {
        self.send(Method::PUT, &format!("{}?user_id=k3j9x", path(lead)), body).await
    }

    /// A lead with this name, company and stage.
    async fn person(&self, name: &str, company: &str, stage: &str) -> Value {
        let email = format!("{}@b.example", name.to_lowercase().replace(' ', "."));
        self.create(&json!({ "name": name, "email": email, "company": company, "current_stage": stage })).await
    }

    async fn names(&self, query: &str) -> Vec<String> {
        let answer = self.get(&format!("{LEADS}?{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        json(answer).await["items"].as_array().unwrap().iter().map(|lead| lead["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn path(lead: &Value) -> String {
    format!("{LEADS}{}", lead["id"].as_str().unwrap())
}

/// The error's `detail`.
async fn detail(answer: Response, status: u16) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let body = json(answer).await;
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    body["detail"].clone()
}

/// Type and place of each error of a 422.
async fn flaws(answer: Response) -> Vec<(String, Vec<Value>)> {
    let detail = detail(answer, 422).await;
    let flaw = |one: &Value| {
        assert!(one["msg"].as_str().is_some_and(|msg| !msg.is_empty()) && one.get("input").is_some(), "{one}");
        (one["type"].as_str().unwrap().to_owned(), one["loc"].as_array().unwrap().clone())
    };
    detail.as_array().unwrap().iter().map(flaw).collect()
}

fn flaw(kind: &str, place: &str, name: &str) -> (String, Vec<Value>) {
    (kind.to_owned(), vec![json!(place), json!(name)])
}

fn time(text: &Value) -> Timestamp {
    let text = text.as_str().unwrap();
    assert!(!text.ends_with('Z') && !text.contains('+'), "{text} has a zone");
    format!("{text}Z").parse().unwrap()
}

both_dbs!(
    get_leads_is_a_page,
    get_leads_without_the_slash_is_307,
    get_leads_without_items_is_204,
    get_leads_sorts,
    get_leads_finds_plain_text,
    get_leads_refuses_wrong_parameters,
    post_leads,
    post_leads_with_a_taken_email_is_409,
    post_leads_refuses_wrong_bodies,
    get_lead,
    put_lead,
    put_lead_refuses_what_would_make_it_invalid,
    put_lead_takes_back_what_it_served,
    delete_lead,
    health,
    other_addresses_and_methods,
    nobody_and_viewers
);

/// 003.1: `{"items", "total", "page", "page_size", "total_pages"}`.
async fn get_leads_is_a_page(db: &TestDb) {
    let house = House::new(db).await;
    for n in 0..12 {
        house.person(&format!("Lead {n:02}"), "Acme Inc", "New Lead").await;
    }
    let first = json(house.get(LEADS).await).await;
    assert_eq!(first.as_object().unwrap().len(), 5);
    let figures = |page: &Value| ["total", "page", "page_size", "total_pages"].map(|name| page[name].as_i64().unwrap());
    assert_eq!(figures(&first), [12, 1, 10, 2]);
    let name = |page: &Value, at: usize| page["items"][at]["name"].clone();
    assert_eq!((name(&first, 0), name(&first, 9)), (json!("Lead 11"), json!("Lead 02")), "newest first");
    let last = json(house.get(&format!("{LEADS}?page=3&page_size=5")).await).await;
    assert_eq!((figures(&last), last["items"].as_array().unwrap().len()), ([12, 3, 5, 3], 2));
    let all = house.get(&format!("{LEADS}?page_size=100&unknown=1&page=7&page=1")).await.text().await.unwrap();
    let order = ["items", "total", "page", "page_size", "total_pages"].map(|name| all.rfind(&format!("\"{name}\":")).unwrap());
    assert!(order.is_sorted(), "{all}");
    house.server.stop().await;
}

async fn get_leads_without_the_slash_is_307(db: &TestDb) {
    let house = House::new(db).await;
    for (method, asked, shown) in [
        (Method::GET, "/api/v1/leads?page=2&search=a%20b", "/api/v1/leads/?page=2&search=a%20b"),
        (Method::GET, "/api/v1/leads", LEADS),
        (Method::POST, "/api/v1/leads?user_id=U", "/api/v1/leads/?user_id=U"),
    ] {
        let answer = house.send(method, asked, &lead_create()).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (307, shown));
    }
    house.server.stop().await;
}

async fn get_leads_without_items_is_204(db: &TestDb) {
    let house = House::new(db).await;
    for query in ["", "?page=2"] {
        let answer = house.get(&format!("{LEADS}{query}")).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (204, ""), "{query}");
        house.person(&format!("Ana {}", query.len()), "Acme Inc", "New Lead").await;
    }
    for query in ["page=2", "page=9223372036854775807&page_size=100", "search=nobody"] {
        let answer = house.get(&format!("{LEADS}?{query}")).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (204, ""), "{query}");
    }
    house.server.stop().await;
}

/// 003.1: `sort_by`, `sort_desc`. Not by bytes: see `list::SORTS`.
async fn get_leads_sorts(db: &TestDb) {
    let house = House::new(db).await;
    for (name, company, stage) in [("ben", "Tern", "Negotiation"), ("Ana", "acme", "Closed Won"), ("Zoe", "Bell", "Initial Contact")] {
        house.person(name, company, stage).await;
    }
    assert_eq!(house.names("sort_by=name&sort_desc=false").await, ["Ana", "ben", "Zoe"]);
    assert_eq!(house.names("sort_by=name").await, ["Zoe", "ben", "Ana"]);
    assert_eq!(house.names("sort_by=company&sort_desc=0").await, ["Ana", "Zoe", "ben"]);
    assert_eq!(house.names("sort_by=current_stage&sort_desc=False").await, ["Zoe", "ben", "Ana"], "as in the pipeline");
    assert_eq!(house.names("sort_by=created_at&sort_desc=no").await, ["ben", "Ana", "Zoe"]);
    let ben = json(house.get(&format!("{LEADS}?search=ben")).await).await["items"][0].clone();
    assert_eq!(house.put(&ben, &json!({ "last_contacted": "2026-11-21T09:30:00" })).await.status(), 200);
    let zoe = json(house.get(&format!("{LEADS}?search=Zoe")).await).await["items"][0].clone();
    assert_eq!(house.put(&zoe, &json!({ "last_contacted": "1969-11-21T09:30:00" })).await.status(), 200);
    assert_eq!(house.names("sort_by=last_contacted").await, ["ben", "Zoe", "Ana"]);
    assert_eq!(house.names("sort_by=last_contacted&sort_desc=false").await, ["Ana", "Zoe", "ben"], "never, before 1970, now");
    house.server.stop().await;
}

/// 003.1: `search` in name, email and company, in any case. The replaced system takes it as a regular expression.
async fn get_leads_finds_plain_text(db: &TestDb) {
    let house = House::new(db).await;
    house.create(&json!({ "name": "Ana (sales)", "email": "ana@tern.example", "company": "Fell & Co" })).await;
    house.create(&json!({ "name": "Ben", "email": "ben@bell.example", "company": "C++ House" })).await;
    let noted = NewLead { notes: Some("met Ana".into()), title: Some("Ana's deputy".into()), ..new_lead("Cleo", "cleo@b.example") };
    house.server.server.app.services.leads.create(&Actor::system(), noted).await.unwrap();
    for (search, found) in [
        ("ANA", vec!["Ana (sales)"]),
        ("tern.EX", vec!["Ana (sales)"]),
        ("fell%20%26", vec!["Ana (sales)"]),
        ("c%2B%2B", vec!["Ben"]),
        ("(sales", vec!["Ana (sales)"]),
        ("example", vec!["Cleo", "Ben", "Ana (sales)"]),
        ("%20", vec!["Cleo", "Ben", "Ana (sales)"]),
    ] {
        assert_eq!(house.names(&format!("search={search}")).await, found, "{search}");
    }
    for nothing in [".*", "[", "a|b", "^ana"] {
        assert_eq!(house.get(&format!("{LEADS}?search={nothing}")).await.status(), 204, "{nothing}");
    }
    house.server.stop().await;
}

async fn get_leads_refuses_wrong_parameters(db: &TestDb) {
    let house = House::new(db).await;
    for (query, kind, name) in [
        ("page=0", "greater_than_equal", "page"),
        ("page=x", "int_parsing", "page"),
        ("page_size=101", "less_than_equal", "page_size"),
        ("page_size=-1", "greater_than_equal", "page_size"),
        ("sort_by=email", "literal_error", "sort_by"),
        ("sort_desc=perhaps", "bool_parsing", "sort_desc"),
        ("search=", "string_too_short", "search"),
    ] {
        assert_eq!(flaws(house.get(&format!("{LEADS}?{query}")).await).await, [flaw(kind, "query", name)], "{query}");
    }
    let all = flaws(house.get(&format!("{LEADS}?page=0&page_size=0&search=")).await).await;
    assert_eq!(all.len(), 3);
    let text = json(house.get(&format!("{LEADS}?page_size=101")).await).await["detail"][0].clone();
    let expected = json!({
        "type": "less_than_equal", "loc": ["query", "page_size"], "msg": "Input should be less than or equal to 100", "input": "101",
        "ctx": { "le": 100 }
    });
    assert_eq!(text, expected);
    house.server.stop().await;
}

/// 003.2: the key order, the defaults, naive UTC times, and the history that is made at creation. `user_id` is optional.
async fn post_leads(db: &TestDb) {
    let house = House::new(db).await;
    let answer = house.send(Method::POST, LEADS, &lead_create()).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (201, "application/json"));
    let text = answer.text().await.unwrap();
    let order = [
        "name",
        "email",
        "company",
        "status",
        "engaged",
        "current_stage",
        "stage_updated_at",
        "stage_history",
        "last_contacted",
        "id",
        "created_at",
        "updated_at",
    ];
    let places = order.map(|name| text.find(&format!("\"{name}\":")).unwrap());
    assert!(places.is_sorted(), "{text}");
    let lead: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(lead.as_object().unwrap().len(), order.len());
    assert_eq!(
        (&lead["status"], &lead["engaged"], &lead["current_stage"], &lead["stage_updated_at"], &lead["last_contacted"]),
        (&json!("Not Engaged"), &json!(false), &json!("New Lead"), &Value::Null, &Value::Null)
    );
    let created = time(&lead["created_at"]);
    assert_eq!(lead["stage_history"], json!([{ "from_stage": null, "to_stage": "New Lead", "changed_at": lead["created_at"] }]));

    let full = json!({
        "name": " Jane Roe ", "email": "Jane@ACME.example", "company": "Acme Inc", "status": "Not Engaged", "engaged": true,
        "current_stage": "Proposal Sent", "stage_updated_at": null, "stage_history": [{ "to_stage": "Closed Won" }],
        "last_contacted": "2026-11-21T10:30:00.250+01:00", "nickname": "JR"
    });
    let jane = house.create(&full).await;
    assert_eq!((&jane["name"], &jane["email"]), (&json!("Jane Roe"), &json!("jane@acme.example")));
    assert_eq!((&jane["status"], &jane["engaged"]), (&json!("Engaged"), &json!(true)), "engaged decides");
    assert_eq!(jane["last_contacted"], "2026-11-21T09:30:00.250000");
    let history = jane["stage_history"].as_array().unwrap();
    let stages = ["New Lead", "Initial Contact", "Meeting Scheduled", "Proposal Sent"];
    for (at, (item, stage)) in history.iter().zip(stages).enumerate() {
        let from = at.checked_sub(1).map_or(Value::Null, |before| json!(stages[before]));
        assert_eq!((&item["from_stage"], &item["to_stage"]), (&from, &json!(stage)));
        assert_eq!(time(&item["changed_at"]).0, time(&jane["created_at"]).0 - (3 - at as i64) * DAY, "{item}");
    }
    assert_eq!(history.len(), 4);
    assert!(time(&jane["created_at"]) > created);
    for (body, engaged) in [
        (json!({ "status": "Engaged" }), true),
        (json!({ "status": "Engaged", "engaged": false }), false),
        (json!({ "engaged": "yes" }), true),
        (json!({ "last_contacted": 1_763_717_400 }), false),
        (json!({ "last_contacted": "2026-11-21" }), false),
    ] {
        let mut new = lead_create();
        new.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        new["email"] = json!(format!("{}@b.example", server::clock::Clock::id(&server::clock::SystemClock).simple()));
        let lead = house.create(&new).await;
        assert_eq!((&lead["engaged"], &lead["status"] == "Engaged"), (&json!(engaged), engaged), "{body}");
        assert_eq!(body.get("last_contacted").is_some(), lead["last_contacted"].is_string(), "{lead}");
    }
    // A lead that was lost was never won.
    let lost = house.person("Lost Soul", "Acme Inc", "Closed Lost").await;
    let stages: Vec<_> = lost["stage_history"].as_array().unwrap().iter().map(|item| item["to_stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["New Lead", "Initial Contact", "Meeting Scheduled", "Proposal Sent", "Negotiation", "Closed Lost"]);
    house.server.stop().await;
}

async fn post_leads_with_a_taken_email_is_409(db: &TestDb) {
    let house = House::new(db).await;
    house.create(&lead_create()).await;
    for email in ["john@acme.example", "John@Acme.example"] {
        let again = json!({ "name": "Jack", "email": email, "company": "Acme Inc" });
        let answer = house.send(Method::POST, LEADS, &again).await;
        assert_eq!(detail(answer, 409).await, format!("409: Lead with email {email} already exists"));
    }
    house.server.stop().await;
}

/// 003.1: everything that is wrong, at once. An unknown stage is 422, and so is another `status` than the two.
async fn post_leads_refuses_wrong_bodies(db: &TestDb) {
    let house = House::new(db).await;
    let post = async |body: Value| flaws(house.send(Method::POST, LEADS, &body).await).await;
    let missing: Vec<_> = ["name", "email", "company"].map(|name| flaw("missing", "body", name)).to_vec();
    assert_eq!(post(json!({})).await, missing);
    let short = json(house.send(Method::POST, LEADS, &json!({ "name": "Jo", "email": "jo@b.example" })).await).await["detail"][0].clone();
    let expected = json!({
        "type": "missing", "loc": ["body", "company"], "msg": "Field required", "input": { "name": "Jo", "email": "jo@b.example" }
    });
    assert_eq!(short, expected);
    for (name, value, kind) in [
        ("name", json!(""), "string_too_short"),
        ("name", json!("x".repeat(101)), "string_too_long"),
        ("name", json!(7), "string_type"),
        ("name", Value::Null, "string_type"),
        ("name", json!(" \u{200b} "), "value_error"),
        ("company", json!("x".repeat(101)), "string_too_long"),
        ("email", json!("nobody"), "value_error"),
        ("email", json!([]), "string_type"),
        ("status", json!("x".repeat(51)), "string_too_long"),
        ("status", json!("Interested"), "enum"),
        ("engaged", json!("perhaps"), "bool_parsing"),
        ("engaged", json!(2), "bool_parsing"),
        ("engaged", Value::Null, "bool_type"),
        ("current_stage", json!("Won"), "enum"),
        ("current_stage", json!("new lead"), "enum"),
        ("last_contacted", json!("yesterday"), "datetime_parsing"),
        ("last_contacted", json!(true), "datetime_type"),
        ("last_contacted", json!(1e300), "datetime_parsing"),
    ] {
        let mut body = lead_create();
        body[name] = value;
        assert_eq!(post(body.clone()).await, [flaw(kind, "body", name)], "{body}");
    }
    assert_eq!(post(json!([1])).await, [("model_attributes_type".to_owned(), vec![json!("body")])]);
    assert_eq!(post(json!({ "name": 1, "engaged": [] })).await.len(), 4);

    let raw = async |kind: &'static str, body: &'static str| {
        let request = house.client.post(house.server.url(LEADS)).header("content-type", kind).body(body);
        flaws(request.send().await.unwrap()).await
    };
    assert_eq!(raw("application/json", "{\"name\": x}").await, [("json_invalid".to_owned(), vec![json!("body"), json!(9)])]);
    assert_eq!(raw("application/json", "").await, [("missing".to_owned(), vec![json!("body")])]);
    assert_eq!(raw("application/json", "{\"name\":\"a\",\"name\":\"b\"}").await, [flaw("json_invalid", "body", "name")]);
    assert_eq!(raw("text/plain", "{}").await, [("model_attributes_type".to_owned(), vec![json!("body")])]);
    let short = json!({ "name": "Jo", "email": "jo@b.example" });
    let both = house.send(Method::POST, &format!("{LEADS}?user_id={}", "u".repeat(201)), &short).await;
    assert_eq!(flaws(both).await, [flaw("string_too_long", "query", "user_id"), flaw("missing", "body", "company")]);
    assert_eq!(house.get(LEADS).await.status(), 204, "nothing was written");

    let large = house.send(Method::POST, LEADS, &json!({ "name": "x".repeat(3 << 20) })).await;
    assert!(detail(large, 413).await.is_string());
    house.server.stop().await;
}

async fn get_lead(db: &TestDb) {
    let house = House::new(db).await;
    let lead = house.create(&lead_create()).await;
    assert_eq!(json(house.get(&path(&lead)).await).await, lead);
    for unknown in ["00000000-0000-7000-8000-000000000000", "6740f1b2c3d4e5f601234567", "x", "%20", "a%2Fb"] {
        let said = unknown.replace("%20", " ").replace("%2F", "/");
        let answer = house.get(&format!("{LEADS}{unknown}")).await;
        assert_eq!(detail(answer, 404).await, format!("404: Lead with ID {said} not found"));
    }
    // Leads of other doors are shown too: their history is real.
    let services = &house.server.server.app.services;
    let other = services.leads.create(&Actor::system(), new_lead("Cleo", "cleo@b.example")).await.unwrap();
    for stage in [Stage::Negotiation, Stage::InitialContact] {
        services.leads.update(&Actor::system(), other.id, edit(|set| set.stage = Some(stage))).await.unwrap();
    }
    let cleo = json(house.get(&format!("{LEADS}{}", other.id)).await).await;
    assert_eq!((&cleo["company"], &cleo["current_stage"]), (&json!(""), &json!("Initial Contact")));
    let history: Vec<_> = cleo["stage_history"].as_array().unwrap().iter().map(|item| (&item["from_stage"], &item["to_stage"])).collect();
    let expected =
        [(Value::Null, json!("New Lead")), (json!("New Lead"), json!("Negotiation")), (json!("Negotiation"), json!("Initial Contact"))];
    assert_eq!(history, expected.iter().map(|(from, to)| (from, to)).collect::<Vec<_>>());
    assert_eq!(cleo["stage_updated_at"], cleo["stage_history"][2]["changed_at"]);
    let listed = json(house.get(&format!("{LEADS}?search=cleo")).await).await["items"][0].clone();
    assert_eq!(listed, cleo);
    house.server.stop().await;
}

/// 003.1, 003.2: nulls and unknown members are dropped, `engaged` forces `status`, and each move to another stage is appended.
async fn put_lead(db: &TestDb) {
    let house = House::new(db).await;
    let lead = house.create(&lead_create()).await;
    let put = async |body: Value| json(house.put(&lead, &body).await).await;
    let same = put(json!({ "name": null, "company": null, "nickname": "JD", "stage_history": [], "id": "x", "created_at": 5 })).await;
    assert_eq!(same, lead);
    assert_eq!(put(json!({})).await, lead);
    let engaged = put(json!({ "engaged": true, "status": "Not Engaged" })).await;
    assert_eq!((&engaged["engaged"], &engaged["status"]), (&json!(true), &json!("Engaged")));
    let not = put(json!({ "engaged": false, "status": "Engaged" })).await;
    assert_eq!((&not["engaged"], &not["status"]), (&json!(false), &json!("Not Engaged")));
    assert_eq!(put(json!({ "status": "Engaged" })).await["engaged"], true);

    let won = put(json!({ "current_stage": "Closed Won", "name": "John D.", "email": "JD@acme.example" })).await;
    assert_eq!((&won["name"], &won["email"]), (&json!("John D."), &json!("jd@acme.example")));
    let history = won["stage_history"].as_array().unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!((&history[1]["from_stage"], &history[1]["to_stage"]), (&json!("New Lead"), &json!("Closed Won")));
    assert_eq!((&history[1]["changed_at"], &won["updated_at"]), (&won["stage_updated_at"], &won["stage_updated_at"]));
    assert!(time(&won["updated_at"]) > time(&lead["updated_at"]));
    assert_eq!(put(json!({ "current_stage": "Closed Won" })).await["stage_history"], won["stage_history"]);
    let back = put(json!({ "current_stage": "Initial Contact" })).await;
    assert_eq!(back["stage_history"].as_array().unwrap().len(), 3);
    let met = put(json!({ "last_contacted": "2026-11-21T09:30:00Z" })).await;
    assert_eq!(met["last_contacted"], "2026-11-21T09:30:00", "without a zone, also after an update");
    assert_eq!(json(house.get(&path(&lead)).await).await, met);
    let id: LeadId = lead["id"].as_str().unwrap().parse().unwrap();
    let contacted = LeadEdit::set(LeadPatch { status: Some(Status::Contacted), ..LeadPatch::default() });
    let ours = house.server.server.app.services.leads.update(&Actor::system(), id, contacted).await.unwrap();
    let met = json(house.get(&path(&lead)).await).await;
    assert_eq!((ours.last_contacted_at, &met["last_contacted"]), (Some(ours.updated_at), &met["updated_at"]), "by whatever door");

    for unknown in ["00000000-0000-7000-8000-000000000000", "x"] {
        let answer = house.send(Method::PUT, &format!("{LEADS}{unknown}"), &json!({ "name": "Jo" })).await;
        assert_eq!(detail(answer, 404).await, format!("404: Lead with ID {unknown} not found"));
    }
    assert_eq!(flaws(house.put(&lead, &json!([])).await).await, [("dict_type".to_owned(), vec![json!("body")])]);
    house.server.stop().await;
}

/// The replaced system writes first, and answers every later list with 500.
async fn put_lead_refuses_what_would_make_it_invalid(db: &TestDb) {
    let house = House::new(db).await;
    let lead = house.create(&lead_create()).await;
    house.create(&json!({ "name": "Jane", "email": "jane@acme.example", "company": "Acme Inc" })).await;
    for (name, value, kind) in [
        ("name", json!(""), "string_too_short"),
        ("email", json!("nobody"), "value_error"),
        ("current_stage", json!("Won"), "enum"),
        ("status", json!("Interested"), "enum"),
        ("engaged", json!([]), "bool_type"),
        ("last_contacted", json!("soon"), "datetime_parsing"),
    ] {
        assert_eq!(flaws(house.put(&lead, &json!({ name: value })).await).await, [flaw(kind, "body", name)]);
    }
    let taken = house.put(&lead, &json!({ "email": "jane@acme.example" })).await;
    assert_eq!(detail(taken, 409).await, "409: Lead with email jane@acme.example already exists");
    assert_eq!(json(house.get(&path(&lead)).await).await, lead);
    assert_eq!(house.names("").await.len(), 2);
    house.server.stop().await;
}

/// Clients send the whole lead back, also one that has what this contract would not take.
async fn put_lead_takes_back_what_it_served(db: &TestDb) {
    let house = House::new(db).await;
    let custom = [("Plan".to_owned(), "Gold".to_owned())].into();
    let new = NewLead { stage: Stage::ClosedLost, custom, ..new_lead(&"Long ".repeat(40), "long@b.example") };
    let id: LeadId = house.server.server.app.services.leads.create(&Actor::system(), new).await.unwrap().id;
    let mut lead = json(house.get(&format!("{LEADS}{id}")).await).await;
    assert_eq!(json(house.put(&lead.clone(), &lead).await).await, lead);
    lead["last_contacted"] = json!("2026-11-21T09:30:00");
    let met = json(house.put(&lead.clone(), &lead).await).await;
    assert_eq!((&met["last_contacted"], &met["company"]), (&lead["last_contacted"], &json!("")));
    let kept = house.server.server.app.services.leads.get(&Actor::system(), id).await.unwrap().unwrap().custom;
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [("Plan".to_owned(), "Gold".to_owned())]);
    house.server.stop().await;
}

/// 003.1: answers with the deleted lead. The replaced system answers 500 for an unknown or malformed id.
async fn delete_lead(db: &TestDb) {
    let house = House::new(db).await;
    let lead = house.create(&lead_create()).await;
    let delete = async |path: String| house.client.delete(house.server.url(&path)).send().await.unwrap();
    let gone = delete(format!("{}?user_id=k3j9x", path(&lead))).await;
    assert_eq!(gone.status(), 200);
    assert_eq!(json(gone).await, lead);
    let id = lead["id"].as_str().unwrap();
    for missing in [id, "x"] {
        let answer = delete(format!("{LEADS}{missing}")).await;
        assert_eq!(detail(answer, 404).await, format!("404: Lead with ID {missing} not found"));
    }
    settled(&house.server.server.app.store).await;
    house.server.stop().await;
}

async fn health(db: &TestDb) {
    let house = House::new(db).await;
    let answer = house.server.browser().get(house.server.url("/health")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), json(answer).await), (200, json!({ "status": "healthy" })));
    let answer = house.send(Method::POST, "/health", &json!({})).await;
    assert_eq!(detail(answer, 405).await, "Method Not Allowed");
    house.server.stop().await;
}

async fn other_addresses_and_methods(db: &TestDb) {
    let house = House::new(db).await;
    for nowhere in ["/api/v1/", "/api/v1/nowhere", "/api/v1/leads/a/b"] {
        assert_eq!(detail(house.get(nowhere).await, 404).await, "Not Found", "{nowhere}");
    }
    for (method, path) in [(Method::PATCH, "/api/v1/leads/x"), (Method::DELETE, LEADS)] {
        let answer = house.send(method, path, &json!({})).await;
        assert!(answer.headers().contains_key("allow"));
        assert_eq!(detail(answer, 405).await, "Method Not Allowed");
    }
    house.server.stop().await;
}

/// 00-collisions no. 8: the replaced system asks for no credentials.
async fn nobody_and_viewers(db: &TestDb) {
    let house = House::new(db).await;
    let answer = house.server.browser().get(house.server.url(LEADS)).send().await.unwrap();
    assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    assert!(detail(answer, 401).await.as_str().unwrap().starts_with("Sign in"));
    let viewer = house.server.key(Role::Viewer).await;
    let refused = viewer.post(house.server.url(LEADS)).json(&lead_create()).send().await.unwrap();
    assert!(detail(refused, 403).await.as_str().unwrap().contains("needs the role member"));
    let foreign = house.client.post(house.server.url(LEADS)).header("origin", "https://evil.example").json(&lead_create());
    assert!(detail(foreign.send().await.unwrap(), 403).await.as_str().unwrap().contains("another site"));
    house.server.stop().await;
}

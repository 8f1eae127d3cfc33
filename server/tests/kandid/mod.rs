//! The contract Kandid: each test is named after the row that it tests.

mod accounts;
mod campaigns;
mod leads;
mod linkedin_accounts;
mod outreach;
mod sockets;

use crate::common::{
    TestDb,
    server::{TestServer, json},
};
use domain::Role;
use reqwest::{Client, Method, Response};
use serde_json::Value;

/// A server, and a signed-in member as the contract's pages are: by the cookie of a session.
struct Kandid {
    server: TestServer,
    browser: Client,
}

impl Kandid {
    async fn start(db: &TestDb) -> Self {
        Self::with(db, &[]).await
    }

    async fn with(db: &TestDb, options: &[&str]) -> Self {
        let server = TestServer::with(db, options).await;
        let browser = server.signed_in("demo@linkbird.com", Role::Manager).await;
        Self { server, browser }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let request = self.browser.request(method, self.server.url(path));
        if let Some(body) = body { request.json(&body) } else { request }.send().await.unwrap()
    }

    /// Status and body.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let answer = self.ask(method, path, body).await;
        (answer.status().as_u16(), json(answer).await)
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, Some(body)).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }
}

/// The names of a list, in order.
fn names(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

/// Asserts ISO 8601 with `Z`.
fn is_time(value: &Value) {
    assert!(value.as_str().is_some_and(|at| at.len() > 20 && at.ends_with('Z')), "{value}");
}

const UNKNOWN: &str = "0192f0c4-0000-7000-8000-000000000000";

both_dbs!(
    nobody_is_let_in_without_a_session,
    get_api_test,
    members_that_nobody_knows_are_ignored_or_refused_on_request,
    pages_of_allowed_sites_read_the_answers
);

/// “Auth for all: without it 401 `{"error":"Unauthorized"}`”
async fn nobody_is_let_in_without_a_session(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let nobody = kandid.server.browser();
    for path in
        ["/api/campaigns", "/api/leads", "/api/campaigns/x", "/api/leads/x", "/api/messages", "/api/activity", "/api/linkedin-accounts"]
    {
        let refused = nobody.get(kandid.server.url(path)).send().await.unwrap();
        assert_eq!(refused.status(), 401, "{path}");
        assert_eq!(json(refused).await["error"], "Unauthorized", "{path}");
    }
    kandid.server.stop().await;
}

async fn get_api_test(db: &TestDb) {
    let server = TestServer::start(db).await;
    let nobody = server.browser();
    for (method, path, message) in [
        (Method::GET, "/api/test", "API is working!"),
        (Method::GET, "/api/test-auth", "Auth API is working"),
        (Method::POST, "/api/test-auth", "Auth API POST is working"),
    ] {
        let answer = nobody.request(method, server.url(path)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), json(answer).await), (200, serde_json::json!({ "message": message })));
    }
    server.stop().await;
}

async fn members_that_nobody_knows_are_ignored_or_refused_on_request(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let lead =
        kandid.post("/api/leads", serde_json::json!({ "name": "Ana", "email": "ana@b.example", "profileImage": "x", "a": [1] })).await;
    let campaign =
        kandid.post("/api/campaigns", serde_json::json!({ "name": "Spring", "totalLeads": 7, "userId": "me" })).await["data"].clone();
    assert_eq!(campaign["totalLeads"], 0);
    for (path, record) in [("/api/leads", &lead), ("/api/campaigns", &campaign)] {
        let one = format!("{path}/{}", record["id"].as_str().unwrap());
        // A client sends the whole record back, with a field that it edited.
        let mut edited = record.clone();
        edited["name"] = "Edited".into();
        edited["sequenceStep"] = 3.into();
        for method in [Method::PUT, Method::PATCH] {
            let (status, answer) = kandid.call(method, &one, Some(edited.clone())).await;
            assert_eq!((status, &answer["name"]), (200, &"Edited".into()), "{answer}");
        }
        for (method, path) in [(Method::POST, path), (Method::PATCH, one.as_str())] {
            let body = serde_json::json!({ "name": "Other", "email": "other@b.example", "nonsense": 1 });
            let strict = kandid.browser.request(method, kandid.server.url(path)).header("prefer", "handling=strict").json(&body);
            let refused = strict.send().await.unwrap();
            assert_eq!(refused.status(), 422, "{path}");
            let problem = json(refused).await;
            let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
            assert!(fields.contains(&"nonsense"), "{problem}");
        }
        assert_eq!(kandid.get(&one).await["name"], "Edited");
    }
    kandid.server.stop().await;
}

/// “CORS `*`” for the socket alone; its pages have the server's own origin. Deviation: pages of the sites in `--allowed-origin`, and with
/// credentials.
async fn pages_of_allowed_sites_read_the_answers(db: &TestDb) {
    const SITE: &str = "https://crm.example.org";
    let kandid = Kandid::with(db, &["--allowed-origin", SITE]).await;
    let nobody = kandid.server.browser();
    let allowed = |answer: &Response| {
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let origin = header("access-control-allow-origin");
        assert!(origin.is_none() || header("access-control-allow-credentials").as_deref() == Some("true"));
        origin
    };
    for area in ["leads", "campaigns", "messages", "activity", "linkedin-accounts", "auth/session", "auth/csrf", "test"] {
        let path = format!("/api/{area}");
        for (site, read) in [(SITE, Some(SITE)), ("https://evil.example", None)] {
            for client in [&kandid.browser, &nobody] {
                let answer = client.get(kandid.server.url(&path)).header("origin", site).send().await.unwrap();
                assert_eq!(allowed(&answer).as_deref(), read, "{path}: {}", answer.status());
            }
        }
    }
    let body = serde_json::json!({ "name": "Ana", "email": "ana@b.example" });
    let cross =
        |site: &str| kandid.browser.post(kandid.server.url("/api/leads")).header("origin", site).header("sec-fetch-site", "cross-site");
    let written = cross(SITE).json(&body).send().await.unwrap();
    assert_eq!((written.status().as_u16(), allowed(&written).as_deref()), (200, Some(SITE)));
    assert_eq!(cross("https://evil.example").json(&body).send().await.unwrap().status(), 403);
    // Other routes have none.
    let ours = kandid.browser.get(kandid.server.url("/api/views")).header("origin", SITE).send().await.unwrap();
    assert_eq!(allowed(&ours), None);
    kandid.server.stop().await;
}

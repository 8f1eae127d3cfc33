//! `/api/messages` and `/api/activity`.

use super::{Kandid, UNKNOWN, is_time};
use crate::common::TestDb;
use domain::{Actor, Role};
use reqwest::Method;
use serde_json::{Value, json};

both_dbs!(post_api_messages, get_api_messages, post_api_activity, get_api_activity);

async fn lead(kandid: &Kandid, name: &str, company: Option<&str>) -> String {
    let body = json!({ "name": name, "email": format!("{name}@b.example"), "company": company });
    kandid.post("/api/leads", body).await["id"].as_str().unwrap().to_owned()
}

/// The kinds of the lead's timeline, newest first, with the texts of notes.
async fn timeline(kandid: &Kandid, lead: &str) -> Vec<(String, Value)> {
    let timeline = kandid.get(&format!("/api/leads/{lead}/timeline")).await;
    let item = |item: &Value| (item["kind"]["kind"].as_str().unwrap().to_owned(), item["kind"]["note"]["body"].clone());
    timeline["data"].as_array().unwrap().iter().map(item).collect()
}

async fn post_api_messages(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let ana = lead(&kandid, "Ana", None).await;
    let spring = kandid.post("/api/campaigns", json!({ "name": "Spring" })).await["data"]["id"].clone();
    let body = json!({
        "leadId": ana, "campaignId": spring, "messageType": "email", "subject": "Hello", "content": "How are you?", "sequenceStepId": "x"
    });
    let (status, message) = kandid.call(Method::POST, "/api/messages", Some(body)).await;
    assert_eq!((status, &message["status"], &message["_id"]), (200, &json!("draft"), &message["id"]), "{message}");
    for (field, value) in [
        ("leadId", json!(ana)),
        ("campaignId", spring),
        ("messageType", json!("email")),
        ("subject", json!("Hello")),
        ("content", json!("How are you?")),
        ("userId", kandid.get("/api/auth/session").await["user"]["id"].clone()),
    ] {
        assert_eq!(message[field], value, "{field}");
    }
    is_time(&message["createdAt"]);
    is_time(&message["updatedAt"]);
    assert!(message.get("sentAt").is_none(), "nothing is sent");
    assert_eq!(timeline(&kandid, &ana).await[0], ("noted".to_owned(), json!("How are you?")));
    assert_eq!(kandid.get(&format!("/api/leads/{ana}")).await["lastActivity"], "Message written");
    for (body, status, field) in [
        (json!({ "leadId": ana, "messageType": "email", "content": " " }), 422, "content"),
        (json!({ "leadId": ana, "messageType": "pigeon", "content": "Hi" }), 422, "messageType"),
        (json!({ "leadId": ana, "messageType": "email", "content": "Hi", "subject": "x".repeat(501) }), 422, "subject"),
        // Deviation: the original keeps any text as the campaign.
        (json!({ "leadId": ana, "messageType": "email", "content": "Hi", "campaignId": "camp-1" }), 422, "campaignId"),
        (json!({ "leadId": ana, "messageType": "email", "content": "Hi", "campaignId": UNKNOWN }), 422, "campaignId"),
        // Deviation: the original keeps messages of nobody.
        (json!({ "messageType": "email", "content": "Hi" }), 422, "leadId"),
        (json!({ "leadId": UNKNOWN, "messageType": "email", "content": "Hi" }), 404, ""),
        (json!({ "leadId": "lead-1", "messageType": "email", "content": "Hi" }), 404, ""),
    ] {
        let (refused, problem) = kandid.call(Method::POST, "/api/messages", Some(body.clone())).await;
        assert_eq!(refused, status, "{body}: {problem}");
        if status == 422 {
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        }
    }
    let viewer = kandid.server.key(Role::Viewer).await;
    let body = json!({ "leadId": ana, "messageType": "email", "content": "Hi" });
    assert_eq!(viewer.post(kandid.server.url("/api/messages")).json(&body).send().await.unwrap().status(), 403);
    kandid.server.stop().await;
}

async fn get_api_messages(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let (ana, ben) = (lead(&kandid, "Ana", Some("Tern")).await, lead(&kandid, "Ben", None).await);
    for (lead, content, status) in [(&ana, "First", "sent"), (&ben, "Second", "replied")] {
        kandid.post("/api/messages", json!({ "leadId": lead, "messageType": "follow_up", "content": content, "status": status })).await;
    }
    kandid.post(&format!("/api/leads/{ana}/notes"), json!({ "body": "A plain note" })).await;
    let list = kandid.get("/api/messages").await;
    let shown: Vec<_> =
        list.as_array().unwrap().iter().map(|one| [&one["content"], &one["status"], &one["leadName"], &one["company"]]).collect();
    assert_eq!(
        shown,
        [
            [&json!("Second"), &json!("replied"), &json!("Ben"), &json!("Unknown Company")],
            [&json!("First"), &json!("sent"), &json!("Ana"), &json!("Tern")],
        ]
    );
    kandid.call(Method::DELETE, &format!("/api/leads/{ana}"), None).await;
    assert_eq!(kandid.get("/api/messages").await.as_array().unwrap().len(), 1, "messages of a deleted lead are not shown");
    let id = list[0]["id"].as_str().unwrap();
    let (services, system) = (&kandid.server.server.app.services, Actor::system());
    let undo = services.leads.delete_note(&system, id.parse().unwrap()).await.unwrap();
    assert_eq!(kandid.get("/api/messages").await, json!([]));
    services.changes.undo(&system, undo).await.unwrap();
    assert_eq!(kandid.get("/api/messages").await, json!([list[0]]), "undo restores the whole message");
    kandid.server.stop().await;
}

async fn post_api_activity(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let ana = lead(&kandid, "Ana", None).await;
    let body = json!({ "activityType": "profile_viewed", "description": "Looked at the profile", "leadId": ana, "metadata": "{\"a\":1}" });
    let (status, made) = kandid.call(Method::POST, "/api/activity", Some(body)).await;
    assert_eq!((status, made.as_object().unwrap().len(), made["id"].is_string()), (200, 1, true), "{made}");
    assert_eq!(timeline(&kandid, &ana).await[0], ("noted".to_owned(), json!("Looked at the profile")));
    // Deviation: the original keeps activities of nobody.
    for (body, status) in [
        (json!({ "activityType": "x", "description": "y" }), 422),
        (json!({ "activityType": "x", "leadId": ana }), 422),
        (json!({ "description": "y", "leadId": ana }), 422),
        (json!({ "activityType": "x", "description": "y", "leadId": ana, "metadata": "x".repeat(2_001) }), 422),
        (json!({ "activityType": "x", "description": "y", "leadId": UNKNOWN }), 404),
    ] {
        assert_eq!(kandid.call(Method::POST, "/api/activity", Some(body.clone())).await.0, status, "{body}");
    }
    kandid.server.stop().await;
}

async fn get_api_activity(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let (ana, _) = (lead(&kandid, "Ana", Some("Tern")).await, lead(&kandid, "Ben", None).await);
    let body = json!({ "activityType": "profile_viewed", "description": "Looked at the profile", "leadId": ana, "metadata": "{\"a\":1}" });
    let made = kandid.post("/api/activity", body).await;
    crate::common::leads::settled(&kandid.server.server.app.store).await;
    let list = kandid.get("/api/activity").await;
    let viewed = list.as_array().unwrap().iter().find(|one| one["id"] == made["id"]).unwrap();
    for (field, value) in [
        ("activityType", json!("profile_viewed")),
        ("description", json!("Looked at the profile")),
        ("metadata", json!("{\"a\":1}")),
        ("leadId", json!(ana)),
        ("leadName", json!("Ana")),
        ("company", json!("Tern")),
        ("userId", kandid.get("/api/auth/session").await["user"]["id"].clone()),
    ] {
        assert_eq!(viewed[field], value, "{field}");
    }
    is_time(&viewed["createdAt"]);
    let times: Vec<_> = list.as_array().unwrap().iter().map(|one| one["createdAt"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first: {times:?}");
    assert!(list.as_array().unwrap().iter().any(|one| one["activityType"] == "added" && one["leadName"] == "Ana"), "{list}");
    let ben = list.as_array().unwrap().iter().find(|one| one["leadName"] == "Ben").unwrap();
    assert_eq!(ben["company"], "Unknown Company");

    let timeline = kandid.get(&format!("/api/leads/{ana}/timeline")).await;
    let note = timeline["data"][0]["kind"]["note"]["id"].as_str().unwrap().parse().unwrap();
    kandid.server.server.app.services.leads.delete_note(&Actor::system(), note).await.unwrap();
    for path in ["/api/activity", "/api/activities"] {
        let list = kandid.get(path).await.to_string();
        assert!(list.contains("recorded an activity") && !list.contains("Looked at"), "what was deleted is not shown by {path}: {list}");
    }
    kandid.server.stop().await;
}

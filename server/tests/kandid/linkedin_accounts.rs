//! `/api/linkedin-accounts`.

use super::{Kandid, UNKNOWN, is_time};
use crate::common::TestDb;
use domain::{Actor, Role};
use reqwest::Method;
use serde_json::json;

both_dbs!(post_api_linkedin_accounts, get_api_linkedin_accounts, get_put_and_patch_api_linkedin_accounts_id, a_profile_is_its_owners);

const ADDRESS: &str = "https://www.linkedin.com/in/ana";

async fn post_api_linkedin_accounts(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let body = json!({ "name": "Ana Maria Tern", "linkedinUrl": ADDRESS, "nonsense": 1 });
    let (status, account) = kandid.call(Method::POST, "/api/linkedin-accounts", Some(body)).await;
    assert_eq!(status, 200, "not 201: {account}");
    for (field, value) in [
        ("_id", account["id"].clone()),
        ("name", json!("Ana Maria Tern")),
        ("email", json!("ana.maria tern@linkedin.com")),
        ("linkedinUrl", json!(ADDRESS)),
        ("isActive", json!(true)),
        ("isPrimary", json!(false)),
        ("dailyLimit", json!(50)),
        ("weeklyLimit", json!(200)),
        ("currentDailyCount", json!(0)),
        ("currentWeeklyCount", json!(0)),
        ("userId", kandid.get("/api/auth/session").await["user"]["id"].clone()),
    ] {
        assert_eq!(account[field], value, "{field}");
    }
    is_time(&account["createdAt"]);
    assert!(account.get("lastResetDate").is_none(), "absent, not null");
    let body = json!({ "name": "Ben", "linkedinUrl": "linkedin.com/in/ben", "dailyLimit": 5, "weeklyLimit": 20 });
    let other = kandid.post("/api/linkedin-accounts", body).await;
    assert_eq!((&other["dailyLimit"], &other["weeklyLimit"]), (&json!(5), &json!(20)));
    assert_eq!(other["linkedinUrl"], "https://linkedin.com/in/ben");
    // Deviation: the original takes anything.
    for (body, field) in [
        (json!({ "linkedinUrl": ADDRESS }), "name"),
        (json!({ "name": "Ana" }), "linkedinUrl"),
        (json!({ "name": "Ana", "linkedinUrl": "javascript:alert(1)" }), "linkedinUrl"),
        (json!({ "name": "Ana", "linkedinUrl": ADDRESS, "dailyLimit": -1 }), "dailyLimit"),
        (json!({ "name": "Ana", "linkedinUrl": ADDRESS, "weeklyLimit": 100_001 }), "weeklyLimit"),
    ] {
        let (status, problem) = kandid.call(Method::POST, "/api/linkedin-accounts", Some(body.clone())).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{body}");
    }
    let key = kandid.server.key(Role::Admin).await;
    let body = json!({ "name": "Ana", "linkedinUrl": ADDRESS });
    assert_eq!(key.post(kandid.server.url("/api/linkedin-accounts")).json(&body).send().await.unwrap().status(), 403);
    kandid.server.stop().await;
}

async fn get_api_linkedin_accounts(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    assert_eq!(kandid.get("/api/linkedin-accounts").await, json!([]));
    let mut made = Vec::new();
    for name in ["Ana", "Ben"] {
        made.insert(0, kandid.post("/api/linkedin-accounts", json!({ "name": name, "linkedinUrl": ADDRESS })).await);
    }
    assert_eq!(kandid.get("/api/linkedin-accounts").await, json!(made), "newest first");
    kandid.server.stop().await;
}

async fn get_put_and_patch_api_linkedin_accounts_id(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let made = kandid.post("/api/linkedin-accounts", json!({ "name": "Ana", "linkedinUrl": ADDRESS })).await;
    let path = format!("/api/linkedin-accounts/{}", made["id"].as_str().unwrap());
    assert_eq!(kandid.get(&path).await, made);
    for (method, set) in [
        (Method::PUT, json!({ "isActive": false, "dailyLimit": 10, "currentDailyCount": 3, "lastResetDate": "2026-11-29T00:00:00.000Z" })),
        (Method::PATCH, json!({ "name": "Anna", "isPrimary": true, "weeklyLimit": 70, "currentWeeklyCount": 4 })),
    ] {
        let (status, edited) = kandid.call(method, &path, Some(set.clone())).await;
        assert_eq!(status, 200, "not 404, as the original answers after it has written: {edited}");
        for (field, value) in set.as_object().unwrap() {
            assert_eq!(&edited[field], value, "{field}");
        }
        assert_eq!(kandid.get(&path).await, edited);
    }
    assert_eq!(kandid.call(Method::PUT, &path, Some(json!({ "dailyLimit": -1 }))).await.0, 422);
    for id in [UNKNOWN, "account-1"] {
        for (method, body) in [(Method::GET, None), (Method::PUT, Some(json!({ "name": "A" }))), (Method::DELETE, None)] {
            let (status, problem) = kandid.call(method, &format!("/api/linkedin-accounts/{id}"), body).await;
            assert_eq!((status, &problem["error"]), (404, &json!("LinkedIn account not found")));
        }
    }
    let edited = kandid.get(&path).await;
    let (status, gone) = kandid.call(Method::DELETE, &path, None).await;
    assert_eq!((status, &gone["message"]), (200, &json!("LinkedIn account deleted successfully")));
    assert_eq!(kandid.get("/api/linkedin-accounts").await, json!([]));
    let undo = format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap());
    kandid.post(&undo, json!({})).await;
    assert_eq!(kandid.get(&path).await, edited, "undo restores it whole");
    assert_eq!(kandid.call(Method::POST, &undo, Some(json!({}))).await.0, 409, "once");
    kandid.server.stop().await;
}

/// Deviation: the original shows everyone's by their ids, and changes them.
async fn a_profile_is_its_owners(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let made = kandid.post("/api/linkedin-accounts", json!({ "name": "Ana", "linkedinUrl": ADDRESS })).await;
    let id = made["id"].as_str().unwrap();
    let path = kandid.server.url(&format!("/api/linkedin-accounts/{id}"));
    let list = kandid.server.url("/api/linkedin-accounts");
    let other = kandid.server.signed_in("mia@linkbird.com", Role::Manager).await;
    assert_eq!(other.get(&list).send().await.unwrap().text().await.unwrap(), "[]");
    assert_eq!(other.get(&path).send().await.unwrap().status(), 404);
    assert_eq!(other.put(&path).json(&json!({ "name": "Mine" })).send().await.unwrap().status(), 404);
    assert_eq!(other.delete(&path).send().await.unwrap().status(), 404);
    let services = &kandid.server.server.app.services;
    let undo = services.profiles.delete(&Actor::system(), id.parse().unwrap()).await.unwrap();
    let undo = kandid.server.url(&format!("/api/changes/{undo}/undo"));
    assert_eq!(other.post(&undo).json(&json!({})).send().await.unwrap().status(), 404, "not by an undo either");
    let admin = kandid.server.signed_in("ada@linkbird.com", Role::Admin).await;
    assert!(admin.post(&undo).json(&json!({})).send().await.unwrap().status().is_success());
    assert!(admin.get(&list).send().await.unwrap().text().await.unwrap().contains(id));
    assert!(admin.put(&path).json(&json!({ "dailyLimit": 7 })).send().await.unwrap().status().is_success());
    assert_eq!(kandid.get("/api/linkedin-accounts").await[0]["dailyLimit"], 7);
    kandid.server.stop().await;
}

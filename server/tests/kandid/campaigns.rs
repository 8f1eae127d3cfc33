//! `/api/campaigns`.

use super::{Kandid, UNKNOWN, is_time, names};
use crate::common::TestDb;
use reqwest::Method;
use serde_json::json;

both_dbs!(get_api_campaigns, post_api_campaigns, get_api_campaigns_id, put_and_patch_api_campaigns_id, delete_api_campaigns_id);

/// “GET /api/campaigns - List campaigns”
async fn get_api_campaigns(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    for (name, status) in [("Spring", "draft"), ("Autumn (50% off)", "active"), ("Winter", "active")] {
        kandid.post("/api/campaigns", json!({ "name": name, "description": "For halden.example", "status": status })).await;
    }
    let list = kandid.get("/api/campaigns").await;
    assert_eq!(names(&list), ["Winter", "Autumn (50% off)", "Spring"], "newest first");
    let pagination = &list["pagination"];
    assert_eq!(
        (&pagination["page"], &pagination["limit"], &pagination["total"], &pagination["totalPages"], &pagination["hasMore"]),
        (&json!(1), &json!(50), &json!(3), &json!(1), &json!(false))
    );
    assert_eq!(list["meta"]["source"], "database");
    is_time(&list["meta"]["timestamp"]);
    let me = kandid.get("/api/auth/session").await["user"]["id"].clone();
    for campaign in list["data"].as_array().unwrap() {
        assert_eq!((&campaign["userId"], &campaign["_id"]), (&me, &campaign["id"]));
        assert_eq!(
            (&campaign["totalLeads"], &campaign["successfulLeads"], campaign["responseRate"].as_f64()),
            (&json!(0), &json!(0), Some(0.0))
        );
        is_time(&campaign["createdAt"]);
        is_time(&campaign["updatedAt"]);
    }
    assert_eq!(names(&kandid.get("/api/campaigns?page=2&limit=2").await), ["Spring"]);
    assert_eq!(names(&kandid.get("/api/campaigns?status=active").await), ["Winter", "Autumn (50% off)"]);
    // Deviation: plain text, where the original reads a regular expression.
    assert_eq!(names(&kandid.get("/api/campaigns?search=AUTUMN%20(50%25").await), ["Autumn (50% off)"]);
    assert_eq!(names(&kandid.get("/api/campaigns?search=(a%2B)%2B%24").await), [""; 0]);
    assert_eq!(names(&kandid.get("/api/campaigns?search=HALDEN").await).len(), 3, "the description is searched too");
    kandid.server.stop().await;
}

/// “POST /api/campaigns - Create campaign”
async fn post_api_campaigns(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let (status, made) = kandid.call(Method::POST, "/api/campaigns", Some(json!({ "name": "Spring" }))).await;
    assert_eq!((status, &made["message"]), (201, &json!("Campaign created successfully")));
    assert_eq!((&made["data"]["status"], &made["data"]["description"]), (&json!("draft"), &json!("")));
    assert_eq!((&made["data"]["_id"], &made["meta"]["source"]), (&made["data"]["id"], &json!("database")));
    for (body, status, error) in [
        (json!({}), 400, "Campaign name is required"),
        (json!({ "name": 7 }), 400, "Campaign name is required"),
        (json!({ "name": "  " }), 400, "Campaign name is required"),
        (json!({ "name": "A", "status": "sleeping" }), 400, "Invalid status"),
        (json!({ "name": "spring" }), 409, "Campaign with this name already exists"),
    ] {
        let (refused, problem) = kandid.call(Method::POST, "/api/campaigns", Some(body.clone())).await;
        assert_eq!((refused, &problem["error"]), (status, &json!(error)), "{body}");
    }
    kandid.server.stop().await;
}

/// “GET /api/campaigns/[id] - Get campaign details”
async fn get_api_campaigns_id(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let made = kandid.post("/api/campaigns", json!({ "name": "Spring" })).await;
    let campaign = kandid.get(&format!("/api/campaigns/{}", made["data"]["id"].as_str().unwrap())).await;
    assert_eq!((&campaign["name"], &campaign["status"], &campaign["userId"]), (&json!("Spring"), &json!("draft"), &made["data"]["userId"]));
    for id in [UNKNOWN, "camp-1"] {
        let (status, problem) = kandid.call(Method::GET, &format!("/api/campaigns/{id}"), None).await;
        assert_eq!((status, &problem["error"]), (404, &json!("Campaign not found")));
        assert_eq!(problem["details"], format!("Campaign with ID {id} does not exist or may have been deleted"));
    }
    kandid.server.stop().await;
}

/// “PUT /api/campaigns/[id] - Update campaign”
async fn put_and_patch_api_campaigns_id(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let made = kandid.post("/api/campaigns", json!({ "name": "Spring", "description": "First" })).await;
    let path = format!("/api/campaigns/{}", made["data"]["id"].as_str().unwrap());
    let (status, edited) = kandid.call(Method::PUT, &path, Some(json!({ "status": "active" }))).await;
    assert_eq!(
        (status, &edited["status"], &edited["name"], &edited["description"]),
        (200, &json!("active"), &json!("Spring"), &json!("First"))
    );
    let (status, edited) = kandid.call(Method::PATCH, &path, Some(json!({ "name": "Summer", "description": "Second" }))).await;
    assert_eq!(
        (status, &edited["name"], &edited["description"], &edited["status"]),
        (200, &json!("Summer"), &json!("Second"), &json!("active"))
    );
    // Deviation: the original writes any text as the status.
    assert_eq!(kandid.call(Method::PUT, &path, Some(json!({ "status": "sleeping" }))).await.0, 422);
    for method in [Method::PUT, Method::PATCH] {
        let (status, problem) = kandid.call(method, &format!("/api/campaigns/{UNKNOWN}"), Some(json!({ "name": "A" }))).await;
        assert_eq!((status, &problem["error"]), (404, &json!("Campaign not found")));
        assert!(problem["details"].as_str().unwrap().contains(UNKNOWN), "{problem}");
    }
    kandid.server.stop().await;
}

/// “DELETE /api/campaigns/[id] - Delete campaign”
async fn delete_api_campaigns_id(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let made = kandid.post("/api/campaigns", json!({ "name": "Spring" })).await;
    let id = made["data"]["id"].clone();
    kandid.post("/api/leads", json!({ "name": "Ana", "email": "ana@b.example", "campaignId": id })).await;
    let path = format!("/api/campaigns/{}", id.as_str().unwrap());
    let (status, gone) = kandid.call(Method::DELETE, &path, None).await;
    assert_eq!((status, &gone["message"]), (200, &json!("Campaign deleted successfully")));
    assert_eq!(names(&kandid.get("/api/leads").await), ["Ana"], "its leads stay");
    let (status, problem) = kandid.call(Method::DELETE, &path, None).await;
    assert_eq!((status, &problem["error"], problem["details"].is_string()), (404, &json!("Campaign not found"), true));
    kandid.server.stop().await;
}

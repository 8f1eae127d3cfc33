//! Leads through REST: shapes of the outreach contract, conflicts, undo, refusals.

use crate::common::TestDb;
use crate::common::server::{TestServer, json};
use domain::Role;
use reqwest::{Client, Response};
use serde_json::{Value, json};

async fn add(client: &Client, server: &TestServer, body: Value) -> Response {
    client.post(server.url("/api/leads")).json(&body).send().await.unwrap()
}

async fn get(client: &Client, server: &TestServer, path: &str) -> Response {
    client.get(server.url(path)).send().await.unwrap()
}

both_dbs!(
    a_lead_is_added_read_edited_and_deleted_as_the_contract_says,
    every_answer_has_our_words_and_the_contracts_beside_them,
    either_word_is_taken_and_errors_use_the_callers,
    what_is_wrong_is_said_in_the_contracts_way,
    a_strict_edit_of_an_old_revision_shows_both_versions,
    a_strict_edit_survives_notes_and_work_in_campaigns,
    lists_page_by_number_and_by_cursor,
    notes_and_moves_stand_in_the_timeline
);

async fn a_lead_is_added_read_edited_and_deleted_as_the_contract_says(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let added = add(&client, &server, json!({ "name": "Maren Holt", "email": "Maren@Halden.example", "position": "Buyer" })).await;
    assert_eq!((added.status().as_u16(), added.headers()["etag"].to_str().unwrap()), (200, "\"1\""));
    let lead = json(added).await;
    assert_eq!((&lead["_id"], &lead["email"], &lead["position"]), (&lead["id"], &json!("maren@halden.example"), &json!("Buyer")));
    assert_eq!(
        (&lead["connectionStatus"], &lead["sequenceStep"], &lead["lastActivity"]),
        (&json!("not_connected"), &json!(0), &json!("Lead created"))
    );
    assert!(lead["lastActivityDate"].as_str().is_some_and(|at| at.ends_with('Z')));
    assert!(lead.get("company").is_none(), "absent, not null");
    let path = format!("/api/leads/{}", lead["id"].as_str().unwrap());
    assert_eq!(json(get(&client, &server, &path).await).await, lead);

    for method in [reqwest::Method::PUT, reqwest::Method::PATCH] {
        let edited = client
            .request(method.clone(), server.url(&path))
            .json(&json!({ "status": "contacted", "company": method.as_str() }))
            .send()
            .await
            .unwrap();
        let edited = json(edited).await;
        assert_eq!((&edited["status"], &edited["company"], &edited["name"]), (&json!("contacted"), &json!(method.as_str()), &lead["name"]));
    }

    let gone = json(client.delete(server.url(&path)).send().await.unwrap()).await;
    assert_eq!(gone["message"], "Lead deleted successfully");
    let missing = get(&client, &server, &path).await;
    assert_eq!(missing.status(), 404);
    assert_eq!(json(missing).await["error"], "Lead not found");
    let undo = server.url(&format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap()));
    let back = json(client.post(&undo).send().await.unwrap()).await;
    assert_eq!((&back["lead"]["id"], &back["lead"]["company"]), (&lead["id"], &json!("PATCH")));
    assert_eq!(client.post(&undo).send().await.unwrap().status(), 409);
    server.stop().await;
}

async fn every_answer_has_our_words_and_the_contracts_beside_them(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let ask = async |method: reqwest::Method, path: String, body: Value| {
        let answer = client.request(method, server.url(&path)).json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let both = |lead: &Value, title: &str, connection: &str, place: &str| {
        assert_eq!((&lead["title"], &lead["position"]), (&json!(title), &json!(title)), "{place}: {lead}");
        assert_eq!((&lead["connection"], &lead["connectionStatus"]), (&json!(connection), &json!(connection)), "{place}: {lead}");
        assert_eq!((&lead["lastActivityAt"], &lead["_id"]), (&lead["lastActivityDate"], &lead["id"]), "{place}: {lead}");
        assert!(lead["lastActivityAt"].is_string() && lead["sequenceStep"].is_i64(), "{place}: {lead}");
    };
    let (_, lead) =
        ask(reqwest::Method::POST, "/api/leads".into(), json!({ "name": "Ana", "email": "ana@b.example", "title": "Buyer" })).await;
    both(&lead, "Buyer", "not_connected", "added");
    let path = format!("/api/leads/{}", lead["id"].as_str().unwrap());
    let (_, edited) = ask(reqwest::Method::PATCH, path.clone(), json!({ "position": "CTO", "connection": "request_received" })).await;
    both(&edited, "CTO", "request_received", "edited");
    both(&json(get(&client, &server, &path).await).await, "CTO", "request_received", "read");
    for query in [
        "connection=request_received",
        "connectionStatus=request_received",
        "connection=request_received&connectionStatus=request_received",
    ] {
        let list = json(get(&client, &server, &format!("/api/leads?{query}")).await).await;
        both(&list["data"][0], "CTO", "request_received", "listed");
        let board = json(get(&client, &server, &format!("/api/leads/board?{query}")).await).await;
        both(&board["columns"][0]["data"][0], "CTO", "request_received", "on the board");
    }
    assert_eq!(json(get(&client, &server, "/api/leads?connection=connected").await).await["data"], json!([]));
    let (_, campaign) = ask(reqwest::Method::POST, "/api/campaigns".into(), json!({ "name": "Spring", "status": "active" })).await;
    let within = format!("/api/campaigns/{}/leads", campaign["data"]["id"].as_str().unwrap());
    ask(reqwest::Method::POST, within.clone(), json!({ "leadIds": [lead["id"]] })).await;
    both(&json(get(&client, &server, &within).await).await["data"][0], "CTO", "request_received", "enrolled");
    let (_, worked) = ask(reqwest::Method::POST, format!("{path}/tasks/accept"), json!({})).await;
    both(&worked, "CTO", "connected", "worked on");
    let clash = client.patch(server.url(&path)).header("if-match", "\"1\"").json(&json!({ "position": "CEO" })).send().await.unwrap();
    assert_eq!(clash.status(), 409);
    let clash = json(clash).await;
    both(&clash["theirs"], "CTO", "connected", "theirs");
    assert_eq!((&clash["yours"], &clash["fields"]), (&json!({ "title": "CEO", "position": "CEO" }), &json!(["position"])));
    let (_, gone) = ask(reqwest::Method::DELETE, path.clone(), json!({})).await;
    let (_, back) = ask(reqwest::Method::POST, format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap()), json!({})).await;
    both(&back["lead"], "CTO", "connected", "restored");
    server.stop().await;
}

async fn either_word_is_taken_and_errors_use_the_callers(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let lead =
        json(add(&client, &server, json!({ "name": "Ana", "email": "ana@b.example", "position": "Buyer", "title": "Buyer" })).await).await;
    assert_eq!(lead["title"], "Buyer");
    let url = server.url(&format!("/api/leads/{}", lead["id"].as_str().unwrap()));
    let long = "x".repeat(501);
    for (body, field, why) in [
        (json!({ "title": "A", "position": "B" }), "title|position", "two names of one field"),
        (json!({ "connection": "connected", "connectionStatus": null }), "connection|connectionStatus", "two names of one field"),
        (json!({ "position": long }), "position", "At most 500"),
        (json!({ "title": long }), "title", "At most 500"),
        (json!({ "connectionStatus": "far" }), "connectionStatus", "unknown variant"),
        (json!({ "connectionStatus": 5 }), "connectionStatus", "give it as a text"),
        (json!({ "connection": null }), "connection", "cannot be null"),
    ] {
        let mut new = body.clone();
        (new["name"], new["email"]) = (json!("Bo"), json!("bo@b.example"));
        for refused in [client.patch(&url).json(&body).send().await.unwrap(), add(&client, &server, new).await] {
            assert_eq!(refused.status(), 422, "{body}");
            let problem = json(refused).await;
            let told = problem["errors"][0]["field"].as_str().unwrap();
            assert!(field.split('|').any(|one| one == told), "{body}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains(why), "{body}: {problem}");
        }
    }
    for (query, field) in [
        ("connectionStatus=far", "connectionStatus"),
        ("connection=far", "connection"),
        ("connection=connected&connectionStatus=request_sent", "query"),
    ] {
        let refused = get(&client, &server, &format!("/api/leads?{query}")).await;
        assert_eq!(refused.status(), 422, "{query}");
        assert_eq!(json(refused).await["errors"][0]["field"], field, "{query}");
    }
    assert_eq!(json(client.get(&url).send().await.unwrap()).await, lead, "nothing was written");
    server.stop().await;
}

async fn what_is_wrong_is_said_in_the_contracts_way(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    for body in [json!({}), json!({ "name": "A" }), json!({ "name": " ", "email": "a@b.example" })] {
        let refused = add(&client, &server, body).await;
        assert_eq!(refused.status(), 400);
        assert_eq!(json(refused).await["error"], "Name and email are required");
    }
    let good = || json!({ "name": "Ana", "email": "ana@b.example" });
    let lead = json(add(&client, &server, good()).await).await;
    let duplicate = add(&client, &server, json!({ "name": "Other", "email": " ANA@b.example" })).await;
    assert_eq!(duplicate.status(), 409);
    assert_eq!(json(duplicate).await["existing"]["id"], lead["id"]);
    for (field, value) in
        [("email", json!("nobody")), ("score", json!(101)), ("status", json!("sleeping")), ("name", json!("x".repeat(100_000)))]
    {
        let mut body = good();
        body[field] = value;
        let refused = add(&client, &server, body).await;
        assert_eq!(refused.status(), 422, "{field}");
        assert!(!json(refused).await["errors"].as_array().unwrap().is_empty());
    }
    for path in ["/api/leads/17", "/api/leads/%00", "/api/leads/0192f0c4-0000-7000-8000-000000000000", "/api/leads/x/timeline"] {
        assert_eq!(get(&client, &server, path).await.status(), 404, "{path}");
    }
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "page=0",
        "page=4294967295&limit=1000",
        "sort=nonsense",
        "cursor=x",
        "status=x",
        "total=x",
        "rule=%7B",
        "rule=%7B%22field%22%3A%22x%22%2C%22op%22%3A%22is%22%7D",
        "nonsense=1",
    ] {
        assert_eq!(get(&client, &server, &format!("/api/leads?{query}")).await.status(), 422, "{query}");
    }
    let origin = client.post(server.url("/api/leads")).header("linnet-origin", "mine").json(&good()).send().await.unwrap();
    assert_eq!(origin.status(), 400);
    let viewer = server.key(Role::Viewer).await;
    assert_eq!(add(&viewer, &server, good()).await.status(), 403);
    assert_eq!(get(&server.browser(), &server, "/api/leads").await.status(), 401);
    server.stop().await;
}

async fn a_strict_edit_of_an_old_revision_shows_both_versions(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let lead = json(add(&client, &server, json!({ "name": "Ana", "email": "ana@b.example" })).await).await;
    let url = server.url(&format!("/api/leads/{}", lead["id"].as_str().unwrap()));
    let edit = |tag: &'static str, name: &'static str| client.patch(&url).header("if-match", tag).json(&json!({ "name": name })).send();
    let done = edit("\"1\"", "Anna").await.unwrap();
    assert_eq!(done.headers()["etag"], "\"2\"");
    let clash = edit("\"1\"", "Annie").await.unwrap();
    assert_eq!((clash.status().as_u16(), clash.headers()["content-type"].to_str().unwrap()), (409, "application/problem+json"));
    let clash = json(clash).await;
    assert_eq!((&clash["theirs"]["name"], &clash["yours"]["name"], &clash["fields"]), (&json!("Anna"), &json!("Annie"), &json!(["name"])));
    assert_eq!(edit("*", "Annie").await.unwrap().status(), 200);
    assert_eq!(edit("x", "Annie").await.unwrap().status(), 400);
    server.stop().await;
}

async fn a_strict_edit_survives_notes_and_work_in_campaigns(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let lead = json(add(&client, &server, json!({ "name": "Ana", "email": "ana@b.example" })).await).await;
    let url = server.url(&format!("/api/leads/{}", lead["id"].as_str().unwrap()));
    let edit = async |tag: &str, body: Value| client.patch(&url).header("if-match", tag).json(&body).send().await.unwrap();
    assert_eq!(client.post(format!("{url}/notes")).json(&json!({ "body": "called" })).send().await.unwrap().status(), 201);
    let sent = json(client.post(format!("{url}/tasks/send-request")).send().await.unwrap()).await;
    assert_eq!((&sent["revision"], &sent["edited"], &sent["status"]), (&json!(3), &json!(1), &json!("contacted")));
    // A stale edit must not overwrite the fields that the task wrote.
    let clash = edit("\"1\"", json!({ "company": "Tern", "status": "pending" })).await;
    assert_eq!((clash.status().as_u16(), &json(clash).await["fields"]), (409, &json!(["status", "company"])));
    let saved = edit("\"1\"", json!({ "company": "Tern" })).await;
    assert_eq!((saved.status().as_u16(), saved.headers()["etag"].to_str().unwrap()), (200, "\"4\""));
    // An edit by another user is a conflict, even of another field.
    for tag in ["\"1\"", "\"3\""] {
        assert_eq!(edit(tag, json!({ "company": "Fell" })).await.status(), 409);
        assert_eq!(edit(tag, json!({ "phone": "+47 1" })).await.status(), 409);
    }
    assert_eq!(edit("\"4\"", json!({ "company": "Fell", "status": "qualified" })).await.status(), 200);
    server.stop().await;
}

async fn lists_page_by_number_and_by_cursor(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    for n in 0..25 {
        let status = if n % 5 == 0 { "qualified" } else { "pending" };
        let body = json!({ "name": format!("Lead {n:02}"), "email": format!("l{n}@b.example"), "status": status });
        assert_eq!(add(&client, &server, body).await.status(), 200);
    }
    let list = async |query: String| json(get(&client, &server, &format!("/api/leads?{query}")).await).await;
    let names = |body: &Value| -> Vec<String> {
        body["data"].as_array().unwrap().iter().map(|lead| lead["name"].as_str().unwrap().to_owned()).collect()
    };
    let all: Vec<_> = (0..25).map(|n| format!("Lead {n:02}")).collect();

    let newest = list(String::new()).await;
    assert_eq!((names(&newest).first().unwrap().as_str(), &newest["meta"]["source"]), ("Lead 24", &json!("database")));
    assert_eq!(newest["pagination"], json!({ "page": 1, "limit": 50, "total": 25, "totalPages": 1, "hasMore": false, "nextCursor": null }));

    let third = list("page=3&limit=10&sort=name".into()).await;
    assert_eq!(names(&third), all[20..]);
    assert_eq!((&third["pagination"]["totalPages"], &third["pagination"]["hasMore"]), (&json!(3), &json!(false)));

    let mut page = list("limit=7&sort=name".into()).await;
    let mut seen = names(&page);
    while let Some(cursor) = page["pagination"]["nextCursor"].as_str() {
        page = list(format!("limit=7&sort=name&cursor={}", cursor.replace('~', "%7E").replace(' ', "%20"))).await;
        assert_eq!((&page["pagination"]["total"], &page["pagination"]["page"]), (&Value::Null, &Value::Null));
        seen.extend(names(&page));
    }
    assert_eq!(seen, all);

    let some = list("status=Qualified&search=LEAD%201&sort=name&connectionStatus=".into()).await;
    assert_eq!((names(&some), &some["pagination"]["total"]), (vec!["Lead 10".to_owned(), "Lead 15".to_owned()], &json!(2)));
    let rule = list("rule=%7B%22field%22%3A%22name%22%2C%22op%22%3A%22ends_with%22%2C%22value%22%3A%2207%22%7D".into()).await;
    assert_eq!(names(&rule), ["Lead 07"]);
    server.stop().await;
}

async fn notes_and_moves_stand_in_the_timeline(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let lead = json(add(&client, &server, json!({ "name": "Ana", "email": "ana@b.example" })).await).await;
    let path = format!("/api/leads/{}", lead["id"].as_str().unwrap());
    client.patch(server.url(&path)).json(&json!({ "stage": "Closed Won" })).send().await.unwrap();
    let note = client.post(server.url(&format!("{path}/notes"))).json(&json!({ "body": "<b>called</b>" })).send().await.unwrap();
    assert_eq!(note.status(), 201);
    let note = json(note).await;
    let timeline = async || json(get(&client, &server, &format!("{path}/timeline")).await).await;
    let body = timeline().await;
    let kinds: Vec<_> = body["data"].as_array().unwrap().iter().map(|item| item["kind"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["noted", "moved", "created"]);
    assert_eq!(body["data"][0]["kind"]["note"]["body"], "<b>called</b>");
    assert_eq!(body["stageHistory"][1]["to"], "Closed Won");
    let url = server.url(&format!("/api/notes/{}", note["id"].as_str().unwrap()));
    let edited = json(client.patch(&url).json(&json!({ "body": "called twice" })).send().await.unwrap()).await;
    assert_eq!((&edited["body"], &edited["id"], edited["undo"].is_string()), (&json!("called twice"), &note["id"], true));
    let undone = client.post(server.url(&format!("/api/changes/{}/undo", edited["undo"].as_str().unwrap()))).send().await.unwrap();
    assert_eq!(undone.status(), 200);
    assert_eq!(timeline().await["data"][0]["kind"]["note"]["body"], "<b>called</b>");
    let other = server.key(Role::Manager).await;
    assert_eq!(other.put(&url).json(&json!({ "body": "x" })).send().await.unwrap().status(), 403);
    assert_eq!(server.key(Role::Member).await.delete(&url).send().await.unwrap().status(), 403, "another's");
    assert_eq!(client.delete(&url).send().await.unwrap().status(), 204);
    assert_eq!(client.delete(&url).send().await.unwrap().status(), 404);
    assert_eq!(timeline().await["data"].as_array().unwrap().len(), 2);
    server.stop().await;
}

//! Custom fields: who defines them, what they ask of leads and rules, undo, and what open pages hear.

use crate::common::{
    TestDb,
    leads::settled,
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{
    Actor, Entity, FieldId, Record, Role,
    fields::{FieldPatch, NewField},
    live::{DeltaOp, Query, ServerMessage},
    rule::CustomKind,
};
use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

async fn ask(server: &TestServer, client: &Client, method: Method, path: &str, body: Value) -> (u16, Value) {
    let answer = client.request(method, server.url(path)).json(&body).send().await.unwrap();
    (answer.status().as_u16(), json(answer).await)
}

both_dbs!(
    managers_define_and_everyone_reads,
    values_of_leads_fit_their_fields,
    rules_are_checked_and_compare_by_type,
    a_change_that_values_do_not_fit_is_refused_or_keeps_them,
    a_field_is_moved_deleted_and_restored,
    open_pages_and_the_server_follow
);

fn plan() -> Value {
    json!({ "label": "Plan", "kind": "choice", "choices": ["Free", "Team"] })
}

/// The field and message of each error.
fn errors(problem: &Value) -> Vec<(String, String)> {
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    problem["errors"].as_array().unwrap().iter().map(|error| (text(error, "field"), text(error, "message"))).collect()
}

async fn managers_define_and_everyone_reads(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (viewer, member, manager) = (server.key(Role::Viewer).await, server.key(Role::Member).await, server.key(Role::Manager).await);
    assert_eq!(ask(&server, &member, Method::POST, "/api/fields", plan()).await.0, 403);
    let (status, made) = ask(&server, &manager, Method::POST, "/api/fields", plan()).await;
    assert_eq!(
        (status, &made["key"], &made["kind"], &made["required"], &made["choices"]),
        (201, &json!("Plan"), &json!("choice"), &json!(false), &json!(["Free", "Team"]))
    );
    let (_, listed) = ask(&server, &viewer, Method::GET, "/api/fields", json!({})).await;
    assert_eq!(listed["data"], json!([made]));
    let (status, problem) = ask(&server, &manager, Method::POST, "/api/fields", json!({ "label": "PLAN" })).await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/duplicate")), "{problem}");
    let second = json!({ "label": "plan", "key": "Tariff" });
    let (status, problem) = ask(&server, &manager, Method::POST, "/api/fields", second).await;
    assert_eq!((status, errors(&problem)[0].0.as_str()), (422, "label"));
    for (body, field) in [(json!({ "label": " " }), "label"), (json!({ "label": "x", "kind": "choice" }), "choices")] {
        let (status, problem) = ask(&server, &manager, Method::POST, "/api/fields", body.clone()).await;
        assert_eq!((status, errors(&problem)[0].0.as_str()), (422, field), "{body}: {problem}");
    }
    let path = format!("/api/fields/{}", made["id"].as_str().unwrap());
    assert_eq!(ask(&server, &member, Method::PATCH, &path, json!({ "label": "x" })).await.0, 403);
    assert_eq!(ask(&server, &member, Method::DELETE, &path, json!({})).await.0, 403);
    let (status, edited) = ask(&server, &manager, Method::PATCH, &path, json!({ "label": "Tier", "revision": 1 })).await;
    assert_eq!((status, &edited["label"], &edited["key"]), (200, &json!("Tier"), &json!("Plan")));
    assert_eq!(ask(&server, &manager, Method::PATCH, &path, json!({ "label": "x", "revision": 1 })).await.0, 409, "an older revision");
    let services = &server.server.app.services;
    for n in 1..domain::fields::MOST {
        let new = NewField { label: format!("Field {n}"), ..NewField::default() };
        services.fields.create(&Actor::system(), new).await.unwrap();
    }
    assert_eq!(ask(&server, &manager, Method::POST, "/api/fields", json!({ "label": "One more" })).await.0, 409);
    let (_, log) = ask(&server, &viewer, Method::GET, "/api/activities?limit=200", json!({})).await;
    assert!(log.to_string().contains("edited the custom field"), "{log}");
    let server = server.restart().await;
    assert_eq!(server.server.app.store.current.fields().iter().len(), domain::fields::MOST, "known after a restart");
    server.stop().await;
}

async fn values_of_leads_fit_their_fields(db: &TestDb) {
    let server = TestServer::start(db).await;
    let admin = server.key(Role::Admin).await;
    for body in [
        json!({ "label": "Plan", "kind": "choice", "choices": ["Free", "Team"], "required": true }),
        json!({ "label": "Ends", "kind": "date" }),
        json!({ "label": "On press list", "key": "press", "kind": "yes_no" }),
    ] {
        assert_eq!(ask(&server, &admin, Method::POST, "/api/fields", body).await.0, 201);
    }
    let lead = |custom: Value| json!({ "name": "Ana", "email": "ana@b.example", "custom": custom });
    let (status, problem) = ask(&server, &admin, Method::POST, "/api/leads", lead(json!({ "ends": "soon" }))).await;
    let fields: Vec<_> = errors(&problem).into_iter().map(|(field, _)| field).collect();
    assert_eq!((status, fields), (422, vec!["custom.Ends".to_owned(), "custom.Plan".to_owned()]));
    let sent = lead(json!({ "plan": "TEAM", "Ends": "30.11.2026", "Other": "1,250" }));
    let (status, made) = ask(&server, &admin, Method::POST, "/api/leads", sent).await;
    assert_eq!((status, &made["custom"]), (200, &json!({ "Plan": "Team", "Ends": "2026-11-30", "Other": "1,250" })));
    let path = format!("/api/leads/{}", made["id"].as_str().unwrap());
    let (status, problem) = ask(&server, &admin, Method::PATCH, &path, json!({ "custom": { "Plan": "Gold" } })).await;
    assert_eq!(
        (status, errors(&problem)),
        (422, vec![("custom.Plan".to_owned(), "Plan: No choice of this field; use one of: Free, Team".to_owned())])
    );
    let (status, problem) = ask(&server, &admin, Method::PATCH, &path, json!({ "custom": { "Ends": "2026-11-30" } })).await;
    assert_eq!((status, errors(&problem)[0].0.as_str()), (422, "custom.Plan"), "it is required");
    let (status, after) = ask(&server, &admin, Method::PATCH, &path, json!({ "custom": { "Plan": "free" } })).await;
    assert_eq!((status, &after["custom"]), (200, &json!({ "Plan": "Free" })));
    let (status, after) = ask(&server, &admin, Method::PATCH, &path, json!({ "custom": { "Plan": "Free", "PRESS": "1" } })).await;
    assert_eq!((status, &after["custom"]["press"]), (200, &json!("yes")));
    settled(&server.server.app.store).await;
    let (_, log) = ask(&server, &admin, Method::GET, "/api/activities?limit=1", json!({})).await;
    let said = log["data"][0]["words"].as_array().unwrap().iter().map(|word| word["text"].as_str().unwrap()).collect::<String>();
    assert!(said.ends_with(" set On press list of Ana to Yes"), "{said}");
    server.stop().await;
}

async fn rules_are_checked_and_compare_by_type(db: &TestDb) {
    let server = TestServer::start(db).await;
    let admin = server.key(Role::Admin).await;
    for (name, age) in [("Ana", "9"), ("Bo", "30.5"), ("Cy", "many"), ("Di", "100")] {
        let lead = json!({ "name": name, "email": format!("{name}@b.example"), "custom": { "age": age } });
        assert_eq!(ask(&server, &admin, Method::POST, "/api/leads", lead).await.0, 200);
    }
    let found = async |rule: Value| {
        let asked = [("rule", rule.to_string()), ("sort", "name".to_owned())];
        let answer = admin.get(Url::parse_with_params(&server.url("/api/leads"), asked).unwrap()).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let names = |found: &(u16, Value)| -> Vec<String> {
        found.1["data"].as_array().unwrap().iter().map(|lead| lead["name"].as_str().unwrap().to_owned()).collect()
    };
    let more = json!({ "field": "custom.Age", "op": "gt", "value": 9 });
    assert_eq!(names(&found(more.clone()).await), ["Bo", "Di"], "numbers, not texts");
    let (_, made) = ask(&server, &admin, Method::POST, "/api/fields", json!({ "label": "Age", "kind": "number" })).await;
    assert_eq!(names(&found(more).await), ["Bo", "Di"]);
    let wrong =
        json!({ "all": [{ "field": "custom.age", "op": "gt", "value": 9 }, { "field": "custom.age", "op": "contains", "value": "9" }] });
    let (status, problem) = found(wrong.clone()).await;
    assert_eq!((status, errors(&problem)[0].0.as_str()), (422, "rule.all[1].op"), "{problem}");
    let segment = json!({ "name": "Old", "rule": wrong });
    let (status, problem) = ask(&server, &admin, Method::POST, "/api/segments", segment).await;
    assert_eq!((status, errors(&problem)[0].0.as_str()), (422, "rule.all[1].op"), "{problem}");
    let bulk = json!({ "action": { "kind": "add_tag", "tag": "x" }, "rule": { "field": "custom.age", "op": "is", "value": "9" } });
    let (status, problem) = ask(&server, &admin, Method::POST, "/api/bulk", bulk).await;
    assert_eq!((status, errors(&problem)[0].0.as_str()), (422, "rule.value"), "{problem}");
    let segment = json!({ "name": "Adults", "rule": { "field": "custom.age", "op": "gte", "value": 18 } });
    let (status, segment) = ask(&server, &admin, Method::POST, "/api/segments", segment).await;
    assert_eq!((status, &segment["size"]), (201, &json!(2)));
    let upload = admin.post(server.url("/api/imports?name=a.csv")).body("name,email,AGE\nEd,ed@b.example,7\n").send().await.unwrap();
    assert_eq!(upload.status(), 201);
    let (_, uses) = ask(&server, &admin, Method::GET, &format!("/api/fields/{}/uses", made["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(uses, json!({ "leads": 4, "misfits": 1, "segments": ["Adults"], "views": [], "imports": ["a.csv"] }));
    server.stop().await;
}

async fn a_change_that_values_do_not_fit_is_refused_or_keeps_them(db: &TestDb) {
    let server = TestServer::start(db).await;
    let admin = server.key(Role::Admin).await;
    let (_, made) = ask(&server, &admin, Method::POST, "/api/fields", plan()).await;
    let path = format!("/api/fields/{}", made["id"].as_str().unwrap());
    for (name, plan) in [("Ana", "Free"), ("Bo", "Team"), ("Cy", "Team")] {
        let lead = json!({ "name": name, "email": format!("{name}@b.example"), "custom": { "Plan": plan } });
        assert_eq!(ask(&server, &admin, Method::POST, "/api/leads", lead).await.0, 200);
    }
    let (status, problem) = ask(&server, &admin, Method::PATCH, &path, json!({ "kind": "number" })).await;
    let said = "3 leads have values that do not fit; change these first, or keep them as they are".to_owned();
    assert_eq!((status, errors(&problem)), (422, vec![("kind".to_owned(), said)]));
    let (status, problem) = ask(&server, &admin, Method::PATCH, &path, json!({ "choices": ["Team"] })).await;
    let said = "1 lead has a value that does not fit; change these first, or keep them as they are".to_owned();
    assert_eq!((status, errors(&problem)), (422, vec![("choices".to_owned(), said)]));
    let (status, _) = ask(&server, &admin, Method::PATCH, &path, json!({ "choices": ["Team"], "keepMisfits": true })).await;
    assert_eq!(status, 200);
    let (_, found) = ask(&server, &admin, Method::GET, "/api/leads?search=Ana", json!({})).await;
    assert_eq!(found["data"][0]["custom"]["Plan"], "Free", "it stays");
    // What stays is no reason to refuse another edit.
    let lead = format!("/api/leads/{}", found["data"][0]["id"].as_str().unwrap());
    assert_eq!(ask(&server, &admin, Method::PATCH, &lead, json!({ "custom": { "Plan": "Free", "Note": "x" } })).await.0, 200);
    assert_eq!(
        ask(&server, &admin, Method::PATCH, &path, json!({ "choices": ["Team", "More"] })).await.0,
        200,
        "no more misfits than before"
    );
    assert_eq!(ask(&server, &admin, Method::PATCH, &path, json!({ "kind": "text" })).await.0, 200, "every value is a text");
    server.stop().await;
}

async fn a_field_is_moved_deleted_and_restored(db: &TestDb) {
    let server = TestServer::start(db).await;
    let services = &server.server.app.services;
    let system = Actor::system();
    let labels =
        async || -> Vec<String> { services.fields.list(&system).await.unwrap().data.iter().map(|field| field.label.clone()).collect() };
    let mut ids: Vec<FieldId> = Vec::new();
    for label in ["One", "Two", "Three"] {
        let new = NewField { label: label.to_owned(), kind: CustomKind::Number, ..NewField::default() };
        ids.push(services.fields.create(&system, new).await.unwrap().id);
    }
    let place = |place| FieldPatch { place: Some(place), ..FieldPatch::default() };
    let moved = services.fields.edit(&system, ids[2], place(0)).await.unwrap();
    assert_eq!(labels().await, ["Three", "One", "Two"]);
    // Until there is no room between two of them, and longer.
    for n in 0..100 {
        services.fields.edit(&system, ids[n % 2], place(1)).await.unwrap();
        services.fields.edit(&system, ids[(n + 1) % 2], place(2)).await.unwrap();
        services.fields.edit(&system, ids[2], place(1)).await.unwrap();
        services.fields.edit(&system, ids[2], place(0)).await.unwrap();
    }
    assert_eq!(labels().await[0], "Three");
    assert!(services.changes.undo(&system, moved.undo.unwrap()).await.is_err(), "it was changed since");
    let gone = services.fields.delete(&system, ids[2]).await.unwrap();
    assert_eq!(labels().await.len(), 2);
    let member = Actor { role: Role::Member, ..Actor::system() };
    assert!(services.changes.undo(&member, gone).await.is_err());
    assert!(services.changes.undo(&system, gone).await.is_ok());
    assert_eq!(labels().await[0], "Three");
    assert!(services.changes.undo(&system, gone).await.is_err(), "a second time");
    let patch = FieldPatch { label: Some("Last".to_owned()), ..FieldPatch::default() };
    let edited = services.fields.edit(&system, ids[2], patch).await.unwrap().undo.unwrap();
    let Some(Record::Field(back)) = services.changes.undo(&system, edited).await.unwrap() else { panic!("not undone") };
    assert_eq!((back.label.as_str(), back.kind), ("Three", CustomKind::Number));
    server.stop().await;
}

async fn open_pages_and_the_server_follow(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let system = Actor::system();
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    let since = app.services.fields.list(&system).await.unwrap().as_of;
    client.subscribe(1, &Query::list(Entity::Field), since).await;
    client.until(|message| matches!(message, ServerMessage::Subscribed { id: 1, .. }).then_some(())).await;
    // Another server, or a command, writes it.
    let other = db.open().await;
    let writer = server::fields::CustomFields::new(other.clone(), app.services.leads.clone());
    let new = NewField { label: "Plan".to_owned(), ..NewField::default() };
    let made = if other.is_postgres() {
        domain::services::FieldService::create(&writer, &system, new).await.unwrap()
    } else {
        // SQLite has one server.
        app.services.fields.create(&system, new).await.unwrap()
    };
    let mut heard = async || {
        client
            .until(|message| match message {
                ServerMessage::Deltas { items, .. } => items.first().cloned(),
                _ => None,
            })
            .await
    };
    let delta = heard().await;
    let Some(Record::Field(field)) = &delta.record else { panic!("{:?}", delta.record) };
    assert_eq!((delta.op, &**field), (DeltaOp::Enter, &made));
    assert_eq!(app.store.current.fields().of("plan"), Some(&made), "known before anyone hears of it");
    app.services.fields.delete(&system, made.id).await.unwrap();
    assert_eq!(heard().await.op, DeltaOp::Leave);
    other.close().await;
    server.stop().await;
}

//! Saved views through REST: owners, visibility, and the deltas that open pages receive.

use crate::common::TestDb;
use crate::common::{
    leads::settled,
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{
    Actor, ActorRef, Entity, Record, Role, UserId, ViewId,
    live::{Delta, DeltaOp, Query, ServerMessage},
    views::{EditedView, ViewPatch},
};
use reqwest::{Client, Method};
use serde_json::{Value, json};

struct Person<'s> {
    server: &'s TestServer,
    client: Client,
}

impl<'s> Person<'s> {
    async fn new(server: &'s TestServer, email: &str, role: Role) -> Self {
        Self { server, client: server.signed_in(email, role).await }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.client.request(method, self.server.url(path)).header("origin", self.server.url(""));
        let answer = request.json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    }

    async fn save(&self, body: Value) -> Value {
        let (status, view) = self.ask(Method::POST, "/api/views", body).await;
        assert_eq!(status, 201, "{view}");
        view
    }

    async fn names(&self) -> Vec<String> {
        let (_, list) = self.ask(Method::GET, "/api/views", json!({})).await;
        list["data"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn warm() -> Value {
    json!({ "rule": { "all": [{ "field": "score", "op": "gte", "value": 30 }] }, "search": " ana ", "sort": "-value", "layout": "board", "columns": ["name", "value"] })
}

both_dbs!(
    a_view_is_its_owners_until_it_is_shared,
    what_cannot_be_saved_is_refused,
    others_hear_of_a_view_while_it_is_shared,
    who_may_not_share_any_more_changes_nothing_that_all_see,
    who_only_reads_takes_back_the_deletion_of_an_own_view,
    an_edit_of_a_view_is_undone_until_the_next_one,
    a_hundred_views_are_the_most_by_every_way,
    views_are_small_together_and_so_is_a_page
);

async fn a_view_is_its_owners_until_it_is_shared(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = Person::new(&server, "ana@views.example", Role::Member).await;
    let bo = Person::new(&server, "bo@views.example", Role::Member).await;
    let admin = Person::new(&server, "admin@views.example", Role::Admin).await;
    let view = ana.save(json!({ "name": "Warm", "query": warm() })).await;
    let path = format!("/api/views/{}", view["id"].as_str().unwrap());
    assert_eq!((&view["query"]["search"], &view["query"]["layout"], &view["revision"]), (&json!("ana"), &json!("board"), &json!(1)));
    assert_eq!((ana.names().await, bo.names().await), (vec!["Warm".to_owned()], vec![]));
    // Even its existence is hidden.
    for other in [&bo, &admin] {
        assert_eq!(other.ask(Method::PATCH, &path, json!({ "name": "Mine now" })).await.0, 404);
        assert_eq!(other.ask(Method::DELETE, &path, json!({})).await.0, 404);
    }
    let (status, shared) = ana.ask(Method::PATCH, &path, json!({ "shared": true, "revision": 1 })).await;
    assert_eq!((status, &shared["revision"]), (200, &json!(2)));
    assert_eq!(bo.names().await, ["Warm"]);
    assert_eq!(bo.ask(Method::PATCH, &path, json!({ "name": "Mine now" })).await.0, 403);
    assert_eq!(admin.ask(Method::PATCH, &path, json!({ "name": "Warm leads" })).await.0, 200);
    assert_eq!(ana.ask(Method::PATCH, &path, json!({ "name": "Late", "revision": 2 })).await.0, 409);

    let (status, gone) = ana.ask(Method::DELETE, &path, json!({})).await;
    assert_eq!((status, bo.names().await), (200, vec![]));
    let undo = format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap());
    let (status, back) = ana.ask(Method::POST, &undo, json!({})).await;
    assert_eq!((status, &back["view"]["name"]), (200, &json!("Warm leads")));
    assert_eq!(ana.ask(Method::POST, &undo, json!({})).await.0, 409);
    assert_eq!(bo.names().await, ["Warm leads"]);
    server.stop().await;
}

async fn what_cannot_be_saved_is_refused(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = Person::new(&server, "ana@views.example", Role::Member).await;
    let view = ana.save(json!({ "name": "Warm", "query": warm() })).await;
    let other = ana.save(json!({ "name": "Cold" })).await;
    let refused = async |body: Value| ana.ask(Method::POST, "/api/views", body).await.0;
    assert_eq!(refused(json!({ "name": "wArm" })).await, 409);
    let (_, problem) = ana.ask(Method::POST, "/api/views", json!({ "name": "wArm" })).await;
    assert_eq!(
        (&problem["type"], &problem["existing"]["entity"], &problem["errors"][0]["field"]),
        (&json!("/problems/duplicate"), &json!("view"), &json!("name"))
    );
    assert_eq!(refused(json!({ "name": "  " })).await, 422);
    assert_eq!(refused(json!({ "name": "x".repeat(81) })).await, 422);
    assert_eq!(
        refused(json!({ "name": "Bad", "query": { "rule": { "all": [{ "field": "shoe", "op": "is", "value": "9" }] } } })).await,
        422
    );
    assert_eq!(refused(json!({ "name": "Bad", "query": { "columns": ["na me"] } })).await, 422);
    let rename = |view: &Value| format!("/api/views/{}", view["id"].as_str().unwrap());
    assert_eq!(ana.ask(Method::PATCH, &rename(&other), json!({ "name": "WARM" })).await.0, 409);
    assert_eq!(ana.ask(Method::PATCH, &rename(&view), json!({ "name": "WARM" })).await.0, 200);
    assert_eq!(ana.ask(Method::PATCH, "/api/views/nonsense", json!({})).await.0, 404);

    // Another user may use the same name; a viewer has private views only; an API key has none.
    let bo = Person::new(&server, "bo@views.example", Role::Viewer).await;
    bo.save(json!({ "name": "Warm" })).await;
    assert_eq!(bo.ask(Method::POST, "/api/views", json!({ "name": "Ours", "shared": true })).await.0, 403);
    let program = server.key(Role::Admin).await;
    let answer = program.post(server.url("/api/views")).json(&json!({ "name": "Theirs" })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    server.stop().await;
}

async fn others_hear_of_a_view_while_it_is_shared(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let ana = Person::new(&server, "ana@views.example", Role::Member).await;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    let since = app.store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of;
    // A subscription for another user is replaced with one for oneself.
    let owner = app.services.accounts.users(&domain::Actor::system()).await.unwrap()[0].id;
    client.subscribe(1, &Query::List { kind: Entity::View, seen_by: Some(owner) }, since).await;
    client.until(|message| matches!(message, ServerMessage::Subscribed { id: 1, .. }).then_some(())).await;
    let view = ana.save(json!({ "name": "Secret", "query": warm() })).await;
    let path = format!("/api/views/{}", view["id"].as_str().unwrap());
    for change in [
        json!({ "name": "Open", "shared": true }),
        json!({ "name": "Opener" }),
        json!({ "shared": false, "name": "Salaries", "query": { "search": "bonus" } }),
        json!({ "name": "Hidden" }),
    ] {
        assert_eq!(ana.ask(Method::PATCH, &path, change).await.0, 200);
    }
    assert_eq!(ana.ask(Method::PATCH, &path, json!({ "shared": true })).await.0, 200);
    settled(&app.store).await;
    let heard = views_heard(&mut client, 4).await;
    let expected = [(DeltaOp::Enter, "Open"), (DeltaOp::Update, "Opener"), (DeltaOp::Leave, "Opener"), (DeltaOp::Enter, "Hidden")];
    let expected = expected.map(|(op, name)| (op, name.to_owned()));
    assert_eq!(heard, expected);
    // A replay does not contain hidden views either.
    let mut late = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    late.subscribe(1, &Query::list(Entity::View), since).await;
    assert_eq!(views_heard(&mut late, 4).await, expected);
    server.stop().await;
}

async fn who_may_not_share_any_more_changes_nothing_that_all_see(db: &TestDb) {
    let server = TestServer::start(db).await;
    let accounts = &server.server.app.services.accounts;
    let ana = Person::new(&server, "ana@views.example", Role::Member).await;
    let admin = Person::new(&server, "admin@views.example", Role::Admin).await;
    let own = ana.save(json!({ "name": "Mine" })).await;
    let shared = ana.save(json!({ "name": "Ours", "shared": true })).await;
    let gone = ana.save(json!({ "name": "Gone", "shared": true })).await;
    let path = |view: &Value| format!("/api/views/{}", view["id"].as_str().unwrap());
    let (_, deleted) = ana.ask(Method::DELETE, &path(&gone), json!({})).await;
    let id = accounts.users(&domain::Actor::system()).await.unwrap()[0].id;
    accounts.set_role(&domain::Actor::system(), id, Role::Viewer).await.unwrap();
    for change in
        [json!({ "name": "Theirs" }), json!({ "query": warm() }), json!({ "shared": false }), json!({ "shared": true, "name": "x" })]
    {
        assert_eq!(ana.ask(Method::PATCH, &path(&shared), change).await.0, 403);
    }
    assert_eq!(ana.ask(Method::PATCH, &path(&own), json!({ "shared": true })).await.0, 403);
    assert_eq!(ana.ask(Method::DELETE, &path(&shared), json!({})).await.0, 403);
    let undo = format!("/api/changes/{}/undo", deleted["undo"].as_str().unwrap());
    assert_eq!(ana.ask(Method::POST, &undo, json!({})).await.0, 403, "which would share it again");
    assert_eq!(ana.ask(Method::PATCH, &path(&own), json!({ "name": "Still mine" })).await.0, 200);
    assert_eq!(admin.ask(Method::PATCH, &path(&shared), json!({ "name": "Renamed" })).await.0, 200);
    assert_eq!(admin.ask(Method::POST, &undo, json!({})).await.0, 200);
    server.stop().await;
}

async fn who_only_reads_takes_back_the_deletion_of_an_own_view(db: &TestDb) {
    let server = TestServer::start(db).await;
    let vera = Person::new(&server, "vera@views.example", Role::Viewer).await;
    let view = vera.save(json!({ "name": "Mine" })).await;
    let (_, gone) = vera.ask(Method::DELETE, &format!("/api/views/{}", view["id"].as_str().unwrap()), json!({})).await;
    let (status, back) = vera.ask(Method::POST, &format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap()), json!({})).await;
    assert_eq!((status, &back["view"]["name"]), (200, &json!("Mine")), "{back}");
    assert_eq!(vera.names().await, ["Mine"]);
    let unknown = "/api/changes/00000000-0000-7000-8000-000000000000/undo";
    assert_eq!(vera.ask(Method::POST, unknown, json!({})).await.0, 404, "as everywhere");
    // A member cannot undo what she may not do, and receives nothing about private views of others.
    let ana = Person::new(&server, "ana@views.example", Role::Member).await;
    let mut refused = Vec::new();
    for (path, made) in [
        ("/api/leads", json!({ "name": "L", "email": "l@b.example" })),
        ("/api/campaigns", json!({ "name": "C" })),
        ("/api/views", json!({ "name": "V" })),
    ] {
        let (_, made) = ana.ask(Method::POST, path, made).await;
        let id = made["id"].as_str().or(made["data"]["id"].as_str()).unwrap();
        let (_, gone) = ana.ask(Method::DELETE, &format!("{path}/{id}"), json!({})).await;
        let undo = format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap());
        let status = vera.ask(Method::POST, &undo, json!({})).await.0;
        refused.push((status, ana.ask(Method::POST, &undo, json!({})).await.0));
    }
    assert_eq!(refused, [(403, 200), (403, 200), (404, 200)]);
    server.stop().await;
}

async fn an_edit_of_a_view_is_undone_until_the_next_one(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = Person::new(&server, "ana@views.example", Role::Member).await;
    let bo = Person::new(&server, "bo@views.example", Role::Member).await;
    let view = ana.save(json!({ "name": "Warm", "query": warm() })).await;
    let services = &server.server.app.services;
    let owner: UserId = view["owner"].as_str().unwrap().parse().unwrap();
    let as_ana = Actor { who: ActorRef::User { id: owner, name: "Ana".to_owned() }, role: Role::Member, ..Actor::system() };
    let id: ViewId = view["id"].as_str().unwrap().parse().unwrap();
    let set = |name: &str, shared| ViewPatch { name: Some(name.to_owned()), shared: Some(shared), ..ViewPatch::default() };
    let edited = services.views.edit(&as_ana, id, set("Hot", true)).await.unwrap();
    assert_eq!(services.views.edit(&as_ana, id, set("Hot", true)).await, Ok(EditedView { view: edited.view, undo: None }), "no change");
    let path = format!("/api/changes/{}/undo", edited.undo.unwrap());
    assert_eq!(bo.ask(Method::POST, &path, json!({})).await.0, 404, "it was private before, so she learns nothing");
    let (status, back) = ana.ask(Method::POST, &path, json!({})).await;
    assert_eq!(
        (status, &back["view"]["name"], &back["view"]["shared"], &back["view"]["revision"]),
        (200, &json!("Warm"), &json!(false), &json!(3))
    );
    assert_eq!((ana.names().await, bo.names().await), (vec!["Warm".to_owned()], vec![]));
    assert_eq!(ana.ask(Method::POST, &path, json!({})).await.0, 409, "twice");
    let renamed = services.views.edit(&as_ana, id, set("Cold", false)).await.unwrap();
    ana.save(json!({ "name": "warm" })).await;
    let path = format!("/api/changes/{}/undo", renamed.undo.unwrap());
    assert_eq!(ana.ask(Method::POST, &path, json!({})).await.0, 409, "the name is taken");
    assert_eq!(ana.names().await, ["Cold", "warm"]);
    server.stop().await;
}

async fn a_hundred_views_are_the_most_by_every_way(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = Person::new(&server, "ana@views.example", Role::Member).await;
    let first = ana.save(json!({ "name": "View 0" })).await;
    for n in 1..100 {
        ana.save(json!({ "name": format!("View {n}") })).await;
    }
    let (_, gone) = ana.ask(Method::DELETE, &format!("/api/views/{}", first["id"].as_str().unwrap()), json!({})).await;
    // Two concurrent requests for the last free view.
    let (one, other) = tokio::join!(
        ana.ask(Method::POST, "/api/views", json!({ "name": "One" })),
        ana.ask(Method::POST, "/api/views", json!({ "name": "Other" }))
    );
    let mut both = [one.0, other.0];
    both.sort_unstable();
    assert_eq!(both, [201, 409]);
    assert_eq!(ana.ask(Method::POST, "/api/views", json!({ "name": "More" })).await.0, 409);
    let undo = format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap());
    assert_eq!(ana.ask(Method::POST, &undo, json!({})).await.0, 409);
    assert_eq!(ana.names().await.len(), 100);
    server.stop().await;
}

async fn views_are_small_together_and_so_is_a_page(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = Person::new(&server, "ana@views.example", Role::Viewer).await;
    let texts = |count: usize| {
        (0..count).map(|at| json!({ "field": "name", "op": "contains", "value": format!("{at}{}", "x".repeat(190)) })).collect::<Vec<_>>()
    };
    let large = json!({ "rule": { "any": texts(75) } });
    let mut saved = Vec::new();
    let refused = loop {
        let (status, view) = ana.ask(Method::POST, "/api/views", json!({ "name": format!("Large {}", saved.len()), "query": large })).await;
        if status != 201 {
            break view;
        }
        saved.push(view["id"].as_str().unwrap().to_owned());
        assert!(saved.len() < 10, "nothing bounds them");
    };
    assert_eq!(refused["errors"][0]["field"], "query", "{refused}");
    assert!(!saved.is_empty());
    // A small view cannot grow beyond the limit either.
    let (status, small) = ana.ask(Method::POST, "/api/views", json!({ "name": "Small" })).await;
    assert_eq!(status, 201);
    let path = format!("/api/views/{}", small["id"].as_str().unwrap());
    assert_eq!(ana.ask(Method::PATCH, &path, json!({ "query": large })).await.0, 422);

    // All shared views together have a limit too, whoever owns them.
    let mut shared = 0;
    'all: for at in 0..4 {
        let person = Person::new(&server, &format!("p{at}@views.example"), Role::Manager).await;
        for of in 0..3 {
            let body = json!({ "name": format!("Shared {of}"), "query": large, "shared": true });
            let (status, answer) = person.ask(Method::POST, "/api/views", body).await;
            if status == 201 {
                shared += 1;
                continue;
            }
            assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("shared")), "{answer}");
            let private = person.save(json!({ "name": "Private", "query": large })).await;
            let path = format!("/api/views/{}", private["id"].as_str().unwrap());
            assert_eq!(person.ask(Method::PATCH, &path, json!({ "shared": true })).await.0, 422);
            break 'all;
        }
    }
    assert!((3..9).contains(&shared), "{shared}");

    // A filter of n tests, each with a link that contains the others, would give a page of size n².
    let rule =
        json!({ "any": (0..190).map(|at| json!({ "field": "score", "op": "is_not", "value": at % 100 })).collect::<Vec<_>>() }).to_string();
    let page = ana.client.get(reqwest::Url::parse_with_params(&server.url("/leads"), [("rule", &rule)]).unwrap()).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("and 166 more"));
    assert!(page.len() < 2_500_000, "{} bytes", page.len());
    server.stop().await;
}

/// The next `count` deltas about views.
async fn views_heard(client: &mut LiveClient, count: usize) -> Vec<(DeltaOp, String)> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let items: Vec<Delta> = client
            .until(|message| match message {
                ServerMessage::Deltas { items, .. } => Some(items),
                _ => None,
            })
            .await;
        heard.extend(items.into_iter().map(|delta| {
            let Some(Record::View(view)) = delta.record else { panic!("{delta:?}") };
            (delta.op, view.name)
        }));
    }
    heard
}

//! Tests of segments in rules: lists, views, exports, bulk actions and other segments name a segment and follow its rule.

use crate::common::{
    TestDb,
    leads::{edit, member, member_of, new_lead, undo, with_member},
    server::{TestServer, json},
};
use domain::{
    Actor, Error, Role, SegmentId, UserId,
    bulk::{BulkAction, NewBulk},
    exports::{ExportFormat, ExportOf, NewExport},
    leads::{LeadQuery, NewLead, Selection, Sort},
    orders::NewOrder,
    rule::{MAX_TESTS, Op, Rule, Value as RuleValue},
    segments::{MOST_ASKING, NewSegment, SegmentPatch},
    views::{NewView, ViewPatch, ViewQuery},
};
use reqwest::Method;
use serde_json::{Value, json};
use server::{http::App, segments};
use std::time::Duration;
use uuid::Uuid;

both_dbs!(
    whatever_names_a_segment_follows_its_rule,
    sizes_follow_the_segments_that_a_segment_names,
    time_moves_leads_through_the_segments_that_name_another,
    no_segment_comes_to_be_inside_itself,
    limits_hold_for_what_a_segment_names_and_who_names_it,
    a_segment_in_use_says_where_and_is_deleted_when_that_is_confirmed,
    it_says_why_a_lead_is_in_a_named_segment
);

fn score(least: f64) -> Rule {
    Rule::test("score", Op::Gte, RuleValue::Number(least))
}

fn not(rule: Rule) -> Rule {
    Rule::Not(Box::new(rule))
}

async fn ask(server: &TestServer, role: Role, method: Method, path: &str, body: Value) -> (u16, Value) {
    let answer = server.key(role).await.request(method, server.url(path)).json(&body).send().await.unwrap();
    (answer.status().as_u16(), json(answer).await)
}

async fn make(app: &App, name: &str, rule: Rule) -> SegmentId {
    let new = NewSegment { name: name.to_owned(), rule, ..NewSegment::default() };
    app.services.segments.create(&member(), new).await.unwrap().segment.id
}

async fn set_rule(app: &App, id: SegmentId, rule: Rule) -> domain::Result<domain::ChangeId> {
    let patch = SegmentPatch { rule: Some(rule), ..SegmentPatch::default() };
    app.services.segments.edit(&member(), id, patch).await.map(|edited| edited.undo.unwrap())
}

async fn leads(app: &App, scores: impl IntoIterator<Item = i32>) -> Vec<domain::LeadId> {
    let mut made = Vec::new();
    for (at, score) in scores.into_iter().enumerate() {
        let new = NewLead { score, ..new_lead(&format!("Lead {at}"), &format!("lead{at}@nested.example")) };
        made.push(app.services.leads.create(&member(), new).await.unwrap().id);
    }
    made
}

async fn size(app: &App, id: SegmentId) -> i64 {
    loop {
        if let Some(size) = app.services.segments.get(&member(), id).await.unwrap().unwrap().data.segment.size {
            return size;
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until all segments are counted, and compares their sizes with a count.
async fn exact(app: &App) {
    while app.services.segments.list(&member()).await.unwrap().data.iter().any(|one| one.size.is_none()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(segments::audit(&app.store).await.unwrap(), Vec::<String>::new());
}

fn errors<T: std::fmt::Debug>(result: domain::Result<T>) -> Vec<(String, String)> {
    let Err(Error::Invalid(errors)) = result else { panic!("{result:?}") };
    errors.into_iter().map(|error| (error.field, error.message)).collect()
}

async fn whatever_names_a_segment_follows_its_rule(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    with_member(app.store.clone()).await;
    let people = leads(app, (0..10).map(|n| n * 10)).await;
    let warm = make(app, "Warm", score(50.0)).await;
    let named = Rule::All(vec![Rule::segment(warm), not(score(80.0))]);
    let list = async |rule: &Rule| {
        let query = LeadQuery { rule: rule.clone(), ..LeadQuery::default() };
        let page = app.services.leads.list(&member(), &query).await.unwrap().data;
        assert_eq!(app.services.leads.count(&member(), rule).await.unwrap(), page.leads.len() as i64);
        page.leads.len()
    };
    assert_eq!((list(&named).await, list(&not(Rule::segment(warm))).await), (3, 5));
    let view =
        NewView { name: "Warm ones".to_owned(), query: ViewQuery { rule: named.clone(), ..ViewQuery::default() }, ..NewView::default() };
    assert_eq!(app.services.views.create(&member(), view).await.unwrap().query.rule, named);
    let rule = json!({ "field": "segmentId", "op": "is", "value": warm.to_string().to_uppercase() });
    let encoded: String = rule.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (status, page) = ask(&server, Role::Viewer, Method::GET, &format!("/api/leads?rule={encoded}"), json!({})).await;
    assert_eq!((status, page["data"].as_array().unwrap().len()), (200, 5), "{page}");

    // The next read sees the edit.
    for (least, expected) in [(20.0, 6), (70.0, 1), (0.0, 8)] {
        set_rule(app, warm, score(least)).await.unwrap();
        assert_eq!(list(&named).await, expected, "{least}");
    }
    let export = NewExport {
        of: ExportOf::Leads(Selection::Matching(named.clone())),
        format: ExportFormat::Csv,
        sort: Sort::default(),
        columns: vec!["email".to_owned()],
        bom: false,
    };
    assert_eq!(app.services.exports.start(&member(), export).await.unwrap().total, 8);
    set_rule(app, warm, score(70.0)).await.unwrap();
    let tag = NewBulk { action: BulkAction::AddTag { tag: "warm".to_owned() }, which: Selection::Matching(named) };
    let bulk = app.services.bulk.run(&member(), tag).await.unwrap();
    assert_eq!((bulk.total, bulk.changed), (1, 1));
    let tagged = app.services.leads.get(&member(), people[7]).await.unwrap().unwrap();
    assert_eq!(tagged.tags, ["warm"]);
    let unknown = Rule::segment(SegmentId(Uuid::from_u128(5)));
    assert_eq!((list(&unknown).await, list(&not(unknown.clone())).await), (0, 10), "as of a deleted one");
    server.stop().await;
}

async fn sizes_follow_the_segments_that_a_segment_names(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    with_member(app.store.clone()).await;
    let people = leads(app, (0..10).map(|n| n * 10)).await;
    let warm = make(app, "Warm", score(50.0)).await;
    let cold = make(app, "Cold", not(Rule::segment(warm))).await;
    let both = make(app, "Cold, with a name", Rule::All(vec![Rule::segment(cold), Rule::search("lead")])).await;
    let sizes = async || [size(app, warm).await, size(app, cold).await, size(app, both).await];
    assert_eq!(sizes().await, [5, 5, 5]);
    app.services.leads.update(&member(), people[0], edit(|set| set.score = Some(99))).await.unwrap();
    assert_eq!(sizes().await, [6, 4, 4], "in the transaction of the write");
    let undo_edit = set_rule(app, warm, score(90.0)).await.unwrap();
    assert_eq!(sizes().await, [2, 8, 8]);
    exact(app).await;

    // A rule about orders makes all of them ask the database.
    set_rule(app, warm, Rule::test("orders", Op::Gte, RuleValue::Number(1.0))).await.unwrap();
    assert_eq!(sizes().await, [0, 10, 10]);
    let order = NewOrder { customer: people[3].to_string(), amount: Some(500), ..NewOrder::default() };
    app.services.orders.add(&member(), order).await.unwrap();
    assert_eq!(sizes().await, [1, 9, 9]);
    app.services.leads.delete(&member(), people[3]).await.unwrap();
    assert_eq!(sizes().await, [0, 9, 9]);
    exact(app).await;
    assert!(matches!(undo(&app.store, &member(), undo_edit).await, Err(Error::Conflict(_))), "edited since");

    let gone = app.services.segments.delete(&member(), warm, true).await.unwrap();
    assert_eq!((size(app, cold).await, size(app, both).await), (9, 9));
    set_rule(app, cold, Rule::segment(warm)).await.unwrap();
    assert_eq!((size(app, cold).await, size(app, both).await), (0, 0), "nobody is in a deleted segment");
    undo(&app.store, &member(), gone).await.unwrap();
    set_rule(app, warm, score(50.0)).await.unwrap();
    assert_eq!(sizes().await, [6, 6, 6]);
    exact(app).await;

    let server = server.restart().await;
    let app = &server.server.app;
    app.services.leads.update(&member(), people[1], edit(|set| set.score = Some(70))).await.unwrap();
    assert_eq!([size(app, warm).await, size(app, both).await], [7, 7]);
    exact(app).await;
    server.stop().await;
}

async fn time_moves_leads_through_the_segments_that_name_another(db: &TestDb) {
    let (server, clock) = TestServer::with_clock(db).await;
    let app = &server.server.app;
    let fresh = make(app, "Fresh", Rule::test("created_at", Op::WithinDays, RuleValue::Number(1.0))).await;
    let stale = make(app, "Stale", not(Rule::segment(fresh))).await;
    leads(app, [1, 2]).await;
    while [size(app, fresh).await, size(app, stale).await] != [2, 0] {
        tokio::task::yield_now().await;
    }
    clock.pass(Duration::from_hours(48));
    while [size(app, fresh).await, size(app, stale).await] != [0, 2] {
        tokio::task::yield_now().await;
    }
    exact(app).await;
    server.stop().await;
}

async fn no_segment_comes_to_be_inside_itself(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let first = make(app, "First", score(1.0)).await;
    let second = make(app, "Second", Rule::All(vec![score(2.0), Rule::segment(first)])).await;
    let third = make(app, "Third", not(Rule::segment(second))).await;
    let circle = errors(set_rule(app, first, Rule::All(vec![score(1.0), Rule::segment(third)])).await);
    let said = "A segment cannot be inside itself: First → Third → Second → First. Take one of these tests out";
    assert_eq!(circle, [("rule.all[1].value".to_owned(), said.to_owned())]);
    assert_eq!(errors(set_rule(app, first, Rule::segment(first)).await)[0].0, "rule.value");
    let path = format!("/api/segments/{first}");
    let body = json!({ "rule": { "any": [{ "field": "segment", "op": "is_not", "value": [second, first] }] } });
    let (status, problem) = ask(&server, Role::Member, Method::PATCH, &path, body).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("rule.any[0].value")), "{problem}");

    // Nor by an undo: while it was gone, another one came to name it.
    let gone = app.services.segments.delete(&member(), third, false).await.unwrap();
    set_rule(app, first, Rule::segment(third)).await.unwrap();
    assert!(undo(&app.store, &member(), gone).await.is_err());
    let named = set_rule(app, first, score(3.0)).await.unwrap();
    undo(&app.store, &member(), gone).await.unwrap();
    assert!(undo(&app.store, &member(), named).await.is_err());
    exact(app).await;
    server.stop().await;
}

async fn limits_hold_for_what_a_segment_names_and_who_names_it(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let many = |count: usize| Rule::Any((0..count).map(|n| score(n as f64)).collect());
    let large = make(app, "Large", many(MAX_TESTS - 1)).await;
    let named = |more: usize| Rule::All(vec![Rule::segment(large), many(more)]);
    let user = make(app, "User", named(1)).await;
    assert_eq!(errors(set_rule(app, user, named(2)).await)[0].0, "rule");
    let too_large = errors(set_rule(app, large, many(MAX_TESTS)).await);
    assert!(too_large[0].0 == "rule" && too_large[0].1.contains("“User” names this one"), "{too_large:?}");
    let query = LeadQuery { rule: named(2), ..LeadQuery::default() };
    assert_eq!(errors(app.services.leads.list(&member(), &query).await)[0].0, "rule");
    let view = NewView { name: "Too large".to_owned(), query: ViewQuery { rule: named(2), ..ViewQuery::default() }, ..NewView::default() };
    assert_eq!(errors(app.services.views.create(&member(), view).await)[0].0, "rule");

    let asking = |number: usize| Rule::Any(vec![Rule::test("orders", Op::Gte, RuleValue::Number(1.0)); number]);
    set_rule(app, large, asking(MOST_ASKING)).await.unwrap();
    assert_eq!(errors(set_rule(app, user, Rule::All(vec![Rule::segment(large), asking(1)])).await)[0].0, "rule");
    set_rule(app, large, asking(MOST_ASKING - 1)).await.unwrap();
    set_rule(app, user, Rule::All(vec![Rule::segment(large), asking(1)])).await.unwrap();
    assert_eq!(errors(set_rule(app, large, asking(MOST_ASKING)).await)[0].0, "rule", "of who names it");
    server.stop().await;
}

async fn a_segment_in_use_says_where_and_is_deleted_when_that_is_confirmed(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    leads(app, [10, 60]).await;
    let (mia, bo) = (member(), member_of(UserId(Uuid::from_u128(8)), "Bo Member"));
    for actor in [&mia, &bo] {
        crate::common::leads::account_of(&app.store, actor).await;
    }
    let warm = make(app, "Warm", score(50.0)).await;
    let buyers = make(app, "Buyers", Rule::segment(warm)).await;
    let view =
        |name: &str, rule: Rule| NewView { name: name.to_owned(), query: ViewQuery { rule, ..ViewQuery::default() }, ..NewView::default() };
    let own = app.services.views.create(&mia, view("Mine", Rule::All(vec![Rule::segment(warm)]))).await.unwrap();
    app.services.views.create(&mia, view("Of others", Rule::segment(buyers))).await.unwrap();
    app.services.views.create(&bo, view("Bo's", not(Rule::segment(warm)))).await.unwrap();
    let used_by = async |actor: &Actor| app.services.segments.get(actor, warm).await.unwrap().unwrap().data.used_by;
    let used = used_by(&mia).await;
    assert_eq!(used.to_string(), "the segment “Buyers”, the view “Mine” and a private view of someone else");
    assert_eq!((used.segments[0].id, used.views[0].id), (buyers, own.id));
    assert_eq!(used_by(&bo).await.to_string(), "the segment “Buyers”, the view “Bo's” and a private view of someone else");
    let path = format!("/api/segments/{warm}");
    let (_, detail) = ask(&server, Role::Viewer, Method::GET, &path, json!({})).await;
    assert_eq!(detail["usedBy"], json!({ "segments": [{ "id": buyers, "name": "Buyers" }], "views": [], "privateViews": 2 }));

    let (status, problem) = ask(&server, Role::Admin, Method::DELETE, &path, json!({})).await;
    assert_eq!(status, 409, "{problem}");
    let said = problem["detail"].as_str().unwrap();
    assert!(said.starts_with("Warm is used by the segment “Buyers” and 2 private views of others"), "{said}");
    assert!(matches!(app.services.segments.delete(&mia, warm, false).await, Err(Error::Conflict(_))));
    let (status, gone) = ask(&server, Role::Admin, Method::DELETE, &format!("{path}?evenIfUsed=true"), json!({})).await;
    assert_eq!(status, 200, "{gone}");
    assert_eq!(size(app, buyers).await, 0);
    assert_eq!(app.services.leads.count(&mia, &Rule::segment(warm)).await.unwrap(), 0);
    undo(&app.store, &Actor::system(), gone["undo"].as_str().unwrap().parse().unwrap()).await.unwrap();
    assert_eq!(size(app, buyers).await, 1);
    exact(app).await;

    // Nobody uses it any more.
    set_rule(app, buyers, score(1.0)).await.unwrap();
    app.services.views.delete(&mia, own.id).await.unwrap();
    let bos = app.services.views.list(&bo).await.unwrap().data[0].clone();
    let patch = ViewPatch { query: Some(ViewQuery::default()), ..ViewPatch::default() };
    app.services.views.edit(&bo, bos.id, patch).await.unwrap();
    assert!(used_by(&mia).await.is_empty());
    app.services.segments.delete(&mia, warm, false).await.unwrap();
    server.stop().await;
}

async fn it_says_why_a_lead_is_in_a_named_segment(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let lead = leads(app, [60]).await[0];
    let buyers = make(app, "Buyers", Rule::test("orders", Op::Gte, RuleValue::Number(1.0))).await;
    let warm = make(app, "Warm", Rule::All(vec![score(50.0), not(Rule::segment(buyers))])).await;
    let order = NewOrder { customer: lead.to_string(), amount: Some(500), ..NewOrder::default() };
    app.services.orders.add(&member(), order).await.unwrap();
    let body = json!({ "rule": { "field": "segment", "op": "is", "value": warm }, "leadId": lead });
    let (status, told) = ask(&server, Role::Viewer, Method::POST, "/api/rules/explain", body).await;
    assert_eq!((status, &told["isIn"], &told["why"]["sentence"]), (200, &json!(false), &json!("segment is Warm")), "{told}");
    let warm = &told["why"]["parts"][0];
    assert_eq!((&warm["sentence"], &warm["passed"]), (&json!("Warm"), &json!(false)));
    let parts = warm["parts"][0]["parts"].as_array().unwrap();
    assert_eq!((&parts[0]["passed"], &parts[0]["actual"], &parts[1]["passed"]), (&json!(true), &json!("60"), &json!(false)));
    let inner = &parts[1]["parts"][0]["parts"][0];
    assert_eq!((&inner["sentence"], &inner["parts"][0]["actual"]), (&json!("Buyers"), &json!("1")), "{told}");
    server.stop().await;
}

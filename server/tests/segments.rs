//! Segments: their sizes equal a count after every write, by whichever way it came.

use crate::common::{
    TestDb,
    campaigns::{ids, named},
    leads::{edit, member, member_of, new_lead, undo, with_member},
    server::{TestServer, json},
};
use domain::{
    Actor, LeadId, Record, Role, SegmentId, UserId,
    bulk::{BulkAction, NewBulk},
    campaigns::{CampaignAction, Task},
    leads::{NewLead, Selection, Stage, Status},
    orders::NewOrder,
    rule::{Op, Rule, Value as RuleValue},
    segments::{MOST_ASKING, MOST_ASKING_IN_ALL, MOST_OF_ONE, NewSegment, SegmentPatch},
};
use reqwest::Method;
use serde_json::{Value, json};
use server::{campaigns, http::App, segments, store::sql};
use std::time::Duration;
use tokio::sync::oneshot;
use uuid::Uuid;

both_dbs!(
    a_segment_is_made_edited_and_restored_with_its_size,
    what_cannot_be_a_segment_is_refused,
    sizes_are_those_of_a_count_after_random_writes,
    one_person_cannot_use_up_what_all_segments_may_cost,
    a_rule_that_is_edited_while_others_write_is_counted_right,
    leads_leave_as_time_passes,
    a_count_that_a_crash_prevented_is_made_up_for,
    it_says_why_a_lead_is_in
);

fn score(least: f64) -> Rule {
    Rule::test("score", Op::Gte, RuleValue::Number(least))
}

fn new(name: &str, rule: Rule) -> NewSegment {
    NewSegment { name: name.to_owned(), rule, ..NewSegment::default() }
}

async fn ask(server: &TestServer, role: Role, method: Method, path: &str, body: Value) -> (u16, Value) {
    let answer = server.key(role).await.request(method, server.url(path)).json(&body).send().await.unwrap();
    (answer.status().as_u16(), json(answer).await)
}

async fn size(app: &App, id: SegmentId) -> Option<i64> {
    app.services.segments.get(&member(), id).await.unwrap().unwrap().data.segment.size
}

/// Waits until all segments are counted, and compares their sizes with a count.
async fn exact(app: &App) {
    while app.services.segments.list(&member()).await.unwrap().data.iter().any(|one| one.size.is_none()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(segments::audit(&app.store).await.unwrap(), Vec::<String>::new());
}

async fn a_segment_is_made_edited_and_restored_with_its_size(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    for n in 0..10 {
        app.services.leads.create(&member(), NewLead { score: n * 10, ..new_lead("Ana", &format!("a{n}@s.example")) }).await.unwrap();
    }
    let body = json!({ "name": " Warm ", "rule": { "field": "score", "op": "gte", "value": 50 } });
    let (status, made) = ask(&server, Role::Member, Method::POST, "/api/segments", body).await;
    assert_eq!((status, &made["name"], &made["size"]), (201, &json!("Warm"), &json!(5)), "{made}");
    let path = format!("/api/segments/{}", made["id"].as_str().unwrap());
    let (status, list) = ask(&server, Role::Viewer, Method::GET, "/api/segments", json!({})).await;
    assert_eq!((status, &list["data"][0]["size"]), (200, &json!(5)));

    let set = json!({ "rule": { "field": "score", "op": "gte", "value": 80 }, "revision": 1 });
    let (status, edited) = ask(&server, Role::Member, Method::PATCH, &path, set.clone()).await;
    assert_eq!((status, &edited["size"], &edited["revision"]), (200, &json!(2), &json!(2)), "{edited}");
    assert_eq!(ask(&server, Role::Member, Method::PATCH, &path, set).await.0, 409, "of an older revision");

    let id: SegmentId = made["id"].as_str().unwrap().parse().unwrap();
    let lead = app.services.leads.create(&member(), NewLead { score: 99, ..new_lead("Bo", "bo@s.example") }).await.unwrap();
    let detail = app.services.segments.get(&member(), id).await.unwrap().unwrap().data;
    assert_eq!((detail.segment.size, detail.moves.len()), (Some(3), 1));
    assert_eq!((detail.moves[0].lead_id, detail.moves[0].entered, detail.moves[0].name.as_deref()), (lead.id, true, Some("Bo")));
    let today = detail.days.last().unwrap();
    assert_eq!((today.entered, today.left, today.size), (1, 0, 3), "what a count found has not entered");

    let (status, gone) = ask(&server, Role::Admin, Method::DELETE, &path, json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(ask(&server, Role::Viewer, Method::GET, &path, json!({})).await.0, 404);
    app.services.leads.delete(&member(), lead.id).await.unwrap();
    let back = undo(&app.store, &Actor::system(), gone["undo"].as_str().unwrap().parse().unwrap()).await.unwrap();
    assert!(matches!(back, Some(Record::Segment(segment)) if segment.id == id));
    exact(app).await;
    assert_eq!(size(app, id).await, Some(2));
    server.stop().await;
}

async fn what_cannot_be_a_segment_is_refused(db: &TestDb) {
    let server = TestServer::start(db).await;
    let post = |role, body| ask(&server, role, Method::POST, "/api/segments", body);
    let (status, wrong) = post(Role::Member, json!({ "name": "", "rule": { "all": [{ "field": "shoe", "op": "is", "value": 9 }] } })).await;
    assert_eq!((status, &wrong["errors"][0]["field"], &wrong["errors"][1]["field"]), (422, &json!("name"), &json!("rule.all[0].field")));
    for (rule, field) in [
        (json!({ "any": [{ "field": "score", "op": "like", "value": 9 }] }), "rule.any[0].op"),
        (json!({ "all": [{ "not": { "field": "score", "op": "gte", "value": {} } }] }), "rule.all[0].not.value"),
        (json!({ "some": [] }), "rule"),
        (json!(7), "rule"),
    ] {
        let (status, wrong) = post(Role::Member, json!({ "name": "Mine", "rule": rule.clone() })).await;
        assert_eq!((status, &wrong["errors"][0]["field"]), (422, &json!(field)), "{wrong}");
        let body = json!({ "rule": rule, "leadId": "0198c5a2-7b1e-7c44-9f0a-3d2f5b6a7c8d" });
        let (status, wrong) = ask(&server, Role::Member, Method::POST, "/api/rules/explain", body).await;
        assert_eq!((status, &wrong["errors"][0]["field"]), (422, &json!(field)), "{wrong}");
    }
    assert_eq!(post(Role::Viewer, json!({ "name": "Mine" })).await.0, 403);
    assert_eq!(post(Role::Member, json!({ "name": "Mine", "size": 5 })).await.0, 422);
    let (status, made) = post(Role::Member, json!({ "name": "Mine" })).await;
    assert_eq!((status, &made["size"]), (201, &json!(0)), "everyone, of nobody");
    let (status, taken) = post(Role::Member, json!({ "name": "MINE" })).await;
    assert_eq!((status, &taken["existing"]["entity"]), (409, &json!("segment")), "{taken}");

    let services = &server.server.app.services;
    let (mia, bo) = (member(), member_of(UserId(Uuid::from_u128(8)), "Bo Member"));
    let own = services.segments.create(&mia, new("Mia's", Rule::everyone())).await.unwrap().segment;
    assert!(services.segments.edit(&bo, own.id, SegmentPatch { name: Some("Ours".into()), ..SegmentPatch::default() }).await.is_ok());
    assert!(matches!(services.segments.delete(&bo, own.id, false).await, Err(domain::Error::Forbidden(_))));
    services.segments.delete(&mia, own.id, false).await.unwrap();
    assert!(matches!(services.segments.delete(&mia, own.id, false).await, Err(domain::Error::NotFound { .. })));
    server.stop().await;
}

async fn one_person_cannot_use_up_what_all_segments_may_cost(db: &TestDb) {
    let server = TestServer::start(db).await;
    let segments = &server.server.app.services.segments;
    let asking = |number| Rule::Any(vec![Rule::test("orders", Op::Gte, RuleValue::Number(1.0)); number]);
    let mia = member();
    let mut last = None;
    for n in 0..MOST_ASKING_IN_ALL / MOST_ASKING {
        last = Some(segments.create(&mia, new(&format!("Buyers {n}"), asking(MOST_ASKING))).await.unwrap().segment);
    }
    assert!(matches!(segments.create(&mia, new("One more", asking(1))).await, Err(domain::Error::Conflict(_))));
    segments.edit(&mia, last.unwrap().id, SegmentPatch { rule: Some(asking(MOST_ASKING - 1)), ..SegmentPatch::default() }).await.unwrap();
    let more = segments.create(&mia, new("One more", asking(1))).await.unwrap().segment;
    let edited = segments.edit(&mia, more.id, SegmentPatch { rule: Some(asking(2)), ..SegmentPatch::default() }).await;
    assert!(matches!(edited, Err(domain::Error::Conflict(_))));

    for n in MOST_ASKING_IN_ALL / MOST_ASKING + 1..MOST_OF_ONE {
        segments.create(&mia, new(&format!("Own {n}"), Rule::everyone())).await.unwrap();
    }
    assert!(matches!(segments.create(&mia, new("Too many", Rule::everyone())).await, Err(domain::Error::Conflict(_))));
    segments.create(&member_of(UserId(Uuid::from_u128(8)), "Bo Member"), new("Bo's", Rule::everyone())).await.unwrap();
    server.stop().await;
}

/// Rules of each kind: of the lead alone, of its enrollments, of both, of time, and of other segments.
async fn all_kinds(app: &App, campaign: domain::CampaignId) -> Vec<SegmentId> {
    let of = Rule::test("campaign", Op::Is, RuleValue::Text(campaign.to_string()));
    let replied = Rule::test("replied_at", Op::IsSet, RuleValue::None);
    let rules = [
        Rule::everyone(),
        score(50.0),
        Rule::search("ana"),
        Rule::Not(Box::new(Rule::test("stage", Op::Is, RuleValue::Text("New Lead".into())))),
        Rule::test("tags", Op::Contains, RuleValue::Text("vip".into())),
        of.clone(),
        Rule::All(vec![of.clone(), score(30.0)]),
        Rule::Any(vec![replied.clone(), score(90.0)]),
        Rule::Not(Box::new(of)),
        Rule::test("created_at", Op::WithinDays, RuleValue::Number(1.0)),
        Rule::All(vec![replied, Rule::test("last_activity_at", Op::WithinDays, RuleValue::Number(7.0))]),
    ];
    let mut made = Vec::new();
    for (at, rule) in rules.into_iter().enumerate() {
        let name = format!("Segment {at}");
        made.push(app.services.segments.create(&member(), new(&name, rule)).await.unwrap().segment.id);
    }
    let named = [1, 5, 9].map(|at| Rule::segment(made[at]));
    for rule in [Rule::Not(Box::new(Rule::All(named.to_vec()))), Rule::Any(named.to_vec())] {
        let name = format!("Segment {}", made.len());
        made.push(app.services.segments.create(&member(), new(&name, rule)).await.unwrap().segment.id);
    }
    made
}

/// Random writes by every way in which leads come into a segment or leave it.
async fn work(app: App, campaign: domain::CampaignId, seed: u64, steps: usize) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut known: Vec<LeadId> = Vec::new();
    let services = &app.services;
    for step in 0..steps {
        if known.len() < 4 || dice.u64(..5) == 0 {
            let tags = if dice.bool() { vec!["VIP".to_owned()] } else { Vec::new() };
            let name = if dice.bool() { "Ana Holt" } else { "Bo Vale" };
            let new = NewLead { score: dice.i32(0..100), tags, ..new_lead(name, &format!("{seed}-{step}@w.example")) };
            known.push(services.leads.create(&member(), new).await.unwrap().id);
            continue;
        }
        let at = dice.usize(..known.len());
        let id = known[at];
        let some: Vec<LeadId> = known.iter().copied().filter(|_| dice.bool()).collect();
        match dice.u64(..11) {
            0 => {
                let change = services.leads.delete(&member(), id).await.unwrap();
                if dice.bool() {
                    services.changes.undo(&member(), change).await.unwrap();
                } else {
                    known.swap_remove(at);
                }
            }
            1 => drop(services.leads.update(&member(), id, edit(|set| set.stage = Some(*dice.choice(Stage::ALL).unwrap()))).await.unwrap()),
            2 => {
                drop(services.leads.update(&member(), id, edit(|set| set.status = Some(*dice.choice(Status::ALL).unwrap()))).await.unwrap())
            }
            3 => drop(services.leads.update(&member(), id, edit(|set| set.name = Some("Ana Berg".into()))).await.unwrap()),
            4 | 5 => drop(services.campaigns.enroll(&member(), campaign, Selection::Leads(some)).await),
            6 => drop(services.campaigns.unenroll(&member(), campaign, Selection::Leads(vec![id])).await),
            7 => drop(services.campaigns.work(&member(), id, Task::FollowUp, Some(campaign)).await),
            8 => {
                let new = NewBulk { action: BulkAction::AddTag { tag: "vip".into() }, which: Selection::Leads(some) };
                let bulk = services.bulk.run(&member(), new).await;
                if let (Ok(bulk), true) = (bulk, dice.bool()) {
                    drop(services.bulk.undo(&member(), bulk.id).await);
                }
            }
            9 => {
                let new = NewBulk { action: BulkAction::Delete {}, which: Selection::Leads(vec![id]) };
                if let Ok(bulk) = services.bulk.run(&member(), new).await {
                    drop(services.bulk.undo(&member(), bulk.id).await);
                }
            }
            _ => drop(services.leads.update(&member(), id, edit(|set| set.score = Some(dice.i32(0..100)))).await.unwrap()),
        }
    }
}

async fn sizes_are_those_of_a_count_after_random_writes(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = server.server.app.clone();
    with_member(app.store.clone()).await;
    let campaign = app.services.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    app.services.campaigns.act(&member(), campaign, CampaignAction::Start).await.unwrap();
    let made = all_kinds(&app, campaign).await;
    let workers: Vec<_> = (0..4).map(|seed| tokio::spawn(work(app.clone(), campaign, seed, 60))).collect();
    for worker in workers {
        worker.await.unwrap();
    }
    exact(&app).await;
    let everyone = size(&app, made[0]).await.unwrap();
    assert!(everyone > 10 && size(&app, made[5]).await.unwrap() > 0, "{everyone}");

    let gone = app.services.campaigns.delete(&Actor::system(), campaign).await.unwrap();
    exact(&app).await;
    assert_eq!(size(&app, made[5]).await, Some(0), "its enrollments do not count");
    app.services.changes.undo(&Actor::system(), gone).await.unwrap();
    exact(&app).await;
    assert!(size(&app, made[5]).await.unwrap() > 0);

    let server = server.restart().await;
    work(server.server.app.clone(), campaign, 9, 40).await;
    exact(&server.server.app).await;
    server.stop().await;
}

/// Only on Postgres do two write at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_that_is_restored_while_another_write_names_it_is_counted_once() {
    let db = TestDb::postgres().await;
    let server = TestServer::start(&db).await;
    let app = &server.server.app;
    with_member(app.store.clone()).await;
    let spring = app.services.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    let of_spring = Rule::test("campaign", Op::Is, RuleValue::Text(spring.to_string()));
    let made = app.services.segments.create(&member(), new("Others", Rule::Not(Box::new(of_spring)))).await.unwrap().segment.id;
    let mut leads = Vec::new();
    for name in ["ana", "bo", "cy"] {
        leads.push(app.services.leads.create(&member(), new_lead(name, &format!("{name}@s.example"))).await.unwrap().id);
    }
    let gone = app.services.leads.delete(&member(), leads[0]).await.unwrap();
    let ((named, has_named), (go, going)) = (oneshot::channel(), oneshot::channel());
    let (store, some) = (app.store.clone(), leads[..2].to_vec());
    let enrolling = tokio::spawn(async move {
        let mia = member();
        let work = store.write(&mia, move |tx| {
            Box::pin(async move {
                let (came, _) = campaigns::enroll_many(tx, spring, &some).await?;
                named.send(()).unwrap();
                going.await.unwrap();
                Ok(came)
            })
        });
        work.await.unwrap()
    });
    has_named.await.unwrap();
    app.services.changes.undo(&member(), gone).await.unwrap();
    go.send(()).unwrap();
    assert_eq!(enrolling.await.unwrap(), leads[1..2]);
    exact(app).await;
    assert_eq!(size(app, made).await, Some(2));
    server.stop().await;
}

async fn a_rule_that_is_edited_while_others_write_is_counted_right(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = server.server.app.clone();
    with_member(app.store.clone()).await;
    let campaign = app.services.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    let made = app.services.segments.create(&member(), new("Warm", score(50.0))).await.unwrap().segment.id;
    let workers: Vec<_> = (0..3).map(|seed| tokio::spawn(work(app.clone(), campaign, 20 + seed, 60))).collect();
    let mut dice = fastrand::Rng::with_seed(5);
    while workers.iter().any(|worker| !worker.is_finished()) {
        let rule = Some(score(dice.f64() * 100.0));
        app.services.segments.edit(&member(), made, SegmentPatch { rule, ..SegmentPatch::default() }).await.unwrap();
    }
    for worker in workers {
        worker.await.unwrap();
    }
    exact(&app).await;
    server.stop().await;
}

async fn leads_leave_as_time_passes(db: &TestDb) {
    let (server, clock) = TestServer::with_clock(db).await;
    let app = &server.server.app;
    let fresh = Rule::test("created_at", Op::WithinDays, RuleValue::Number(1.0));
    let made = app.services.segments.create(&member(), new("Fresh", fresh)).await.unwrap().segment.id;
    let due = Rule::test("custom.due", Op::WithinDays, RuleValue::Number(0.0));
    let due = app.services.segments.create(&member(), new("Due", due)).await.unwrap().segment.id;
    let custom = [("Due".to_owned(), app.store.clock.now().date())].into();
    app.services.leads.create(&member(), NewLead { custom, ..new_lead("Ana", "ana@s.example") }).await.unwrap();
    while (size(app, made).await, size(app, due).await) != (Some(1), Some(1)) {
        tokio::task::yield_now().await;
    }
    clock.pass(Duration::from_hours(48));
    while (size(app, made).await, size(app, due).await) != (Some(0), Some(0)) {
        tokio::task::yield_now().await;
    }
    exact(app).await;
    let detail = app.services.segments.get(&member(), made).await.unwrap().unwrap().data;
    let sums = detail.days.iter().fold((0, 0), |(entered, left), day| (entered + day.entered, left + day.left));
    assert_eq!(sums, (1, 1));
    server.stop().await;
}

async fn a_count_that_a_crash_prevented_is_made_up_for(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = server.server.app.clone();
    let fresh = Rule::test("created_at", Op::WithinDays, RuleValue::Number(1.0));
    let made = app.services.segments.create(&member(), new("Fresh", fresh)).await.unwrap().segment.id;
    app.services.leads.create(&member(), new_lead("Ana", "ana@s.example")).await.unwrap();
    while size(&app, made).await != Some(1) {
        tokio::task::yield_now().await;
    }
    // The moment moved by two days, and the count did not follow.
    let moved = "UPDATE segment SET as_of = as_of + 172800000000, count_number = count_number + 1";
    app.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run_one(sql(moved)).await })).await.unwrap();
    let server = server.restart().await;
    while size(&server.server.app, made).await != Some(0) {
        tokio::task::yield_now().await;
    }
    exact(&server.server.app).await;
    server.stop().await;
}

async fn it_says_why_a_lead_is_in(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    with_member(app.store.clone()).await;
    let lead = app.services.leads.create(&member(), NewLead { score: 60, ..new_lead("Ana", "ana@s.example") }).await.unwrap();
    let campaign = app.services.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    app.services.campaigns.enroll(&member(), campaign, ids(std::slice::from_ref(&lead))).await.unwrap();
    let order = NewOrder { customer: lead.id.to_string(), amount: Some(500), ..NewOrder::default() };
    app.services.orders.add(&member(), order).await.unwrap();
    let rule = json!({ "all": [
        { "field": "score", "op": "gte", "value": 50 },
        { "field": "campaign", "op": "is", "value": campaign },
        { "not": { "field": "stage", "op": "is", "value": "New Lead" } },
        { "field": "orders", "op": "gte", "value": 2, "where": { "within_days": 30 } }
    ] });
    let (status, why) = ask(&server, Role::Viewer, Method::POST, "/api/rules/explain", json!({ "rule": rule, "leadId": lead.id })).await;
    assert_eq!((status, &why["isIn"]), (200, &json!(false)), "{why}");
    let passed: Vec<_> = why["why"]["parts"].as_array().unwrap().iter().map(|part| part["passed"].as_bool().unwrap()).collect();
    assert_eq!(passed, [true, true, false, false]);
    assert_eq!(why["why"]["parts"][3]["actual"], "1");
    assert_eq!(why["why"]["parts"][0]["actual"], "60");
    server.stop().await;
}

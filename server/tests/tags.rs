//! Tags as a whole: numbers that move with the leads, other names, and what tests them.

use crate::common::{
    TestDb,
    leads::{edit, member, new_lead, with_member},
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{
    Actor, LeadId, Role,
    bulk::{BulkAction, NewBulk},
    leads::{NewLead, Selection},
    live::{News, Query, ServerMessage},
    segments::NewSegment,
    tags::{TagCount, Tags, rule_of},
    views::NewView,
};
use serde_json::json;
use server::{http::App, tags::recount};
use std::collections::BTreeMap;

both_dbs!(
    numbers_follow_every_write_and_equal_a_recount,
    a_tag_is_renamed_merged_and_put_back,
    a_tag_names_what_tests_it,
    subscribers_read_again
);

async fn listed(app: &App) -> Vec<(String, i64)> {
    let Tags { tags, total } = app.services.tags.list(&member(), "").await.unwrap().data;
    assert_eq!(total, tags.len() as i64);
    tags.into_iter().map(|TagCount { name, leads }| (name, leads)).collect()
}

fn pairs(of: &[(&str, i64)]) -> Vec<(String, i64)> {
    of.iter().map(|(name, leads)| ((*name).to_owned(), *leads)).collect()
}

async fn tagged(app: &App, n: usize, tags: &[&str]) -> LeadId {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let new = NewLead { tags, ..new_lead(&format!("Lead {n}"), &format!("l{n}@tags.example")) };
    app.services.leads.create(&member(), new).await.unwrap().id
}

async fn numbers_follow_every_write_and_equal_a_recount(db: &TestDb) {
    const TAGS: [&str; 6] = ["vip", "VIP", "straße", "STRASSE", "a \"b\\n'", "Beta"];
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    with_member(app.store.clone()).await;
    let mut dice = fastrand::Rng::with_seed(20);
    let mut some = |most: usize| -> Vec<&str> { TAGS.into_iter().filter(|_| dice.usize(..6) < most).collect() };
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(tagged(app, n, &some(3)).await);
    }
    for id in &ids[..30] {
        let tags: Vec<String> = some(2).into_iter().map(str::to_owned).collect();
        app.services.leads.update(&member(), *id, edit(|set| set.tags = Some(tags))).await.unwrap();
    }
    for (at, id) in ids[20..40].iter().enumerate() {
        let change = app.services.leads.delete(&member(), *id).await.unwrap();
        if at % 2 == 0 {
            app.services.changes.undo(&member(), change).await.unwrap();
        }
    }
    let half = Selection::Leads(ids.iter().copied().step_by(2).collect());
    app.services.bulk.start(&member(), NewBulk { action: BulkAction::AddTag { tag: "Bulk".into() }, which: half.clone() }).await.unwrap();
    app.services.bulk.start(&member(), NewBulk { action: BulkAction::RemoveTag { tag: "VIP".into() }, which: half }).await.unwrap();

    let mut counted = BTreeMap::<String, i64>::new();
    for id in &ids {
        let Some(lead) = app.services.leads.detail(&member(), *id).await.unwrap() else { continue };
        for tag in &lead.data.lead.tags {
            *counted.entry(domain::text::folded(tag).into_owned()).or_default() += 1;
        }
    }
    let kept = listed(app).await;
    let folded: BTreeMap<String, i64> = kept.iter().map(|(tag, leads)| (domain::text::folded(tag).into_owned(), *leads)).collect();
    assert_eq!(folded, counted);
    assert!(kept.windows(2).all(|two| two[0].1 >= two[1].1), "most first: {kept:?}");
    app.store.write(&Actor::system(), |tx| Box::pin(recount(tx))).await.unwrap();
    assert_eq!(listed(app).await, kept, "the recount");
    let found = app.services.tags.list(&member(), "STRASS").await.unwrap().data;
    assert_eq!((found.total, found.tags[0].leads), (1, counted["strasse"]));
    server.stop().await;
}

async fn a_tag_is_renamed_merged_and_put_back(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    with_member(app.store.clone()).await;
    tagged(app, 1, &["fair", "VIP"]).await;
    tagged(app, 2, &["Fair"]).await;
    tagged(app, 3, &["VIP"]).await;
    assert_eq!(listed(app).await, pairs(&[("fair", 2), ("VIP", 2)]), "the first way to write it");
    let rename = async |tag: &str, to: &str| {
        let new = NewBulk { action: BulkAction::RenameTag { tag: tag.into(), to: to.into() }, which: Selection::Matching(rule_of(tag)) };
        app.services.bulk.start(&member(), new).await.unwrap()
    };
    assert_eq!(rename("FAIR", "Trade fair").await.changed, 2);
    assert_eq!(listed(app).await, pairs(&[("Trade fair", 2), ("VIP", 2)]));
    assert_eq!(rename("trade fair", "TRADE FAIR").await.changed, 0, "a lead keeps the way in which it got the tag");
    assert_eq!(listed(app).await, pairs(&[("TRADE FAIR", 2), ("VIP", 2)]), "listed in another way");
    let merged = rename("trade fair", "vip").await;
    assert_eq!((merged.changed, listed(app).await), (2, pairs(&[("vip", 3)])));
    let undone = app.services.bulk.undo(&member(), merged.id).await.unwrap();
    assert_eq!(undone.what, "renamed the tag “vip” of 2 leads back to “trade fair”");
    assert_eq!(listed(app).await.iter().map(|(_, leads)| *leads).collect::<Vec<_>>(), [2, 2]);

    let member = server.key(Role::Member).await;
    let start = async |action: serde_json::Value| {
        let body = json!({ "action": action, "rule": { "all": [] } });
        let answer = member.post(server.url("/api/bulk")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    for (action, field) in [
        (json!({ "kind": "rename_tag", "tag": "vip", "to": "a,b" }), "to"),
        (json!({ "kind": "rename_tag", "tag": " ", "to": "b" }), "tag"),
    ] {
        let (status, refused) = start(action).await;
        assert_eq!((status, refused["errors"][0]["field"].as_str()), (422, Some(field)), "{refused}");
    }
    server.stop().await;
}

async fn a_tag_names_what_tests_it(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    with_member(app.store.clone()).await;
    tagged(app, 1, &["VIP"]).await;
    let segment = NewSegment { name: "Important".to_owned(), rule: rule_of("vip"), ..NewSegment::default() };
    app.services.segments.create(&member(), segment).await.unwrap();
    let mut view = NewView { name: "Ours".to_owned(), ..NewView::default() };
    view.query.rule = rule_of("Vip");
    app.services.views.create(&member(), view).await.unwrap();
    let of = async |name: &str| app.services.tags.get(&member(), name).await.unwrap();
    let found = of("vip").await.unwrap();
    assert_eq!((found.tag.name.as_str(), found.tag.leads), ("VIP", 1));
    assert_eq!((found.segments, found.views), (vec!["Important".to_owned()], vec!["Ours".to_owned()]));
    assert_eq!(of("nobody's").await, None);
    let viewer = server.key(Role::Viewer).await;
    let get = async |path: &str| {
        let answer = viewer.get(server.url(path)).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    assert_eq!(get("/api/tags?search=v").await, (200, json!({ "data": [{ "name": "VIP", "leads": 1 }], "total": 1 })));
    let (status, one) = get("/api/tags/vip").await;
    assert_eq!((status, &one["name"], &one["segments"], &one["views"]), (200, &json!("VIP"), &json!(["Important"]), &json!([])));
    assert_eq!(get("/api/tags/nobody").await.0, 404);
    assert_eq!(get("/api/tags?sort=name").await.0, 422, "an unknown parameter");
    server.stop().await;
}

async fn subscribers_read_again(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    with_member(app.store.clone()).await;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    client.subscribe(1, &Query::Tags {}, i64::MAX).await;
    tagged(app, 1, &["vip"]).await;
    client.until(|message| matches!(message, ServerMessage::News { news: News::Again, .. }).then_some(())).await;
    server.stop().await;
}

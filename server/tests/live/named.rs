//! Queries that name segments follow the rules of these.

use super::tab::*;
use crate::common::{
    TestDb,
    leads::{edit, member, settled},
    live_client::LiveClient,
    server::TestServer,
};
use domain::{
    Role, SegmentId,
    live::{ClientMessage, DeltaOp, Query, ServerMessage, Total},
    orders::NewOrder,
    rule::{Op, OrderFilter, Rule, Value},
    segments::{NewSegment, SegmentPatch},
};
use server::{http::App, leads::Totals};
use std::time::Duration;

both_dbs!(a_list_follows_the_segments_that_it_names, who_comes_later_reads_of_the_other_rule_from_the_log);

async fn segment(app: &App, name: &str, rule: Rule) -> SegmentId {
    let new = NewSegment { name: name.to_owned(), rule, ..NewSegment::default() };
    app.services.segments.create(&member(), new).await.unwrap().segment.id
}

async fn set_rule(app: &App, id: SegmentId, rule: Rule) {
    let patch = SegmentPatch { rule: Some(rule), ..SegmentPatch::default() };
    app.services.segments.edit(&member(), id, patch).await.unwrap();
}

async fn a_list_follows_the_segments_that_it_names(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let mut people = Vec::new();
    for n in 0..6 {
        people.push(create(app, &format!("Lead {n}"), n * 20).await);
    }
    let spring = campaign(app, "Spring", &people[..2]).await;
    let order = NewOrder { customer: people[4].id.to_string(), amount: Some(500), ..NewOrder::default() };
    app.services.orders.add(&member(), order).await.unwrap();
    let warm = segment(app, "Warm", score_from(50)).await;
    let others = segment(app, "Others", Rule::Not(Box::new(Rule::segment(warm)))).await;
    settled(&app.store).await;
    let secret = server.secret(Role::Viewer).await;
    let rules = vec![Rule::segment(warm), Rule::All(vec![Rule::segment(others), score_from(30)]), score_from(10)];
    let mut tabs = Vec::new();
    for query in lists_and_boards(rules) {
        tabs.push(Tab::open(&server, &secret, query).await);
    }
    for tab in &mut tabs {
        tab.must_equal(&app.store).await;
    }
    let bought = OrderFilter { within_days: Some(30.0), ..OrderFilter::default() };
    // Of the lead alone, of its campaigns, of its orders, of time, and of the lead again.
    for (at, rule) in [
        score_from(30),
        in_campaign(spring),
        Rule::of_orders("orders", Op::Gte, Value::Number(1.0), bought),
        Rule::test("created_at", Op::WithinDays, Value::Number(7.0)),
        Rule::All(vec![in_campaign(spring), score_from(15)]),
        score_from(70),
    ]
    .into_iter()
    .enumerate()
    {
        set_rule(app, warm, rule).await;
        for tab in &mut tabs {
            tab.must_equal(&app.store).await;
        }
        set_score(app, people[at].id, 75).await;
        set_score(app, people[at].id, 10 + at as i32).await;
        app.services.leads.update(&member(), people[at].id, edit(|set| set.name = Some(format!("Round {at}")))).await.unwrap();
        for tab in &mut tabs {
            tab.must_equal(&app.store).await;
        }
    }
    let gone = app.services.segments.delete(&member(), warm, true).await.unwrap();
    for tab in &mut tabs {
        tab.must_equal(&app.store).await;
    }
    assert_eq!(tabs[0].view.total, Some(Total::Count(0)), "nobody is in a deleted segment");
    app.services.changes.undo(&member(), gone).await.unwrap();
    for tab in &mut tabs {
        tab.must_equal(&app.store).await;
    }
    server.stop().await;
}

async fn who_comes_later_reads_of_the_other_rule_from_the_log(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let one = create(app, "One", 60).await;
    let spring = campaign(app, "Spring", std::slice::from_ref(&one)).await;
    let warm = segment(app, "Warm", score_from(50)).await;
    let query = Query::Leads { rule: Rule::segment(warm) };
    let secret = server.secret(Role::Viewer).await;
    // Of the lead alone, and of its campaigns.
    for campaigns in [vec![], vec![in_campaign(spring)]] {
        let rule = |least| Rule::All([campaigns.clone(), vec![score_from(least)]].concat());
        set_rule(app, warm, rule(50)).await;
        set_score(app, one.id, 60).await;
        settled(&app.store).await;
        let since = snapshot(&app.store, &Rule::segment(warm)).await.as_of;
        set_rule(app, warm, rule(90)).await;
        set_score(app, one.id, 95).await;
        told_everything(&server.live_url(), &secret, &app.store).await;
        let mut client = LiveClient::connect(&server.live_url(), &secret, None).await;
        client.say(&ClientMessage::Subscribe { id: 1, query: query.clone(), since }).await;
        let first = client
            .until(|message| match message {
                ServerMessage::Deltas { items, .. } => items.into_iter().find(|item| item.seq > since).map(|item| item.op),
                _ => None,
            })
            .await;
        assert_eq!(first, DeltaOp::Bulk, "what it read by the former rule is read again");
        // A total after the write of the rule is one of the new rule.
        for (least, expected) in [(96, 0), (95, 1), (99, 0), (10, 1)] {
            set_rule(app, warm, rule(least)).await;
            settled(&app.store).await;
            let as_of = snapshot(&app.store, &Rule::segment(warm)).await.as_of;
            let total = app.hub.total(&member(), query.clone(), as_of, Duration::MAX).await;
            assert_eq!(total, Some(Total::Count(expected)), "{least}");
        }
    }
    server.stop().await;
}

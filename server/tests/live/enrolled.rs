//! Queries that ask for campaigns and replies.

use super::tab::*;
use crate::common::TestDb;
use crate::common::{
    leads::{edit, member, settled},
    live_client::LiveClient,
    server::TestServer,
};
use domain::{
    Entity, LeadId, Role,
    campaigns::{CampaignAction, Selection},
    leads::{Lead, Status},
    live::{ClientMessage, DeltaOp, Query, ServerMessage, Total},
};
use server::{http::App, leads::Totals};
use std::time::Duration;

async fn set_status(app: &App, id: LeadId, status: Status) {
    app.services.leads.update(&member(), id, edit(|set| set.status = Some(status))).await.unwrap();
}

async fn leads(app: &App, count: i32) -> Vec<Lead> {
    let mut leads = Vec::new();
    for n in 0..count {
        leads.push(create(app, &format!("Lead {n}"), n).await);
    }
    leads
}

both_dbs!(
    a_reply_in_a_campaign_is_told_by_its_lead,
    who_comes_back_is_told_of_replies_from_the_log,
    leads_that_come_and_go_at_once_are_counted_and_read_again,
    a_batch_of_enrollments_is_seen_before_its_set_is_told,
    a_total_by_campaign_is_never_older_than_what_was_read,
    a_tab_that_comes_between_two_readings_is_told_the_rest
);

async fn a_reply_in_a_campaign_is_told_by_its_lead(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let people = leads(app, 3).await;
    let spring = campaign(app, "Spring", &people[..2]).await;
    set_status(app, people[0].id, Status::Responded).await;
    let secret = server.secret(Role::Viewer).await;
    told_everything(&server.live_url(), &secret, &app.store).await;
    let mut tab = Tab::open(&server, &secret, list(replied_in(spring))).await;
    tab.must_equal(&app.store).await;
    assert_eq!(tab.view.total, Some(Total::Count(1)));
    let counted = app.hub.metrics().counted;
    let client = tab.client.as_mut().unwrap();
    let mut told = async |wanted: (DeltaOp, i64)| {
        let (item, total) = client
            .until(|message| match message {
                ServerMessage::Deltas { total, items, .. } => items.into_iter().find(|item| item.op == wanted.0).map(|item| (item, total)),
                _ => None,
            })
            .await;
        assert_eq!(total, Some(Total::Count(wanted.1)));
        item
    };
    let id = people[1].id;
    set_status(app, id, Status::Responded).await;
    let entered = told((DeltaOp::Enter, 2)).await;
    assert_eq!((entered.id, &entered.who), (id.0, &member().who));
    assert_eq!(entered.record.unwrap().as_lead().unwrap().status, Status::Responded);
    // Nothing of the enrollment is asked for, and so it is told once, by the lead's own change.
    set_status(app, id, Status::Qualified).await;
    let updated = told((DeltaOp::Update, 2)).await;
    assert_eq!(updated.record.unwrap().as_lead().unwrap().status, Status::Qualified);
    let gone = app.services.leads.delete(&member(), id).await.unwrap();
    told((DeltaOp::Leave, 1)).await;
    settled(&app.store).await;
    app.services.changes.undo(&member(), gone).await.unwrap();
    told((DeltaOp::Enter, 2)).await;
    set_status(app, people[2].id, Status::Responded).await;
    set_status(app, id, Status::Contacted).await;
    let left = told((DeltaOp::Leave, 1)).await;
    assert_eq!(left.id, id.0, "who is in no campaign is not told");
    assert_eq!(app.hub.metrics().counted, counted);
    server.stop().await;
}

async fn who_comes_back_is_told_of_replies_from_the_log(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let people = leads(app, 4).await;
    let campaigns = [campaign(app, "Spring", &people[..3]).await, campaign(app, "Autumn", &people[1..]).await];
    let secret = server.secret(Role::Viewer).await;
    told_everything(&server.live_url(), &secret, &app.store).await;
    let mut tabs = Vec::new();
    for rule in rules_of(campaigns) {
        let mut tab = Tab::open(&server, &secret, list(rule)).await;
        tab.must_equal(&app.store).await;
        tabs.push(tab);
    }
    for round in 0..8 {
        for tab in &mut tabs {
            let client = tab.client.as_mut().unwrap();
            client.say(&ClientMessage::Unsubscribe { id: tab.id }).await;
            tab.view.disconnected();
            // Its answer says that the hub has heard the other.
            let other = 1_000 + round;
            client.subscribe(other, &Query::list(Entity::Import), 0).await;
            client.until(|message| matches!(message, ServerMessage::Subscribed { id, .. } if id == other).then_some(())).await;
        }
        let lead = &people[round as usize % people.len()];
        for status in [Status::Responded, Status::Contacted, Status::Qualified] {
            set_status(app, lead.id, status).await;
            set_score(app, lead.id, 20 + round as i32 * 5).await;
        }
        settled(&app.store).await;
        for tab in &mut tabs {
            if round % 2 == 0 {
                tab.drop_connection();
            } else {
                tab.id += 1;
                tab.client.as_mut().unwrap().subscribe(tab.id, &tab.query, tab.view.seen).await;
            }
            tab.must_equal(&app.store).await;
        }
    }
    assert!(tabs.iter().all(|tab| tab.resets == 0));
    server.stop().await;
}

async fn leads_that_come_and_go_at_once_are_counted_and_read_again(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let people = leads(app, 9).await;
    let campaigns = [campaign(app, "Spring", &people[..6]).await, campaign(app, "Autumn", &people[4..]).await];
    for lead in &people[2..7] {
        set_status(app, lead.id, Status::Responded).await;
    }
    let secret = server.secret(Role::Viewer).await;
    told_everything(&server.live_url(), &secret, &app.store).await;
    let mut tabs = Vec::new();
    for query in lists_and_boards(rules_of(campaigns)) {
        let mut tab = Tab::open(&server, &secret, query).await;
        tab.must_equal(&app.store).await;
        tabs.push(tab);
    }
    let [spring, _] = campaigns;
    let service = &app.services.campaigns;
    let some = |range: std::ops::Range<usize>| Selection::Leads(people[range].iter().map(|lead| lead.id).collect());
    let mut gone = None;
    for step in 0..5 {
        // Told one by one before and after, in the same moment.
        set_status(app, people[0].id, [Status::Responded, Status::Contacted][step % 2]).await;
        match step {
            0 => drop(service.unenroll(&member(), spring, some(1..4)).await.unwrap()),
            1 => drop(service.enroll(&member(), spring, some(3..9)).await.unwrap()),
            2 => gone = Some(service.delete(&member(), spring).await.unwrap()),
            3 => drop(app.services.changes.undo(&member(), gone.take().unwrap()).await.unwrap()),
            _ => drop(service.act(&member(), spring, CampaignAction::Pause).await.unwrap()),
        }
        set_status(app, people[8].id, [Status::Qualified, Status::Contacted][step % 2]).await;
        settled(&app.store).await;
        for tab in &mut tabs {
            tab.must_equal(&app.store).await;
        }
    }
    assert!(tabs.iter().all(|tab| (4..=6).contains(&tab.resets)), "{:?}", tabs.iter().map(|tab| tab.resets).collect::<Vec<_>>());
    server.stop().await;
}

async fn a_batch_of_enrollments_is_seen_before_its_set_is_told(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let people = leads(app, 4).await;
    let spring = campaign(app, "Spring", &people[..1]).await;
    let secret = server.secret(Role::Viewer).await;
    told_everything(&server.live_url(), &secret, &app.store).await;
    let mut tab = Tab::open(&server, &secret, list(in_campaign(spring))).await;
    tab.must_equal(&app.store).await;
    let ids: Vec<_> = people[1..].iter().map(|lead| lead.id).collect();
    let system = domain::Actor::system();
    let batch =
        app.store.write(&system, move |tx| Box::pin(async move { server::campaigns::enroll_many(tx, spring, &ids).await.map(drop) }));
    batch.await.unwrap();
    app.hub.enrollments_touched();
    while tab.view.rows.len() < 4 || tab.view.total != Some(Total::Count(4)) {
        tab.step(&app.store).await;
    }
    server.stop().await;
}

async fn a_total_by_campaign_is_never_older_than_what_was_read(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let people = leads(app, 6).await;
    let spring = campaign(app, "Spring", &people).await;
    let rule = replied_in(spring);
    told_everything(&server.live_url(), &server.secret(Role::Viewer).await, &app.store).await;
    let total = async || {
        settled(&app.store).await;
        let read = snapshot(&app.store, &rule).await;
        let total = app.hub.total(&member(), list(rule.clone()), read.as_of, Duration::MAX).await;
        assert_eq!(total, Some(Total::Count(read.data.len() as i64)));
    };
    for round in 0..3 {
        for lead in &people {
            set_status(app, lead.id, if round == 1 { Status::Contacted } else { Status::Responded }).await;
            total().await;
        }
    }
    assert_eq!(app.hub.metrics().counted, 1);
    app.services.campaigns.unenroll(&member(), spring, Selection::Leads(vec![people[0].id])).await.unwrap();
    total().await;
    server.stop().await;
}

async fn a_tab_that_comes_between_two_readings_is_told_the_rest(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let people = leads(app, 4).await;
    let spring = campaign(app, "Spring", &people).await;
    let secret = server.secret(Role::Viewer).await;
    told_everything(&server.live_url(), &secret, &app.store).await;
    let mut first = Tab::open(&server, &secret, list(replied_in(spring))).await;
    first.must_equal(&app.store).await;
    for round in 0..6 {
        let status = [Status::Responded, Status::Contacted][round % 2];
        let mut late = Vec::new();
        for lead in &people {
            set_status(app, lead.id, status).await;
            let mut tab = Tab::open(&server, &secret, list(replied_in(spring))).await;
            tab.client = Some(LiveClient::connect(&server.live_url(), &secret, None).await);
            let since = tab.view.seen;
            tab.client.as_mut().unwrap().subscribe(tab.id, &tab.query, since).await;
            late.push(tab);
        }
        for tab in late.iter_mut().chain([&mut first]) {
            tab.must_equal(&app.store).await;
            assert_eq!(tab.resets, 0);
        }
    }
    assert_eq!(app.hub.metrics().counted, 1);
    server.stop().await;
}

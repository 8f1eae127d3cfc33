//! Totals and bulk changes.

use super::tab::*;
use crate::common::TestDb;
use crate::common::{
    leads::{edit, insert, member, new_lead, settled},
    live_client::LiveClient,
    server::TestServer,
};
use domain::{
    LeadId, Record, Role,
    change::{Op as ChangeOp, Set},
    leads::{Lead, NewLead},
    live::{Query, ServerMessage, Total},
};
use server::leads::Totals;
use std::time::Duration;

both_dbs!(
    a_set_written_at_once_is_counted_again_and_told_once,
    a_count_is_told_without_its_leads,
    a_total_is_kept_and_never_older_than_what_was_read
);

async fn a_set_written_at_once_is_counted_again_and_told_once(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let secret = server.secret(Role::Viewer).await;
    settled(&app.store).await;
    let mut tab = Tab::open(&server, &secret, list(score_from(50))).await;
    tab.must_equal(&app.store).await;
    let system = domain::Actor::system();
    let batch = |from: usize, last: bool| {
        app.store.write(&system, move |tx| {
            Box::pin(async move {
                for n in from..from + 100 {
                    let new = NewLead { score: 60, ..new_lead("Bulk", &format!("bulk{n}@live.example")) };
                    let lead = new.check()?.into_lead(LeadId(tx.new_id()), tx.now());
                    insert(tx, vec![lead]).await?;
                }
                if last {
                    let set = Record::Set(Set::of_leads("imported".to_owned(), 200));
                    tx.record(ChangeOp::Bulk, None, Some(set));
                }
                Ok(())
            })
        })
    };
    batch(0, false).await.unwrap();
    app.hub.leads_touched();
    while tab.view.rows.len() < 100 || tab.view.total != Some(Total::Count(100)) {
        tab.step(&app.store).await;
    }
    let resets = tab.resets;
    batch(100, true).await.unwrap();
    tab.must_equal(&app.store).await;
    assert_eq!((tab.view.rows.len(), tab.resets), (200, resets + 1));
    server.stop().await;
}

async fn a_count_is_told_without_its_leads(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let secret = server.secret(Role::Viewer).await;
    let (inside, outside) = (create(app, "Inside", 60).await, create(app, "Outside", 10).await);
    settled(&app.store).await;
    let mut client = LiveClient::connect(&server.live_url(), &secret, None).await;
    client.subscribe(1, &Query::Count { rule: score_from(50) }, 0).await;
    let mut told = async |wanted: i64| loop {
        let total = match client.hear().await.unwrap() {
            ServerMessage::Subscribed { total, .. } => total,
            ServerMessage::Deltas { total, items, .. } => {
                assert!(items.iter().all(|item| item.record.is_none()), "{items:?}");
                total
            }
            _ => continue,
        };
        if total == Some(Total::Count(wanted)) {
            return;
        }
    };
    told(1).await;
    let score = async |lead: &Lead, score: i32| {
        app.services.leads.update(&member(), lead.id, edit(|set| set.score = Some(score))).await.unwrap();
    };
    score(&outside, 55).await;
    told(2).await;
    score(&inside, 70).await;
    score(&inside, 20).await;
    told(1).await;
    server.stop().await;
}

async fn a_total_is_kept_and_never_older_than_what_was_read(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let rule = score_from(50);
    for n in 0..5 {
        create(app, "Counted", 40 + n * 5).await;
    }
    let total = async || {
        settled(&app.store).await;
        let as_of = snapshot(&app.store, &rule).await.as_of;
        app.hub.total(&member(), list(rule.clone()), as_of, Duration::MAX).await
    };
    assert_eq!(total().await, Some(Total::Count(3)));
    for wanted in 4..24 {
        create(app, "Another", 90).await;
        assert_eq!(total().await, Some(Total::Count(wanted)));
    }
    // Each of these needs a new count.
    for wanted in 24..44 {
        let system = domain::Actor::system();
        app.store
            .write(&system, move |tx| {
                Box::pin(async move {
                    let new = NewLead { score: 60, ..new_lead("Bulk", &format!("bulk{wanted}@live.example")) };
                    let lead = new.check()?.into_lead(LeadId(tx.new_id()), tx.now());
                    insert(tx, vec![lead]).await?;
                    let set = Record::Set(Set::of_leads("imported".to_owned(), 1));
                    tx.record(ChangeOp::Bulk, None, Some(set));
                    Ok(())
                })
            })
            .await
            .unwrap();
        assert_eq!(total().await, Some(Total::Count(wanted)));
    }
    assert_eq!(app.hub.metrics().queries, 1);
    server.stop().await;
}

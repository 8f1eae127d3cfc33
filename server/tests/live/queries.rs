//! Deltas of a subscription: live, replayed, after a lost connection.

use super::{random::work, tab::*};
use crate::common::TestDb;
use crate::common::{
    leads::{member, settled},
    live_client::LiveClient,
    server::TestServer,
};
use domain::{
    Entity, ImportId, LeadId, Record, Role,
    leads::NewLead,
    live::{ClientMessage, DeltaOp, Query, ServerMessage, Total},
    rule::{Op, Rule, Value},
};

both_dbs!(
    a_filtered_query_tells_who_enters_changes_and_leaves,
    what_is_made_now_is_not_still_to_come_for_a_query_that_counts_days,
    who_resumes_much_waits_behind_themselves,
    a_late_subscriber_reads_the_log_and_a_too_late_one_starts_anew,
    who_comes_back_to_a_query_that_nobody_watched_misses_nothing,
    who_does_not_listen_is_told_to_read_again,
    a_lead_and_its_notes_are_followed,
    what_has_no_live_query_is_refused
);

async fn a_filtered_query_tells_who_enters_changes_and_leaves(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    create(app, "There already", 80).await;
    let other = create(app, "Below", 10).await;
    settled(&app.store).await;
    let rule = score_from(50);
    let since = snapshot(&app.store, &rule).await.as_of;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    client.subscribe(7, &Query::Leads { rule }, since).await;
    let name = client
        .until(|message| match message {
            ServerMessage::Subscribed { id: 7, query, .. } => Some(query),
            _ => None,
        })
        .await;

    let mut expected = vec![(DeltaOp::Enter, 2), (DeltaOp::Update, 2), (DeltaOp::Leave, 1), (DeltaOp::Enter, 2), (DeltaOp::Leave, 1)];
    expected.reverse();
    for score in [60, 70, 20, 90] {
        set_score(app, other.id, score).await;
    }
    app.services.leads.delete(&member(), other.id).await.unwrap();
    let mut last = since;
    while !expected.is_empty() {
        let (total, items) = client
            .until(|message| match message {
                ServerMessage::Deltas { query, total, items, .. } if query == name => Some((total, items)),
                _ => None,
            })
            .await;
        let mut now = None;
        // A snapshot may be ahead of the hub, which then sends changes that it already includes.
        for item in items.into_iter().filter(|item| item.seq > since) {
            let (op, total) = expected.pop().unwrap();
            assert_eq!((item.op, item.id), (op, other.id.0));
            assert!(item.seq > last && item.record.is_some() && item.who == member().who);
            last = item.seq;
            now = Some(Total::Count(total));
        }
        // The first count runs in the background.
        assert!(now.is_none() || total.is_none() || total == now, "{total:?} {now:?}");
    }
    server.stop().await;
}

async fn what_is_made_now_is_not_still_to_come_for_a_query_that_counts_days(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let rule = Rule::test("created_at", Op::WithinDays, Value::Number(7.0));
    let since = snapshot(&app.store, &rule).await.as_of;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    client.subscribe(7, &Query::Leads { rule }, since).await;
    let name = client
        .until(|message| match message {
            ServerMessage::Subscribed { id: 7, query, .. } => Some(query),
            _ => None,
        })
        .await;
    for n in 0..3 {
        let made = create(app, &format!("New {n}"), n).await;
        let entered = client
            .until(|message| match message {
                ServerMessage::Deltas { query, items, .. } if query == name => items.into_iter().find(|item| item.id == made.id.0),
                _ => None,
            })
            .await;
        assert_eq!(entered.op, DeltaOp::Enter);
    }
    server.stop().await;
}

async fn who_resumes_much_waits_behind_themselves(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let (busy, other) = (server.secret(Role::Viewer).await, server.secret(Role::Viewer).await);
    let query = Query::Leads { rule: Rule::everyone() };
    let past = |message| {
        matches!(message, ServerMessage::Deltas { items, .. } if items.iter().any(|item| item.op == DeltaOp::Enter)).then_some(())
    };
    // Changes already sent to one subscriber are replayed to a later one.
    let mut told = LiveClient::connect(&server.live_url(), &other, None).await;
    told.subscribe(1, &query, i64::MAX).await;
    create(app, "Past", 1).await;
    told.until(past).await;
    let asker = app.services.accounts.actor(&busy).await.unwrap().unwrap();
    // Two replays, the maximum per asker, are reading the log.
    let reading = [app.store.replay_permit(&asker).await.unwrap(), app.store.replay_permit(&asker).await.unwrap()];
    let (mut waits, mut reads) =
        (LiveClient::connect(&server.live_url(), &busy, None).await, LiveClient::connect(&server.live_url(), &other, None).await);
    waits.subscribe(1, &query, 0).await;
    reads.subscribe(1, &query, 0).await;
    let waiting = waits.until(past);
    tokio::pin!(waiting);
    tokio::select! {
        biased;
        () = &mut waiting => panic!("it had no turn"),
        () = reads.until(past) => {}
    }
    drop(reading);
    waiting.await;
    server.stop().await;
}

async fn a_late_subscriber_reads_the_log_and_a_too_late_one_starts_anew(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let secret = server.secret(Role::Viewer).await;
    work(app.clone(), 1, 20).await;
    let mut tabs = Vec::new();
    for query in queries() {
        tabs.push(Tab::open(&server, &secret, query).await);
    }
    // More than fits one frame and one read of the log.
    work(app.clone(), 2, 700).await;
    settled(&app.store).await;
    for tab in &mut tabs {
        tab.must_equal(&app.store).await;
        assert_eq!(tab.resets, 0);
        tab.drop_connection();
    }

    let system = domain::Actor::system();
    let many = |count: i64| {
        app.store.write(&system, move |tx| {
            Box::pin(async move {
                for _ in 0..count {
                    let import = ImportId(tx.new_id());
                    tx.deleted(Record::Note(domain::leads::Note {
                        id: domain::NoteId(import.0),
                        lead_id: LeadId(import.0),
                        body: String::new(),
                        author: String::new(),
                        written_by: None,
                        created_at: tx.now(),
                        edited_at: None,
                        outreach: None,
                    }));
                }
                Ok(())
            })
        })
    };
    many(5_001).await.unwrap();
    create(app, "After", 60).await;
    tabs[0].told_everything(&app.store).await;
    tabs[0].must_equal(&app.store).await;
    assert_eq!(tabs[0].resets, 1, "too many changes");

    tabs[0].drop_connection();
    many(10).await.unwrap();
    create(app, "Later", 60).await;
    settled(&app.store).await;
    tabs[0].told_everything(&app.store).await;
    server::prune::prune(&app.store, domain::Timestamp(i64::MAX)).await.unwrap();
    tabs[0].must_equal(&app.store).await;
    assert_eq!(tabs[0].resets, 2, "forgotten changes");
    server.stop().await;
}

async fn who_comes_back_to_a_query_that_nobody_watched_misses_nothing(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let lead = create(app, "Ana", 1).await;
    let mut tab = Tab::open(&server, &server.secret(Role::Viewer).await, list(score_from(0))).await;
    tab.must_equal(&app.store).await;
    for round in 0..15 {
        let client = tab.client.as_mut().unwrap();
        client.say(&ClientMessage::Unsubscribe { id: tab.id }).await;
        tab.view.disconnected();
        // The answer shows that the hub has processed the unsubscribe before it.
        let other = 1_000 + round;
        client.subscribe(other, &Query::list(Entity::Import), 0).await;
        client.until(|message| matches!(message, ServerMessage::Subscribed { id, .. } if id == other).then_some(())).await;
        // The first change is flushed at once; the second is queued for the next frame, while the query has no subscriber.
        for score in [20, 30] {
            set_score(app, lead.id, score + round as i32).await;
        }
        settled(&app.store).await;
        tab.id += 1;
        tab.client.as_mut().unwrap().subscribe(tab.id, &tab.query, tab.view.seen).await;
        tab.must_equal(&app.store).await;
    }
    assert_eq!(tab.resets, 0);
    server.stop().await;
}

async fn who_does_not_listen_is_told_to_read_again(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let secret = server.secret(Role::Viewer).await;
    let mut tab = Tab::open(&server, &secret, list(Rule::everyone())).await;
    tab.step(&app.store).await;
    // Many queries in one tab, so that each change produces megabytes of frames.
    let client = tab.client.as_mut().unwrap();
    for n in 1..60_u32 {
        client.subscribe(1_000 + n, &Query::Leads { rule: score_from(-(n as i32)) }, tab.view.seen).await;
    }
    while app.hub.metrics().queries < 60 {
        tokio::task::yield_now().await;
    }
    // As large as a lead can be in a list.
    let wide = |length: usize| "\u{20000}".repeat(length);
    let tags: Vec<String> = (10..60).map(|at| format!("{at}{}", wide(58))).collect();
    for n in 0..24 {
        let texts = NewLead { company: Some(wide(500)), title: Some(wide(500)), location: Some(wide(500)), ..NewLead::default() };
        let (name, email) = ("Heavy".to_owned(), format!("heavy{n}@live.example"));
        let new = NewLead { name, email, tags: tags.clone(), ..texts };
        // Read before the write: the change may be delivered before the write returns.
        let told = app.hub.metrics().delivered + 60;
        app.services.leads.create(&member(), new).await.unwrap();
        settled(&app.store).await;
        while app.hub.metrics().delivered < told {
            tokio::task::yield_now().await;
        }
    }
    tab.must_equal(&app.store).await;
    assert!(tab.resets > 0);
    // The tab continues from there.
    create(app, "Light", 1).await;
    tab.must_equal(&app.store).await;
    server.stop().await;
}

async fn a_lead_and_its_notes_are_followed(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let (mine, other) = (create(app, "Mine", 1).await, create(app, "Other", 1).await);
    settled(&app.store).await;
    let since = snapshot(&app.store, &Rule::everyone()).await.as_of;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    client.subscribe(1, &Query::Lead { id: mine.id }, since).await;
    client.until(|message| matches!(message, ServerMessage::Subscribed { id: 1, .. }).then_some(())).await;
    set_score(app, other.id, 2).await;
    set_score(app, mine.id, 3).await;
    let note = app.services.leads.add_note(&member(), mine.id, "Called").await.unwrap();
    app.services.leads.delete_note(&member(), note.id).await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < 4 {
        let items = client.until(|message| match message {
            ServerMessage::Deltas { items, .. } => Some(items),
            _ => None,
        });
        let news = items.await.into_iter().filter(|item| item.seq > since);
        heard.extend(news.map(|item| (item.op, item.id)));
    }
    assert_eq!(
        heard,
        [
            (DeltaOp::Update, mine.id.0),
            (DeltaOp::Enter, note.id.0),
            // A note changes the lead's last activity.
            (DeltaOp::Update, mine.id.0),
            (DeltaOp::Leave, note.id.0),
        ]
    );
    server.stop().await;
}

async fn what_has_no_live_query_is_refused(db: &TestDb) {
    let server = TestServer::start(db).await;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Admin).await, None).await;
    let lists = Entity::ALL.iter().map(|kind| (Query::list(*kind), kind.live().is_some()));
    // Those that belong to one person are live in lists of their own only.
    let one = |kind: Entity| kind.live().is_some() && !matches!(kind, Entity::View | Entity::Export);
    let records = Entity::ALL.iter().map(|kind| (Query::One { kind: *kind, id: uuid::Uuid::nil() }, one(*kind)));
    let mut heard = Vec::new();
    for (id, (query, is_live)) in (1..).zip(lists.chain(records)) {
        client.subscribe(id, &query, i64::MAX).await;
        let subscribed = client
            .until(|message| match message {
                ServerMessage::Subscribed { id: one, .. } if one == id => Some(true),
                ServerMessage::Reset { id: Some(one), reason } if one == id => {
                    assert!(reason.contains("no such live query"), "{reason}");
                    Some(false)
                }
                _ => None,
            })
            .await;
        assert_eq!(subscribed, is_live, "{query:?}");
        heard.push(subscribed);
    }
    assert!(heard.contains(&true) && heard.contains(&false), "{heard:?}");
    server.stop().await;
}

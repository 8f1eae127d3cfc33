//! Limits of one socket.

use crate::common::{
    TestDb,
    leads::{edit, member, new_lead, settled},
    live_client::LiveClient,
    server::{PASSWORD, TestServer},
};
use domain::{
    Role,
    leads::NewLead,
    live::{ClientMessage, Query, ServerMessage, Total, close},
    rule::{Op, Rule, Value},
};
use server::leads::Totals;
use std::{collections::HashMap, time::Duration};
use tokio_tungstenite::tungstenite;

fn count(rule: Rule) -> Query {
    Query::Count { rule }
}

/// The next total of the only subscription.
async fn total(client: &mut LiveClient) -> i64 {
    client
        .until(|message| match message {
            ServerMessage::Subscribed { total: Some(Total::Count(total)), .. }
            | ServerMessage::Deltas { total: Some(Total::Count(total)), .. } => Some(total),
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_messages_closes_the_socket_and_costs_the_others_nothing() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let app = &server.server.app;
    let mut flood = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    for n in 0..5_000 {
        flood.subscribe(n % 60, &count(Rule::search(&format!("flood {n}"))), i64::MAX).await;
    }
    let mut other = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    other.subscribe(1, &count(Rule::search("somebody else")), i64::MAX).await;
    assert_eq!(total(&mut other).await, 0);
    assert_eq!(flood.closed().await, Some(close::FLOODED));
    let kept = app.hub.metrics().queries;
    assert!(kept <= 1_001, "{kept} queries are kept: more than the messages that were heard");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_pings_closes_the_socket() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let mut flood = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    for _ in 0..5_000 {
        flood.ping().await;
    }
    assert_eq!(flood.closed().await, Some(close::FLOODED));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_has_a_window_for_each_socket_and_not_more() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    server.user("ana@limits.example", Role::Viewer).await;
    let session = server
        .server
        .app
        .services
        .accounts
        .sign_in("ana@limits.example", PASSWORD, "test", domain::accounts::Device::Unknown)
        .await
        .unwrap();
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(LiveClient::connect(&server.live_url(), &session.secret, None).await);
    }
    let bearer = format!("Bearer {}", session.secret);
    let refused = LiveClient::open(&server.live_url(), &[("authorization", &bearer)]).await;
    assert!(matches!(refused, Err(tungstenite::Error::Http(answer)) if answer.status() == 429));
    drop(open);
    tokio::time::timeout(Duration::from_secs(20), async {
        while LiveClient::open(&server.live_url(), &[("authorization", &bearer)]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("closed windows make room");
    server.stop().await;
}

both_dbs!(
    totals_that_count_from_now_are_right_when_time_has_passed,
    a_counting_query_ends_with_its_socket,
    one_viewer_watches_no_more_conditions_than_their_share,
    subscriptions_that_end_at_once_cost_their_viewer_all_sockets,
    a_replay_ends_with_its_subscription,
    a_list_receives_what_it_shows_of_a_record_and_its_page_all_of_it
);

async fn subscriptions_that_end_at_once_cost_their_viewer_all_sockets(db: &TestDb) {
    let server = TestServer::start(db).await;
    let secret = server.secret(Role::Viewer).await;
    // Counted four times for the days, so that what is sent costs far more than the budget grows meanwhile, also on a slow machine.
    let days = Rule::test("created_at", Op::WithinDays, Value::Number(7.0));
    let large = count(Rule::Any((0..180).map(|n| Rule::search(&format!("nobody {n}"))).chain([days]).collect()));
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(LiveClient::connect(&server.live_url(), &secret, None).await);
    }
    // Far fewer messages than one socket may send.
    for _ in 0..100 {
        for socket in &mut sockets {
            socket.subscribe(1, &large, 0).await;
            socket.say(&ClientMessage::Unsubscribe { id: 1 }).await;
        }
    }
    for mut socket in sockets {
        assert_eq!(socket.closed().await, Some(close::FLOODED));
    }
    let mut other = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    other.subscribe(1, &large, i64::MAX).await;
    assert_eq!(total(&mut other).await, 0);
    server.stop().await;
}

async fn a_replay_ends_with_its_subscription(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    app.services.leads.create(&member(), new_lead("Past", "past@limits.example")).await.unwrap();
    settled(&app.store).await;
    let secret = server.secret(Role::Viewer).await;
    let key = app.services.accounts.actor(&secret).await.unwrap().unwrap();
    // Its replays wait for their turn as long as these are held.
    let turns = (app.store.replay_permit(&key).await.unwrap(), app.store.replay_permit(&key).await.unwrap());
    let mut client = LiveClient::connect(&server.live_url(), &secret, None).await;
    client.subscribe(1, &Query::Leads { rule: Rule::everyone() }, 0).await;
    client.say(&ClientMessage::Unsubscribe { id: 1 }).await;
    client.subscribe(2, &count(Rule::everyone()), 0).await;
    client.until(|message| matches!(message, ServerMessage::Subscribed { id: 2, .. }).then_some(())).await;
    drop(turns);
    server.stop().await;
}

async fn totals_that_count_from_now_are_right_when_time_has_passed(db: &TestDb) {
    let (server, clock) = TestServer::with_clock(db).await;
    let app = &server.server.app;
    let day = Duration::from_hours(24);
    let lead = app.services.leads.create(&member(), new_lead("Soon", "soon@limits.example")).await.unwrap();
    settled(&app.store).await;
    let secret = server.secret(Role::Viewer).await;
    let mut young = LiveClient::connect(&server.live_url(), &secret, None).await;
    young.subscribe(1, &count(Rule::test("created_at", Op::WithinDays, Value::Number(1.0))), i64::MAX).await;
    let mut old = LiveClient::connect(&server.live_url(), &secret, None).await;
    old.subscribe(1, &count(Rule::test("updated_at", Op::OlderThanDays, Value::Number(1.0))), i64::MAX).await;
    assert_eq!((total(&mut young).await, total(&mut old).await), (1, 0));
    // A change moves the time of the crossing, without a new count.
    clock.pass(day);
    app.services.leads.update(&member(), lead.id, edit(|set| set.score = Some(5))).await.unwrap();
    clock.pass(day);
    assert_eq!(total(&mut young).await, 0, "created the day before yesterday");
    clock.pass(day);
    assert_eq!(total(&mut old).await, 1, "updated the day before yesterday");
    server.stop().await;
}

async fn a_list_receives_what_it_shows_of_a_record_and_its_page_all_of_it(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let texts = NewLead { notes: Some("long ".repeat(1_000)), custom: [("Plan".to_owned(), "A".to_owned())].into(), ..NewLead::default() };
    let new = NewLead { name: "Lea".to_owned(), email: "lea@limits.example".to_owned(), ..texts };
    let lead = app.services.leads.create(&member(), new).await.unwrap();
    settled(&app.store).await;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    let since = client.head;
    let mut names = HashMap::new();
    for (id, query) in [(1, Query::Leads { rule: Rule::everyone() }), (2, Query::Lead { id: lead.id })] {
        client.subscribe(id, &query, since).await;
        let name = client.until(|message| if let ServerMessage::Subscribed { query, .. } = message { Some(query) } else { None }).await;
        names.insert(name, id);
    }
    let now = app.services.leads.update(&member(), lead.id, edit(|set| set.score = Some(5))).await.unwrap();
    let mut received = HashMap::new();
    while received.len() < 2 {
        let (name, lead) = client
            .until(|message| match message {
                ServerMessage::Deltas { query, items, .. } => {
                    let leads = items.into_iter().filter_map(|item| item.record?.as_lead().cloned());
                    leads.into_iter().find(|lead| lead.revision == now.revision).map(|lead| (query, lead))
                }
                _ => None,
            })
            .await;
        received.insert(names[&name], lead);
    }
    assert_eq!(received[&2], now);
    assert_eq!(received[&1], now.in_list());
    server.stop().await;
}

/// Each change is compared with all of them.
async fn one_viewer_watches_no_more_conditions_than_their_share(db: &TestDb) {
    let server = TestServer::start(db).await;
    let metrics = || server.server.app.hub.metrics();
    let secret = server.secret(Role::Viewer).await;
    let rule = |n: usize, tests: usize| {
        Rule::All((0..tests).map(|test| Rule::test("company", Op::NotContains, Value::Text(format!("company {n} {test}")))).collect())
    };
    let mut sockets =
        [LiveClient::connect(&server.live_url(), &secret, None).await, LiveClient::connect(&server.live_url(), &secret, None).await];
    let answer = async |client: &mut LiveClient, id: u32, rule: Rule| {
        client.subscribe(id, &Query::Leads { rule }, i64::MAX).await;
        let answered = |message| match message {
            ServerMessage::Subscribed { id: of, .. } if of == id => Some(None),
            ServerMessage::Reset { id: Some(of), reason } if of == id => Some(Some(reason)),
            _ => None,
        };
        client.until(answered).await
    };
    for n in 0..80 {
        assert_eq!(answer(&mut sockets[n / 40], n as u32, rule(n, 50)).await, None, "{n}");
    }
    // A total of someone else, which is kept though nobody watches it.
    let of_another = server.server.app.hub.total(&member(), Query::Leads { rule: rule(90, 1) }, 0, Duration::MAX).await;
    assert_eq!(of_another, Some(Total::Count(0)));
    let refused = answer(&mut sockets[1], 80, rule(80, 50)).await.expect("the share is used up");
    assert!(refused.contains("4000 conditions") && refused.contains("fewer"), "{refused}");
    assert_eq!(metrics().queries, 81, "it stays");
    // Others have theirs.
    let mut other = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    assert_eq!(answer(&mut other, 1, rule(81, 200)).await, None);
    // A query that nobody watches any more makes room.
    sockets[0].say(&ClientMessage::Unsubscribe { id: 7 }).await;
    assert_eq!(answer(&mut sockets[0], 80, rule(80, 50)).await, None);
    server.stop().await;
}

async fn a_counting_query_ends_with_its_socket(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    client.subscribe(1, &count(Rule::search("nobody")), i64::MAX).await;
    assert_eq!(total(&mut client).await, 0);
    client.say(&ClientMessage::Unsubscribe { id: 1 }).await;
    client.subscribe(2, &count(Rule::search("nobody")), i64::MAX).await;
    assert_eq!(total(&mut client).await, 0);
    assert_eq!(app.hub.metrics().queries, 1);
    server.stop().await;
}

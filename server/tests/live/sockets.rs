//! Sockets: who may connect, messages, close codes.

use super::tab::*;
use crate::common::{TestDb, live_client::LiveClient, server::TestServer};
use domain::{
    Entity, Epoch, ImportId, Role,
    imports::{ImportCounts, ImportProgress, ImportStatus},
    live::{ClientMessage, PROTOCOL, Progress, Query, ServerMessage, close},
    rule::{Op, Rule, Value},
};
use tokio_tungstenite::tungstenite;

both_dbs!(sockets_close_when_rights_change);

async fn sockets_close_when_rights_change(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let url = server.live_url();
    let system = domain::Actor::system();
    let user = server.user("vera@live.example", Role::Viewer).await;
    let session = app
        .services
        .accounts
        .sign_in("vera@live.example", crate::common::server::PASSWORD, "test", domain::accounts::Device::Unknown)
        .await
        .unwrap();
    let mut promoted = LiveClient::connect(&url, &session.secret, None).await;
    app.services.accounts.set_role(&system, user.id, Role::Member).await.unwrap();
    assert_eq!(promoted.closed().await, Some(close::SESSION_OVER));

    let mut again = LiveClient::connect(&url, &session.secret, None).await;
    app.services.accounts.sign_out(&session.secret).await.unwrap();
    assert_eq!(again.closed().await, Some(close::SESSION_OVER));

    let refused = LiveClient::open(&url, &[("authorization", &format!("Bearer {}", session.secret))]).await;
    assert_eq!(status(refused), 401);
    server.stop().await;
}

fn status<T>(answer: Result<T, tungstenite::Error>) -> u16 {
    match answer {
        Ok(_) => 101,
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_our_own_pages_may_connect() {
    let db = TestDb::sqlite().await;
    let server = TestServer::with(&db, &["--allowed-origin", "https://crm.example.org"]).await;
    let bearer = format!("Bearer {}", server.secret(Role::Viewer).await);
    let own = format!("http://{}", server.server.addr);
    for (origin, expected) in [
        (own.as_str(), 101),
        ("https://crm.example.org", 101),
        ("https://evil.example", 403),
        ("http://127.0.0.1:1", 403),
        ("null", 403),
        ("https://crm.example.org.evil.example", 403),
    ] {
        let answer = LiveClient::open(&server.live_url(), &[("authorization", &bearer), ("origin", origin)]).await;
        assert_eq!(status(answer), expected, "{origin}");
    }
    assert_eq!(status(LiveClient::open(&server.live_url(), &[("origin", &own)]).await), 401);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_is_made_once_for_all_who_watch() {
    const WATCHERS: u64 = 40;
    const OTHERS: u64 = 10;
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let app = &server.server.app;
    let secret = server.secret(Role::Viewer).await;
    let query = Query::Leads { rule: score_from(50) };
    let mut clients = Vec::new();
    for _ in 0..WATCHERS {
        let mut client = LiveClient::connect(&server.live_url(), &secret, None).await;
        client.subscribe(1, &query, i64::MAX).await;
        client
            .until(|message| {
                matches!(message, ServerMessage::Subscribed { total: Some(_), .. } | ServerMessage::Deltas { .. }).then_some(())
            })
            .await;
        clients.push(client);
    }
    let before = app.hub.metrics();
    assert_eq!((before.sockets, before.queries), (WATCHERS, 1));
    for n in 0..20 {
        create(app, "Watched", 50 + n).await;
    }
    let mut received = 0;
    for client in &mut clients {
        let mut seen = 0;
        while seen < 20 {
            seen += client
                .until(|message| match message {
                    ServerMessage::Deltas { items, .. } if !items.is_empty() => Some(items.len()),
                    _ => None,
                })
                .await;
            received += 1;
        }
    }
    let after = app.hub.metrics();
    let (encoded, delivered) = (after.encoded - before.encoded, after.delivered - before.delivered);
    assert!(delivered >= received && received >= WATCHERS, "{received} frames received, {delivered} delivered");
    // Beside those: who is present, and how far the log is.
    assert!(encoded <= received / WATCHERS + OTHERS, "{received} frames received, {encoded} made");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_answers_at_once_all_arrive() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    for round in 0..8_u32 {
        for id in 0..60 {
            client.subscribe(round * 60 + id, &Query::list(Entity::Import), i64::MAX).await;
        }
        for id in 0..60 {
            let next = client.until(|message| match message {
                ServerMessage::Subscribed { id, .. } => Some(id),
                _ => None,
            });
            assert_eq!(next.await, round * 60 + id);
        }
        for id in 0..60 {
            client.say(&ClientMessage::Unsubscribe { id: round * 60 + id }).await;
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let secret = server.secret(Role::Viewer).await;
    let url = server.live_url();
    let mut client = LiveClient::connect(&url, &secret, Some(Epoch(uuid::Uuid::from_u128(1)))).await;
    client.until(|message| matches!(message, ServerMessage::Reset { id: None, .. }).then_some(())).await;

    let unknown = Rule::test("nickname", Op::Is, Value::Text("x".to_owned()));
    client.subscribe(5, &Query::Leads { rule: unknown }, 0).await;
    let reason = client
        .until(|message| match message {
            ServerMessage::Reset { id: Some(5), reason } => Some(reason),
            _ => None,
        })
        .await;
    assert!(reason.contains("nickname"), "{reason}");

    for id in 100..165 {
        client.subscribe(id, &Query::list(Entity::Import), i64::MAX).await;
    }
    client.until(|message| matches!(message, ServerMessage::Reset { id: Some(164), .. }).then_some(())).await;

    client.say(&ClientMessage::Hello { proto: PROTOCOL, epoch: None, since: None }).await;
    client.subscribe(100, &Query::Leads { rule: Rule::search(&"x".repeat(70_000)) }, 0).await;
    client.closed().await;

    let mut old = LiveClient::open(&url, &[("authorization", &format!("Bearer {secret}"))]).await.unwrap();
    use futures::{SinkExt, StreamExt};
    old.send(tungstenite::Message::text(r#"{"type":"hello","proto":99,"epoch":null,"since":null}"#)).await.unwrap();
    let Some(Ok(tungstenite::Message::Close(Some(frame)))) = old.next().await else { panic!("not closed") };
    assert_eq!(u16::from(frame.code), close::WRONG_PROTOCOL);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_coalesced_and_its_last_word_arrives() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let app = &server.server.app;
    let id = ImportId(app.store.clock.id());
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    client.subscribe(1, &Query::One { kind: Entity::Import, id: id.0 }, i64::MAX).await;
    client.until(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).await;
    for read in 1..=1_000 {
        app.hub.progress(Progress::Import(ImportProgress {
            id,
            status: if read == 1_000 { ImportStatus::Completed } else { ImportStatus::Running },
            read,
            size: 1_000,
            counts: ImportCounts::default(),
            rows_per_second: 0.0,
        }));
    }
    let mut told = 0;
    client
        .until(|message| match message {
            ServerMessage::Progress { progress: Progress::Import(import) } => {
                told += 1;
                (import.read == 1_000 && import.status == ImportStatus::Completed).then_some(())
            }
            _ => None,
        })
        .await;
    assert!(told < 100, "{told} frames");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_each_other_once_and_hear_of_a_restart() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let app = &server.server.app;
    let url = server.live_url();
    let mut clients = Vec::new();
    for email in ["ann@live.example", "bob@live.example"] {
        server.user(email, Role::Viewer).await;
        let session =
            app.services.accounts.sign_in(email, crate::common::server::PASSWORD, "test", domain::accounts::Device::Unknown).await.unwrap();
        for page in ["/leads", "/imports"] {
            let mut client = LiveClient::connect(&url, &session.secret, None).await;
            client.say(&ClientMessage::Presence { page: Some(page.to_owned()), record: None }).await;
            clients.push(client);
        }
    }
    for client in &mut clients {
        let people = client
            .until(|message| match message {
                ServerMessage::Presence { people } if people.len() == 2 => Some(people),
                _ => None,
            })
            .await;
        assert_eq!(people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["ann@live.example", "bob@live.example"]);
    }
    let (_, stay) = clients.split_at_mut(2);
    stay[0].say(&ClientMessage::Presence { page: None, record: None }).await;
    app.hub.shutdown().await;
    for client in &mut clients {
        assert_eq!(client.closed().await, Some(close::RESTART));
    }
    server.stop().await;
}

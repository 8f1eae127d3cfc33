//! Access that is taken away while a response or a file is on its way, and slow clients.

use crate::common::{
    TestDb,
    http2::{Http2, Taken},
    leads::member,
    server::{PASSWORD, TestServer, location},
};
use domain::{
    Actor, Role,
    accounts::{Device, NewKey, Secret, Session},
    leads::NewLead,
};
use server::http::ConcurrencyLimit;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of the answer that are taken at first.
const FIRST: u32 = 20_000;

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what}"));
}

/// A server with some large leads.
async fn large(db: &TestDb) -> TestServer {
    let server = TestServer::start(db).await;
    for n in 0..20 {
        let new = NewLead {
            name: format!("Lead {n}"),
            email: format!("lead{n}@flights.example"),
            notes: Some("x".repeat(15_000)),
            ..NewLead::default()
        };
        server.server.app.services.leads.create(&member(), new).await.unwrap();
    }
    server
}

async fn key(server: &TestServer) -> Secret<domain::accounts::ApiKey> {
    let new = NewKey { name: "sync".to_owned(), role: Role::Member, days: None };
    server.server.app.services.accounts.add_key(&Actor::system(), new).await.unwrap()
}

async fn session(server: &TestServer, email: &str, role: Role) -> Secret<Session> {
    server.user(email, role).await;
    server.server.app.services.accounts.sign_in(email, PASSWORD, "test", Device::Unknown).await.unwrap()
}

/// An answer of which little is taken.
async fn stalled(server: &TestServer, secret: &str) -> (Http2, u32) {
    let mut reader = Http2::connect(server.server.addr, FIRST).await;
    let answer = reader.get("/api/leads?limit=100", Some(secret)).await;
    reader.answered(answer).await;
    (reader, answer)
}

async fn connect(server: &TestServer, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.server.addr).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("the server hangs up"));
    String::from_utf8_lossy(&text).into_owned()
}

both_dbs!(
    what_is_on_its_way_ends_with_the_right_to_it,
    who_waited_for_a_permit_is_rechecked,
    slow_strangers_keep_nobody_out,
    a_slow_client_is_not_kept_out_by_itself
);

async fn what_is_on_its_way_ends_with_the_right_to_it(db: &TestDb) {
    let server = large(db).await;
    let app = &server.server.app;
    let (accounts, under_way) = (&app.services.accounts, |concurrency: &ConcurrencyLimit, count| {
        let concurrency = concurrency.clone();
        move || concurrency.under_way() == count
    });
    let (kept, revoked) = (key(&server).await, key(&server).await);
    let ended = session(&server, "ended@flights.example", Role::Member).await;
    let lowered = session(&server, "lowered@flights.example", Role::Manager).await;
    let raised = session(&server, "raised@flights.example", Role::Viewer).await;
    let (mut stays, stays_at) = stalled(&server, &kept.secret).await;
    let (mut rises, rises_at) = stalled(&server, &raised.secret).await;
    let mut readers = Vec::new();
    for secret in [&revoked.secret, &ended.secret, &lowered.secret] {
        readers.push(stalled(&server, secret).await);
    }
    let head = format!(
        "POST /api/imports?name=a.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nName",
        ended.secret
    );
    let mut upload = connect(&server, &head).await;
    until("the upload has begun", under_way(&app.uploads, 1)).await;
    assert_eq!(app.concurrency.under_way(), 5);

    accounts.revoke_key(&Actor::system(), revoked.of.id).await.unwrap();
    accounts.sign_out(&ended.secret).await.unwrap();
    accounts.set_role(&Actor::system(), lowered.of.user_id, Role::Viewer).await.unwrap();
    accounts.set_role(&Actor::system(), raised.of.user_id, Role::Member).await.unwrap();
    until("permits are free though nobody reads", under_way(&app.concurrency, 2)).await;
    for (mut reader, answer) in readers {
        let taken = reader.take(answer).await;
        assert!(!taken.whole && taken.bytes < 60_000, "{taken:?}");
    }
    assert!(rest(&mut upload).await.starts_with("HTTP/1.1 401"), "an upload that stalls is told");
    assert_eq!(app.uploads.under_way(), 0);
    let parts = server.files().into_iter().filter(|file| file.extension().is_some_and(|end| end == "part")).count();
    assert_eq!(parts, 0, "and nothing of it is kept");
    for (reader, answer) in [(&mut stays, stays_at), (&mut rises, rises_at)] {
        let Taken { bytes, whole } = reader.take(answer).await;
        assert!(whole && bytes > 300_000, "others read on: {bytes}");
    }
    until("what is sent leaves no trace", under_way(&app.concurrency, 0)).await;
    drop((stays, rises));
    server.stop().await;
}

async fn who_waited_for_a_permit_is_rechecked(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let key = key(&server).await;
    let mut uploads = Vec::new();
    for _ in 0..7 {
        let head = format!(
            "POST /api/imports?name=a.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nName",
            key.secret
        );
        uploads.push(connect(&server, &head).await);
    }
    until("the last one waits", || (app.uploads.under_way(), app.uploads.waiting()) == (7, 1)).await;
    app.services.accounts.revoke_key(&Actor::system(), key.of.id).await.unwrap();
    for mut upload in uploads {
        let answer = rest(&mut upload).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    server.stop().await;
}

async fn slow_strangers_keep_nobody_out(db: &TestDb) {
    let server = TestServer::with(db, &["--metrics-open"]).await;
    let app = &server.server.app;
    server.user("ana@flights.example", Role::Member).await;
    // More pages that nobody reads than one address may have.
    let mut readers = Vec::new();
    for _ in 0..10 {
        let mut reader = Http2::connect(server.server.addr, 0).await;
        for _ in 0..30 {
            reader.get("/signin", None).await;
        }
        readers.push(reader);
    }
    until("the slowest are ended", || (app.strangers.under_way(), app.strangers.waiting()) == (256, 0)).await;
    // And more half-sent bodies.
    let half =
        "POST /auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nemail=";
    let mut bodies = Vec::new();
    for _ in 0..300 {
        bodies.push(connect(&server, half).await);
    }
    let answer = server.sign_in(&server.browser(), "ana@flights.example", PASSWORD).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
    assert_eq!(server.browser().get(server.url("/signin")).send().await.unwrap().status(), 200);
    for path in ["/healthz", "/readyz", "/api/health", "/metrics"] {
        assert_eq!(server.browser().get(server.url(path)).send().await.unwrap().status(), 200, "{path}");
    }
    let ended = rest(&mut bodies[0]).await;
    assert!(ended.starts_with("HTTP/1.1 503") && ended.contains("did not arrive in time"), "{ended}");
    drop((readers, bodies));
    until("no trace is left", || app.strangers.under_way() == 0).await;
    server.stop().await;
}

async fn a_slow_client_is_not_kept_out_by_itself(db: &TestDb) {
    let server = large(db).await;
    let app = &server.server.app;
    let key = key(&server).await;
    let mut reader = Http2::connect(server.server.addr, 0).await;
    for _ in 0..24 {
        let answer = reader.get("/api/leads?limit=100", Some(&key.secret)).await;
        reader.answered(answer).await;
    }
    let mut bodies = Vec::new();
    for _ in 0..24 {
        let head = format!(
            "POST /api/leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{",
            key.secret
        );
        bodies.push(connect(&server, &head).await);
    }
    until("all bodies arrive", || app.concurrency.under_way() == 48).await;
    let client = server.browser();
    let answer = client.get(server.url("/api/campaigns")).bearer_auth(&key.secret).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(app.concurrency.waiting(), 0);
    let lead = serde_json::json!({ "name": "Ana", "email": "ana@flights.example" });
    let answer = client.post(server.url("/api/leads")).bearer_auth(&key.secret).json(&lead).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    drop((reader, bodies));
    server.stop().await;
}

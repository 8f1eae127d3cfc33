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

/// A server with some large leads: an answer with all of them has 300 kB.
async fn large(db: &TestDb, options: &[&str]) -> TestServer {
    let server = TestServer::with(db, options).await;
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
    a_slow_client_is_not_kept_out_by_itself,
    what_does_not_move_on_is_ended_though_nobody_waits,
    trickling_uploads_are_ended_and_others_go_on,
    a_large_body_of_who_may_not_write_is_not_read,
    a_known_device_signs_in_while_its_address_waits
);

async fn what_is_on_its_way_ends_with_the_right_to_it(db: &TestDb) {
    let server = large(db, &[]).await;
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
    for reader in &mut readers {
        tokio::time::timeout(PATIENCE, reader.heads(30)).await.expect("the slowest are ended");
    }
    assert_eq!(app.strangers.waiting(), 0);
    assert!((200..=256).contains(&app.strangers.under_way()), "{}", app.strangers.under_way());
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
    let server = large(db, &[]).await;
    let app = &server.server.app;
    let key = key(&server).await;
    let mut readers = Vec::new();
    for _ in 0..4 {
        let mut reader = Http2::connect(server.server.addr, 0).await;
        for _ in 0..15 {
            let answer = reader.get("/api/leads?limit=100", Some(&key.secret)).await;
            reader.answered(answer).await;
        }
        readers.push(reader);
    }
    let mut bodies = Vec::new();
    for _ in 0..60 {
        let head = format!(
            "POST /api/leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{",
            key.secret
        );
        bodies.push(connect(&server, &head).await);
    }
    until("all bodies arrive", || app.concurrency.under_way() == 120).await;
    let client = server.browser();
    let answer = client.get(server.url("/api/campaigns")).bearer_auth(&key.secret).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(app.concurrency.waiting(), 0);
    let lead = serde_json::json!({ "name": "Ana", "email": "ana@flights.example" });
    let answer = client.post(server.url("/api/leads")).bearer_auth(&key.secret).json(&lead).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    drop((readers, bodies));
    server.stop().await;
}

async fn what_does_not_move_on_is_ended_though_nobody_waits(db: &TestDb) {
    let server = large(db, &["--idle-timeout", "2"]).await;
    let key = key(&server).await;
    let (mut reader, answer) = stalled(&server, &key.secret).await;
    let ended = until("the answer is ended", || server.server.app.concurrency.under_way() == 0);
    let pings = async {
        loop {
            reader.ping().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        () = ended => {}
        () = pings => {}
    }
    let taken = reader.take(answer).await;
    assert!(!taken.whole && taken.bytes < 60_000, "{taken:?}");
    server.stop().await;
}

fn upload(key: &Secret<domain::accounts::ApiKey>, rest: &str) -> String {
    let secret = &key.secret;
    let head = format!("POST /api/imports?name=a.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Type: text/csv");
    format!("{head}\r\n{rest}")
}

async fn trickling_uploads_are_ended_and_others_go_on(db: &TestDb) {
    let server = TestServer::with(db, &["--idle-timeout", "2"]).await;
    let app = &server.server.app;
    let key = key(&server).await;
    let mut trickles = Vec::new();
    for _ in 0..6 {
        let (mut reads, mut writes) = connect(&server, &upload(&key, "Content-Length: 1000000\r\n\r\nName")).await.into_split();
        let trickle = tokio::spawn(async move {
            while writes.write_all(b",").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let answer = tokio::spawn(async move {
            let mut head = [0; 1_000];
            let read = reads.read(&mut head).await.unwrap();
            String::from_utf8_lossy(&head[..read]).into_owned()
        });
        trickles.push((trickle, answer));
    }
    until("all have begun", || app.uploads.under_way() == 6).await;
    let file = "name,email\nAna,ana@flights.example\n";
    let next = upload(&key, &format!("Connection: close\r\nContent-Length: {}\r\n\r\n{file}", file.len()));
    let answer = rest(&mut connect(&server, &next).await).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let mut named = 0;
    for (trickle, answer) in trickles {
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("the server ends it").unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        named += usize::from(answer.contains("Less than 16 KiB of the request arrived within 2 s"));
        trickle.abort();
    }
    assert!(named >= 4, "{named}: one or two gave way to the next upload before");
    assert_eq!(app.uploads.under_way(), 0);
    server.stop().await;
}

async fn a_large_body_of_who_may_not_write_is_not_read(db: &TestDb) {
    let server = TestServer::start(db).await;
    let viewer = session(&server, "viewer@flights.example", Role::Viewer).await;
    let member = session(&server, "member@flights.example", Role::Member).await;
    let head = |secret: &str, length: &str| {
        format!(
            "POST /api/leads HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
        )
    };
    let announced = head(&viewer.secret, "Content-Length: 1000000");
    let grows = format!("{}{:x}\r\n{}", head(&viewer.secret, "Transfer-Encoding: chunked"), 100_000, "x".repeat(70_000));
    let lead = r#"{"name":"Ana","email":"ana@flights.example"}"#;
    let small = format!("{}{lead}", head(&viewer.secret, &format!("Content-Length: {}", lead.len())));
    for (request, status) in [(announced, 403), (grows, 403), (small, 403), (head(&member.secret, "Content-Length: 3000000"), 413)] {
        let answer = rest(&mut connect(&server, &request).await).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{status}: {answer}");
    }
    server.stop().await;
}

async fn a_known_device_signs_in_while_its_address_waits(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    server.user("ana@flights.example", Role::Member).await;
    let browser = server.browser();
    assert_eq!(location(&server.sign_in(&browser, "ana@flights.example", PASSWORD).await), "/");
    assert_eq!(browser.post(server.url("/auth/sign-out")).send().await.unwrap().status(), 303);
    let mut others = Vec::new();
    for n in 0..300 {
        let body = format!("email=a{n}%40flights.example&password=wrong-password");
        let head = "POST /auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length";
        let (begin, last) = body.split_at(body.len() - 1);
        let stream = connect(&server, &format!("{head}: {}\r\n\r\n{begin}", body.len())).await;
        others.push((stream, last.to_owned()));
    }
    // All at once: one after another, they may be refused as fast as they come.
    for (stream, last) in &mut others {
        stream.write_all(last.as_bytes()).await.unwrap();
    }
    until("as many as may wait", || app.strangers.waiting() >= 200).await;
    let answer = server.sign_in(&browser, "ana@flights.example", PASSWORD).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
    assert_eq!(answer.url().path(), "/auth/sign-in");
    drop(others);
    server.stop().await;
}

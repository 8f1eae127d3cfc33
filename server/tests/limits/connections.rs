//! Slow connections and many connections, over raw TCP.

use crate::common::{
    TestDb,
    server::{TestServer, json},
};
use domain::{Actor, Role, accounts::NewKey};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

const PATIENCE: Duration = Duration::from_secs(20);

async fn connect(server: &TestServer, sent: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.server.addr).await.unwrap();
    stream.write_all(sent).await.unwrap();
    stream
}

/// Reads until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset also counts as closed.
    drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("the server hangs up"));
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_no_more_when_the_body_has_come_writes_nothing() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let accounts = &server.server.app.services.accounts;
    let key = accounts.add_key(&Actor::system(), NewKey { name: "sync".into(), role: Role::Admin, days: None }).await.unwrap();
    let body = r#"{"name":"survivor","role":"admin"}"#;
    let head = |length: usize| {
        let secret = &key.secret;
        format!(
            "POST /api/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let mut stream = connect(&server, format!("{}{}", head(body.len()), &body[..5]).as_bytes()).await;
    // The server has read the head: another request with the same key is answered.
    assert_eq!(server.browser().get(server.url("/api/leads?limit=1")).bearer_auth(&key.secret).send().await.unwrap().status(), 200);
    accounts.revoke_key(&Actor::system(), key.of.id).await.unwrap();
    stream.write_all(&body.as_bytes()[5..]).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(accounts.keys(&Actor::system()).await.unwrap().iter().filter(|key| key.name == "survivor").count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_half_a_request_is_hung_up_on() {
    let db = TestDb::sqlite().await;
    let server = TestServer::with(&db, &["--head-timeout", "1", "--idle-timeout", "2"]).await;
    let secret = server.secret(Role::Member).await;
    let body = format!(
        "POST /api/imports?name=a.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Type: text/csv\r\nContent-Length: 100900\r\n\r\nName"
    );
    let halves: [&[u8]; 6] = [
        b"",
        b"GET",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"PRI * HTTP/2.0\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        body.as_bytes(),
    ];
    let mut streams = Vec::new();
    for half in halves {
        streams.push(connect(&server, half).await);
    }
    for mut stream in streams {
        rest(&mut stream).await;
    }

    // Also between two requests.
    let mut idle = connect(&server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = rest(&mut idle).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");

    // A slow but steady client is served to the end.
    let mut slow = connect(&server, body.as_bytes()).await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        slow.write_all(&[b','; 20_000]).await.unwrap();
    }
    slow.write_all(&[b'x'; 896]).await.unwrap();
    let mut start = [0; 12];
    tokio::time::timeout(PATIENCE, slow.read_exact(&mut start)).await.unwrap().unwrap();
    assert!(matches!(&start, b"HTTP/1.1 201" | b"HTTP/1.1 422"), "{}", String::from_utf8_lossy(&start));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_connections_of_one_address_leave_room_for_others() {
    let db = TestDb::sqlite().await;
    let server = TestServer::with(&db, &["--connections-per-address", "20"]).await;
    let mut half = Vec::new();
    for _ in 0..100 {
        half.push(connect(&server, b"").await);
    }
    let mut over = half.pop().unwrap();
    assert_eq!(rest(&mut over).await, "", "the address has all it may have");
    let from: SocketAddr = "127.0.0.2:0".parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(from).unwrap();
    let mut other = socket.connect(server.server.addr).await.unwrap();
    other.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut other).await.starts_with("HTTP/1.1 200"));
    drop(half);
    tokio::time::timeout(PATIENCE, async {
        while server.browser().get(server.url("/healthz")).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("whoever hangs up makes room");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_choose_no_labels_and_send_little() {
    let db = TestDb::sqlite().await;
    let server = TestServer::with(&db, &["--metrics-open"]).await;
    let client = server.browser();
    let metrics = async || client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let ask = async |method: &[u8], path: &str| {
        let method = reqwest::Method::from_bytes(method).unwrap();
        client.request(method, server.url(path)).send().await.unwrap()
    };
    ask(b"FIRST", "/healthz").await;
    let before = metrics().await;
    for n in 0..200 {
        ask(format!("INVENTED{n}").as_bytes(), &format!("/invented/{n}")).await;
    }
    ask("M".repeat(20_000).as_bytes(), "/healthz").await;
    let after = metrics().await;
    assert!(after.contains("method=\"other\"") && !after.contains("INVENTED") && !after.contains("MMMM"));
    assert!(after.len() < before.len() + 20_000, "{} bytes, {} before", after.len(), before.len());

    let long = serde_json::json!({ "email": "x".repeat(100_000), "password": "x" });
    let refused = client.post(server.url("/api/auth/login")).json(&long).send().await.unwrap();
    assert_eq!(refused.status(), 413);
    assert!(json(refused).await["detail"].as_str().unwrap().contains("16384"));
    let form = server.form(&server.browser(), "/auth/sign-in", &[("email", &"x".repeat(100_000)), ("password", "x")]).await;
    assert_eq!(form.status(), 413);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_hosts_are_refused() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    for (hosts, expected) in [("Host: x\r\n", "HTTP/1.1 200"), ("Host: x\r\nHost: y\r\n", "HTTP/1.1 400")] {
        let mut stream = connect(&server, format!("GET /healthz HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n").as_bytes()).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(expected), "{answer}");
    }
    server.stop().await;
}

both_dbs!(a_reader_who_leaves_breaks_nothing);

async fn a_reader_who_leaves_breaks_nothing(db: &TestDb) {
    let server = TestServer::start(db).await;
    let secret = server.secret(Role::Member).await;
    let panics = Arc::new(AtomicUsize::new(0));
    let (counted, usual) = (panics.clone(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        counted.fetch_add(1, Ordering::Relaxed);
        usual(panic);
    }));
    let rule = "%7B%22all%22%3A%5B%7B%22field%22%3A%22score%22%2C%22op%22%3A%22gte%22%2C%22value%22%3A1%7D%5D%7D";
    let head = format!("GET /leads?rule={rule} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {secret}\r\n\r\n");
    for at in 0..200 {
        let mut stream = connect(&server, head.as_bytes()).await;
        // The response has started, or is about to.
        if at % 2 == 0 {
            assert!(stream.read(&mut [0; 16]).await.unwrap() > 0);
        } else {
            drop(tokio::time::timeout(Duration::from_millis(at / 8), stream.readable()).await);
        }
    }
    let answer = rest(&mut connect(&server, head.as_bytes()).await).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("</html>"), "{}", answer.len());
    assert_eq!(panics.load(Ordering::Relaxed), 0);
}

//! The change log for programs that do not speak `/live`: plain WebSockets and server-sent events.

use crate::common::{
    TestDb,
    leads::{edit, new_lead, settled},
    live_client::LiveClient,
    server::{PASSWORD, TestServer, json},
};
use domain::{
    Actor, Epoch, Op, Record, Role,
    accounts::Device,
    campaigns::NewCampaign,
    change::Set,
    leads::{Lead, LeadEdit, LeadPatch},
    live::close,
};
use futures::{SinkExt, StreamExt};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use server::leads::put;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

/// Timeout of a read.
const PATIENCE: Duration = Duration::from_secs(30);

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(server: &TestServer, path: &str, secret: &str) -> Self {
        Self::with(server, path, &[("authorization", &format!("Bearer {secret}"))]).await.unwrap()
    }

    async fn with(server: &TestServer, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, tungstenite::Error> {
        let url = format!("ws://{}/api/v1/ws{path}", server.server.addr);
        Ok(Self(LiveClient::open(&url, headers).await?))
    }

    /// As `narrow`.
    async fn narrow(server: &TestServer, path: &str, secret: &str) -> Self {
        let mut request = format!("ws://{}/api/v1/ws{path}", server.server.addr).into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {secret}").parse().unwrap());
        let stream = MaybeTlsStream::Plain(narrow(server).await);
        Self(client_async(request, stream).await.unwrap().0)
    }

    /// The next frame, or the close code.
    async fn next(&mut self) -> Result<Value, Option<u16>> {
        let read = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(None),
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("a frame in time")
    }

    async fn frames(&mut self, count: usize) -> Vec<Value> {
        let mut frames = Vec::new();
        while frames.len() < count {
            frames.push(self.next().await.unwrap());
        }
        frames
    }

    async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Event {
    id: Option<i64>,
    /// The history that the id belongs to.
    epoch: Option<Epoch>,
    name: String,
    data: Value,
}

/// A client of `/api/events`.
struct Events {
    answer: Response,
    bytes: Vec<u8>,
}

impl Events {
    async fn open(server: &TestServer, client: &Client, query: &str, last: Option<&str>) -> Self {
        let mut request = client.get(server.url(&format!("/api/events{query}")));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
        Self { answer, bytes: Vec::new() }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|two| two == b"\n\n") {
                let event = String::from_utf8(self.bytes.drain(..end + 2).collect()).unwrap();
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim_start));
                let Some(data) = field("data") else { continue };
                let (id, epoch) = field("id").map(|id| id.split_once('.').unwrap()).unzip();
                return Some(Event {
                    id: id.map(|id| id.parse().unwrap()),
                    epoch: epoch.map(|epoch| epoch.parse().unwrap()),
                    name: field("event").unwrap_or("message").to_owned(),
                    data: serde_json::from_str(data).unwrap(),
                });
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.expect("an event in time").ok()??;
            self.bytes.extend_from_slice(&chunk);
        }
    }

    async fn events(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.next().await.expect("more events"));
        }
        events
    }
}

/// A connection that holds less than 2 MB, with the server's own buffer. Far less would make TCP pause at each read.
async fn narrow(server: &TestServer) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(128 * 1024).unwrap();
    socket.connect(server.server.addr).await.unwrap()
}

async fn head(server: &TestServer) -> i64 {
    let store = &server.server.app.store;
    settled(store).await;
    store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of
}

both_dbs!(
    whatever_door_a_change_came_by_it_is_heard_once,
    the_second_connection_of_a_client_id_replaces_the_first,
    feeds_end_with_the_session,
    a_flood_closes_the_socket,
    a_slow_socket_is_closed_and_a_slow_stream_reads_the_log,
    events_resume_where_they_ended,
    a_set_is_one_event_and_no_frame
);

/// 003.3: `{"type", "lead", "userId", "isRemote"}` to every client, the author too.
async fn whatever_door_a_change_came_by_it_is_heard_once(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (secret, client) = (server.secret(Role::Member).await, server.key(Role::Member).await);
    let services = &server.server.app.services;
    let mut sockets = [Socket::open(&server, "/k3j9x", &secret).await, Socket::open(&server, "", &secret).await];
    let after = head(&server).await;
    let mut events = Events::open(&server, &client, &format!("?after={after}"), None).await;

    let send = async |method: Method, path: &str, body: Value| {
        let answer = client.request(method, server.url(path)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        json(answer).await
    };
    let body = json!({ "name": "Ana", "email": "ana@b.example", "company": "Tern" });
    let made = send(Method::POST, "/api/v1/leads/?user_id=k3j9x", body).await;
    let id = made["id"].as_str().unwrap();
    send(Method::PATCH, &format!("/api/leads/{id}"), json!({ "stage": "Negotiation" })).await;
    let won = send(Method::PUT, &format!("/api/v1/leads/{id}?user_id=z1"), json!({ "current_stage": "Closed Won" })).await;
    let page = edit(|set| set.engaged = Some(true));
    services.leads.update(&Actor::system(), id.parse().unwrap(), page).await.unwrap();
    let campaign =
        services.campaigns.create(&Actor::system(), NewCampaign { name: "Spring".into(), ..NewCampaign::default() }).await.unwrap();
    let undo = send(Method::DELETE, &format!("/api/leads/{id}"), json!({})).await["undo"].clone();
    send(Method::POST, &format!("/api/changes/{}/undo", undo.as_str().unwrap()), json!({})).await;
    let gone = send(Method::DELETE, &format!("/api/v1/leads/{id}?user_id=z1"), json!({})).await;

    for socket in &mut sockets {
        let frames = socket.frames(7).await;
        let kinds: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["create", "update", "update", "update", "delete", "create", "delete"]);
        assert!(frames.iter().all(|frame| frame["isRemote"] == true && frame.as_object().unwrap().len() == 4));
        let users: Vec<_> = frames.iter().map(|frame| frame["userId"].as_str().unwrap()).collect();
        assert_eq!((users[0], users[2], users[3], users[6]), ("k3j9x", "z1", "system", "z1"));
        assert!(users[1].parse::<uuid::Uuid>().is_ok() && users[1] == users[4], "the account of another door");
        assert_eq!((&frames[0]["lead"], &frames[2]["lead"], &frames[6]["lead"]), (&made, &won, &gone), "the lead as it was then");
    }
    let heard = events.events(8).await;
    let ops: Vec<_> =
        heard.iter().map(|event| (event.data["op"].as_str().unwrap(), event.data["record"]["entity"].as_str().unwrap())).collect();
    let of_lead = |op| (op, "lead");
    assert_eq!(
        ops,
        [
            of_lead("create"),
            of_lead("update"),
            of_lead("update"),
            of_lead("update"),
            ("create", "campaign"),
            of_lead("delete"),
            of_lead("restore"),
            of_lead("delete")
        ]
    );
    assert_eq!(heard[4].data["record"]["id"], json!(campaign.id));
    assert!(heard.iter().all(|event| event.name == "message" && event.id == event.data["seq"].as_i64()));
    assert!(heard.is_sorted_by(|one, next| one.id < next.id));
    server.stop().await;
}

/// Two servers on one Postgres.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sockets_of_every_server_name_the_writer() {
    let db = TestDb::postgres().await;
    let nodes = [TestServer::start(&db).await, TestServer::start(&db).await];
    let (secret, client) = (nodes[0].secret(Role::Member).await, nodes[0].key(Role::Member).await);
    let mut sockets = [Socket::open(&nodes[0], "", &secret).await, Socket::open(&nodes[1], "", &secret).await];
    let mut made = Vec::new();
    for (node, user) in nodes.iter().zip(["k3j9x", "z1"]) {
        let body = json!({ "name": user, "email": format!("{user}@b.example"), "company": "Tern" });
        let answer = client.post(node.url(&format!("/api/v1/leads/?user_id={user}"))).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        made.push(json(answer).await);
    }
    for socket in &mut sockets {
        let frames = socket.frames(2).await;
        for (frame, (lead, user)) in frames.iter().zip(made.iter().zip(["k3j9x", "z1"])) {
            assert_eq!(frame, &json!({ "type": "create", "lead": lead, "userId": user, "isRemote": true }));
        }
    }
    for node in nodes {
        node.stop().await;
    }
}

/// Of one account: another account's connection of the same client id stays.
async fn the_second_connection_of_a_client_id_replaces_the_first(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (mine, other) = (server.secret(Role::Member).await, server.secret(Role::Member).await);
    let mut first = Socket::open(&server, "/k3j9x", &mine).await;
    let mut others = Socket::open(&server, "/k3j9x", &other).await;
    let mut second = Socket::open(&server, "/k3j9x", &mine).await;
    assert_eq!(first.closed().await, Some(close::REPLACED));
    let mut third = Socket::open(&server, "/k3j9x", &mine).await;
    assert_eq!(second.closed().await, Some(close::REPLACED), "also after the first has gone");
    server.server.app.services.leads.create(&Actor::system(), new_lead("Ana", "ana@b.example")).await.unwrap();
    assert_eq!(
        (others.next().await.unwrap()["type"].clone(), third.next().await.unwrap()["type"].clone()),
        (json!("create"), json!("create"))
    );
    let long = Socket::with(&server, &format!("/{}", "x".repeat(201)), &[("authorization", &format!("Bearer {mine}"))]).await;
    assert!(matches!(long, Err(tungstenite::Error::Http(answer)) if answer.status() == 404));
    server.stop().await;
}

async fn feeds_end_with_the_session(db: &TestDb) {
    let server = TestServer::with(db, &["--allowed-origin", "https://crm.example.org"]).await;
    let accounts = &server.server.app.services.accounts;
    let user = server.user("vera@live.example", Role::Viewer).await;
    let session = accounts.sign_in("vera@live.example", PASSWORD, "test", Device::Unknown).await.unwrap();
    let client = |secret: &str| {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("authorization", format!("Bearer {secret}").parse().unwrap());
        Client::builder().default_headers(headers).build().unwrap()
    };
    for end in 0..2 {
        let mut socket = Socket::open(&server, "/k3j9x", &session.secret).await;
        let mut events = Events::open(&server, &client(&session.secret), "", None).await;
        if end == 0 {
            accounts.set_role(&Actor::system(), user.id, Role::Member).await.unwrap();
        } else {
            accounts.sign_out(&session.secret).await.unwrap();
        }
        assert_eq!(socket.closed().await, Some(close::SESSION_OVER));
        let last = events.next().await.unwrap();
        assert_eq!((last.name.as_str(), &last.data["reason"]), ("end", &json!("Your session ended or your role changed")));
        assert_eq!(events.next().await, None);
    }
    let status = |answer: Result<Socket, tungstenite::Error>| match answer {
        Ok(_) => 101,
        Err(tungstenite::Error::Http(answer)) => {
            assert_eq!(answer.headers()["content-type"], "application/json");
            answer.status().as_u16()
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(status(Socket::with(&server, "", &[]).await), 401);
    let secret = server.secret(Role::Viewer).await;
    let bearer = format!("Bearer {secret}");
    for (origin, expected) in [("https://crm.example.org", 101), ("https://evil.example", 403), ("null", 403)] {
        let asked = Socket::with(&server, "/x", &[("authorization", &bearer), ("origin", origin)]).await;
        assert_eq!(status(asked), expected, "{origin}");
        let streamed = client(&secret).get(server.url("/api/events")).header("origin", origin).send().await.unwrap();
        assert_eq!(streamed.status() == 200, expected == 101, "{origin}");
    }

    // A restart says so.
    let mut socket = Socket::open(&server, "", &secret).await;
    let mut events = Events::open(&server, &client(&secret), "", None).await;
    let (code, last, ()) = tokio::join!(socket.closed(), events.next(), server.stop());
    assert_eq!((code, last.unwrap().data["reason"].clone()), (Some(close::RESTART), json!("The server restarts")));
}

async fn a_flood_closes_the_socket(db: &TestDb) {
    let server = TestServer::start(db).await;
    let secret = server.secret(Role::Viewer).await;
    let mut socket = Socket::open(&server, "", &secret).await;
    for text in ["hello", "{", "\u{0}"] {
        socket.0.send(Message::text(text)).await.unwrap();
    }
    socket.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    server.server.app.services.leads.create(&Actor::system(), new_lead("Ana", "ana@b.example")).await.unwrap();
    assert_eq!(socket.next().await.unwrap()["type"], "create", "a few are ignored");
    for _ in 0..5_000 {
        // The server may have closed it.
        if socket.0.feed(Message::text("x")).await.is_err() {
            break;
        }
    }
    drop(socket.0.flush().await);
    assert_eq!(socket.closed().await, Some(close::FLOODED));
    server.stop().await;
}

/// Edits a lead `count` times in one transaction. Its frames have 4 kB.
async fn edit_often(server: &TestServer, lead: &Lead, from: i32, count: i32) -> Lead {
    let mut before = lead.clone();
    let system = Actor::system();
    let write = server.server.app.store.write(&system, move |tx| {
        Box::pin(async move {
            for n in from..from + count {
                let set = LeadPatch { name: Some(format!("{n:05}{}", "\u{10348}".repeat(480))), ..LeadPatch::default() };
                let after = LeadEdit::set(set).apply(&before, tx.now())?.expect("another name");
                put(tx, before, after.clone()).await?;
                before = after;
            }
            Ok(before)
        })
    });
    write.await.unwrap()
}

async fn a_slow_socket_is_closed_and_a_slow_stream_reads_the_log(db: &TestDb) {
    const ROUNDS: i32 = 12;
    const EACH: i32 = 200;
    let server = TestServer::start(db).await;
    let secret = server.secret(Role::Viewer).await;
    let new = domain::leads::NewLead { company: Some("\u{10348}".repeat(490)), ..new_lead("Ana", "ana@b.example") };
    let mut lead = server.server.app.services.leads.create(&Actor::system(), new).await.unwrap();
    let after = head(&server).await;
    let mut slow = Socket::narrow(&server, "/slow", &secret).await;
    // In HTTP/1.0 a body has no chunks.
    let mut stream = narrow(&server).await;
    let asked = format!("GET /api/events?after={after} HTTP/1.0\r\nhost: x\r\nauthorization: Bearer {secret}\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut fast = Socket::open(&server, "/fast", &secret).await;
    for round in 0..ROUNDS {
        lead = edit_often(&server, &lead, round * EACH, EACH).await;
        for n in 0..EACH {
            let mut frame = fast.next().await.unwrap();
            // On Postgres the lead's creation may be sent after the sockets are open.
            if frame["type"] == "create" {
                frame = fast.next().await.unwrap();
            }
            let expected = format!("{:05}", round * EACH + n);
            assert!(frame["lead"]["name"].as_str().unwrap().starts_with(&expected), "{expected}: {frame}");
        }
    }
    let mut heard = 0;
    let code = loop {
        match slow.next().await {
            Ok(_) => heard += 1,
            Err(code) => break code,
        }
    };
    // It cannot be told why while it reads nothing.
    assert!(matches!(code, None | Some(close::SLOW)), "{code:?}");
    // What waits for it is bounded: the frames that all listeners share, and the buffers of its connection.
    assert!(heard < ROUNDS * EACH, "all {heard} frames waited for it");
    let mut lines = BufReader::new(stream).lines();
    for n in 0..ROUNDS * EACH {
        let id = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("an event in time").unwrap().expect("more events");
            if let Some(id) = line.strip_prefix("id:") {
                break id.trim().split_once('.').unwrap().0.parse::<i64>().unwrap();
            }
        };
        assert_eq!(id, after + 1 + i64::from(n));
    }
    server.stop().await;
}

async fn events_resume_where_they_ended(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Viewer).await;
    let services = &server.server.app.services;
    let before = head(&server).await;
    for n in 0..5 {
        services.leads.create(&Actor::system(), new_lead("Ana", &format!("ana{n}@b.example"))).await.unwrap();
    }
    let last = head(&server).await;
    let ids = |events: Vec<Event>| events.into_iter().map(|event| event.id.unwrap() - before).collect::<Vec<_>>();
    let mut all = Events::open(&server, &client, &format!("?after={before}"), None).await;
    assert_eq!(ids(all.events(5).await), [1, 2, 3, 4, 5]);
    let mut rest = Events::open(&server, &client, &format!("?after={before}"), Some(&(before + 3).to_string())).await;
    let again = rest.events(2).await;
    let epoch = again[0].epoch.unwrap();
    assert_eq!(ids(again), [4, 5]);
    // With the whole id, as a browser sends it; then with one of another history, which is as long.
    let mut same = Events::open(&server, &client, "", Some(&format!("{}.{epoch}", before + 4))).await;
    assert_eq!(ids(same.events(1).await), [5]);
    let mut other = Events::open(&server, &client, "", Some(&format!("{}.{}", before + 4, Epoch(uuid::Uuid::nil())))).await;
    let reset = other.next().await.unwrap();
    assert_eq!((reset.name.as_str(), reset.id, reset.epoch), ("reset", Some(last), Some(epoch)));
    assert_eq!(reset.data["reason"], "The database was restored; read again");
    let mut now = Events::open(&server, &client, "", None).await;
    services.leads.create(&Actor::system(), new_lead("Ben", "ben@b.example")).await.unwrap();
    for stream in [&mut all, &mut rest, &mut now, &mut same, &mut other] {
        assert_eq!(ids(stream.events(1).await), [6]);
    }

    // Of an older history, or further than this one.
    let store = &server.server.app.store;
    let last_at = store.read(move |conn| Box::pin(server::store::log::since(conn, last - 1, last, 1))).await.unwrap()[0].at;
    store.prune(last_at, &[]).await.unwrap();
    for (ahead, reason) in [(None, "The log no longer has all changes"), (Some(7), "The database was restored")] {
        let newest = head(&server).await;
        let after = ahead.map_or(before, |ahead| newest + ahead);
        let mut stream = Events::open(&server, &client, &format!("?after={after}"), None).await;
        let reset = stream.next().await.unwrap();
        assert_eq!((reset.name.as_str(), reset.id), ("reset", Some(newest)), "{reason}");
        assert!(reset.data["reason"].as_str().unwrap().starts_with(reason), "{reset:?}");
        let email = format!("next{after}@b.example");
        services.leads.create(&Actor::system(), new_lead("Next", &email)).await.unwrap();
        assert_eq!(stream.next().await.unwrap().data["record"]["email"], email);
    }
    for (query, last, status) in [("?after=x", None, 422), ("?since=1", None, 422), ("", Some("x"), 400), ("", Some("1.x"), 400)] {
        let mut request = client.get(server.url(&format!("/api/events{query}")));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{query}");
    }
    server.stop().await;
}

async fn a_set_is_one_event_and_no_frame(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (secret, client) = (server.secret(Role::Viewer).await, server.key(Role::Viewer).await);
    let mut socket = Socket::open(&server, "", &secret).await;
    let mut events = Events::open(&server, &client, "", None).await;
    let system = Actor::system();
    let write = server.server.app.store.write(&system, |tx| {
        Box::pin(async move {
            tx.record(Op::Bulk, None, Some(Record::Set(Set::of_leads("added sample leads".into(), 417))));
            Ok(())
        })
    });
    write.await.unwrap();
    let heard = events.next().await.unwrap().data;
    assert_eq!((&heard["op"], &heard["record"]["entity"], &heard["record"]["count"]), (&json!("bulk"), &json!("set"), &json!(417)));
    server.server.app.services.leads.create(&Actor::system(), new_lead("Ana", "ana@b.example")).await.unwrap();
    assert_eq!(socket.next().await.unwrap()["lead"]["name"], "Ana", "the next frame");
    server.stop().await;
}

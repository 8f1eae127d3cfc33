//! Socket.IO at `/api/socket`, spoken as its client does: Engine.IO 4 by WebSocket and by polling.

use super::Kandid;
use crate::common::{
    TestDb,
    leads::settled,
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{Actor, Role};
use futures::{SinkExt, StreamExt};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use server::http::Peer;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{
        Bytes, Error as SocketError, Message,
        protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

both_dbs!(
    campaigns_updated,
    leads_updated,
    every_door_is_heard_once,
    many_leads_at_once_are_one_event,
    by_polling,
    join_room_and_leave_room,
    who_may_connect,
    strangers_hold_few_connections,
    pages_of_other_sites_are_refused,
    a_socket_ends_with_its_session,
    a_flood_is_ended_with_a_reason,
    a_slow_client_is_dropped
);

/// Timeout of a read.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client by WebSocket.
struct Io(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Io {
    async fn open(server: &TestServer, headers: &[(&'static str, &str)]) -> Result<Self, SocketError> {
        let url = format!("ws://{}/api/socket/?EIO=4&transport=websocket", server.server.addr);
        let mut io = Self(LiveClient::open(&url, headers).await?);
        let open = io.next().await.expect("an open packet");
        let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        assert_eq!((&open["pingInterval"], &open["pingTimeout"]), (&json!(25_000), &json!(10_000)));
        Ok(io)
    }

    /// Opens and connects with this credential of the request and this `auth`; else the message of `connect_error`.
    async fn enter(server: &TestServer, headers: &[(&'static str, &str)], auth: &str) -> Result<Self, Value> {
        let mut io = Self::open(server, headers).await.unwrap();
        io.say(&format!("40{auth}")).await;
        let answer = io.next().await.expect("an answer");
        match answer.strip_prefix("44") {
            Some(error) => Err(serde_json::from_str::<Value>(error).unwrap()["message"].clone()),
            None => {
                assert!(answer.starts_with("40{\"sid\""), "{answer}");
                Ok(io)
            }
        }
    }

    async fn connect(server: &TestServer) -> Self {
        let secret = server.secret(Role::Viewer).await;
        Self::enter(server, &[("authorization", &format!("Bearer {secret}"))], "").await.unwrap()
    }

    async fn say(&mut self, packet: &str) {
        // A lost connection is detected by the next read.
        drop(self.0.send(Message::text(packet)).await);
    }

    /// The next packet; `None` when the connection ends.
    async fn next(&mut self) -> Option<String> {
        let read = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) if text.as_str() == "2" => drop(self.0.send(Message::text("3")).await),
                    Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("a packet in time")
    }

    async fn event(&mut self) -> (String, Value) {
        event(&self.next().await.expect("an event"))
    }

    /// Reads up to the end, and returns the reason that was told.
    async fn end(&mut self) -> String {
        let mut reason = String::new();
        while let Some(packet) = self.next().await {
            if packet == "41" {
                // It answers pings, and its connection ends all the same.
                while self.next().await.is_some() {}
                return reason;
            }
            let (name, payload) = event(&packet);
            if name == "closing" {
                reason = payload["message"].as_str().unwrap().to_owned();
            }
        }
        panic!("the connection was lost")
    }
}

/// An empty part of a message that goes on.
fn part(data: Data) -> Message {
    Message::Frame(Frame::message(Bytes::new(), OpCode::Data(data), false))
}

/// The name and the payload of an event packet.
fn event(packet: &str) -> (String, Value) {
    let event: Value = serde_json::from_str(packet.strip_prefix("42").unwrap_or_else(|| panic!("no event: {packet}"))).unwrap();
    assert_eq!(event.as_array().unwrap().len(), 2, "{event}");
    (event[0].as_str().unwrap().to_owned(), event[1].clone())
}

/// “campaigns_updated: on create / PUT / PATCH: the campaign object”
async fn campaigns_updated(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let mut io = Io::connect(&kandid.server).await;
    let made = kandid.post("/api/campaigns", json!({ "name": "Spring" })).await["data"].clone();
    assert_eq!(io.event().await, ("campaigns_updated".to_owned(), made.clone()));
    let path = format!("/api/campaigns/{}", made["id"].as_str().unwrap());
    for (method, set) in [(Method::PUT, json!({ "status": "active" })), (Method::PATCH, json!({ "name": "Summer" }))] {
        let (_, edited) = kandid.call(method, &path, Some(set)).await;
        assert_eq!(io.event().await, ("campaigns_updated".to_owned(), edited["data"].clone()));
    }
    kandid.call(Method::DELETE, &path, None).await;
    assert_eq!(io.event().await, ("campaigns_updated".to_owned(), json!({ "id": made["id"] })));
    kandid.server.stop().await;
}

/// “leads_updated: create: the lead; update: `{id, ...lead}`; delete: `{"id"}`”
async fn leads_updated(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let mut io = Io::connect(&kandid.server).await;
    let made = kandid.post("/api/leads", json!({ "name": "Ana", "email": "ana@b.example", "position": "Buyer" })).await;
    assert_eq!(io.event().await, ("leads_updated".to_owned(), made.clone()));
    let path = format!("/api/leads/{}", made["id"].as_str().unwrap());
    for (method, set) in [(Method::PUT, json!({ "status": "contacted" })), (Method::PATCH, json!({ "connectionStatus": "request_sent" }))] {
        let (_, edited) = kandid.call(method, &path, Some(set)).await;
        assert_eq!(io.event().await, ("leads_updated".to_owned(), edited));
    }
    // The long texts of a large lead stay out.
    kandid.call(Method::PUT, &path, Some(json!({ "notes": "n".repeat(50_000) }))).await;
    let (_, large) = io.event().await;
    assert_eq!((&large["id"], large.get("notes")), (&made["id"], None));
    kandid.call(Method::DELETE, &path, None).await;
    assert_eq!(io.event().await, ("leads_updated".to_owned(), json!({ "id": made["id"] })));
    kandid.server.stop().await;
}

async fn every_door_is_heard_once(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let mut io = Io::connect(&kandid.server).await;
    let new = |name: &str| crate::common::leads::new_lead(name, &format!("{name}@b.example"));
    kandid.server.server.app.services.leads.create(&Actor::system(), new("service")).await.unwrap();
    let key = kandid.server.key(Role::Member).await;
    let lead = json(key.post(kandid.server.url("/api/leads")).json(&new("native")).send().await.unwrap()).await;
    let gone = json(key.delete(kandid.server.url(&format!("/api/leads/{}", lead["id"].as_str().unwrap()))).send().await.unwrap()).await;
    kandid.post(&format!("/api/changes/{}/undo", gone["undo"].as_str().unwrap()), json!({})).await;
    kandid.post("/api/leads", json!({ "name": "last", "email": "last@b.example" })).await;
    let mut heard = Vec::new();
    while heard.last() != Some(&"last".to_owned()) {
        let (name, payload) = io.event().await;
        assert_eq!(name, "leads_updated");
        heard.push(payload["name"].as_str().unwrap_or("gone").to_owned());
    }
    assert_eq!(heard, ["service", "native", "gone", "native", "last"]);
    kandid.server.stop().await;
}

async fn many_leads_at_once_are_one_event(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let campaign = kandid.post("/api/campaigns", json!({ "name": "Spring" })).await["data"]["id"].clone();
    settled(&kandid.server.server.app.store).await;
    let mut io = Io::connect(&kandid.server).await;
    kandid.post("/api/leads", json!({ "name": "Ana", "email": "ana@b.example", "campaignId": campaign })).await;
    assert_eq!(io.event().await.1["name"], "Ana");
    assert_eq!(io.event().await, ("leads_updated".to_owned(), json!({ "count": 1 })));
    assert_eq!(io.event().await, ("campaigns_updated".to_owned(), json!({ "count": 1 })));
    kandid.server.stop().await;
}

/// A client by polling.
struct Polling<'s> {
    client: Client,
    server: &'s TestServer,
    sid: String,
}

impl<'s> Polling<'s> {
    const URL: &'static str = "/api/socket/?EIO=4&transport=polling";

    async fn open(server: &'s TestServer, client: Client) -> Self {
        let open = client.get(server.url(Self::URL)).send().await.unwrap();
        assert_eq!(open.status(), 200);
        let open: Value = serde_json::from_str(open.text().await.unwrap().strip_prefix('0').unwrap()).unwrap();
        Self { client, server, sid: open["sid"].as_str().unwrap().to_owned() }
    }

    async fn connect(server: &'s TestServer, client: Client) -> Self {
        let polling = Self::open(server, client).await;
        assert_eq!(polling.say("40").await, 200);
        assert!(polling.poll().await.unwrap()[0].starts_with("40{\"sid\""));
        polling
    }

    fn url(&self) -> String {
        self.server.url(&format!("{}&sid={}", Self::URL, self.sid))
    }

    async fn say(&self, packet: &str) -> u16 {
        self.client.post(self.url()).body(packet.to_owned()).send().await.unwrap().status().as_u16()
    }

    /// The packets that wait, or the next ones, without pings, which are answered; `None` when the session is over.
    async fn poll(&self) -> Option<Vec<String>> {
        loop {
            let answer = self.client.get(self.url()).send().await.unwrap();
            if answer.status() != 200 {
                return None;
            }
            let mut packets: Vec<_> = answer.text().await.unwrap().split('\u{1e}').map(str::to_owned).collect();
            if packets.iter().any(|packet| packet == "2") {
                self.say("3").await;
            }
            packets.retain(|packet| packet != "2");
            if !packets.is_empty() {
                return Some(packets);
            }
        }
    }
}

async fn by_polling(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let polling = Polling::connect(&kandid.server, kandid.browser.clone()).await;
    let lead = kandid.post("/api/leads", json!({ "name": "Ana", "email": "ana@b.example" })).await;
    assert_eq!(event(&polling.poll().await.unwrap()[0]), ("leads_updated".to_owned(), lead.clone()));
    assert_eq!(polling.say("42[\"join-room\",\"campaigns\"]").await, 200);
    // A page of another site cannot use the session.
    let cross = kandid.browser.post(polling.url()).header("origin", "https://evil.example").body("41").send().await.unwrap();
    assert_eq!(cross.status(), 403);
    kandid.call(Method::DELETE, &format!("/api/leads/{}", lead["id"].as_str().unwrap()), None).await;
    assert_eq!(event(&polling.poll().await.unwrap()[0]).1, json!({ "id": lead["id"] }));
    kandid.server.stop().await;
}

/// “join-room / leave-room: room name string; no reply”
async fn join_room_and_leave_room(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let mut io = Io::connect(&kandid.server).await;
    for packet in ["42[\"join-room\",\"campaigns\"]", "42[\"leave-room\",\"campaigns\"]", "42[\"join-room\"]", "42[\"other\",{\"a\":[1]}]"]
    {
        io.say(packet).await;
        kandid.post("/api/campaigns", json!({ "name": packet })).await;
        let (name, campaign) = io.event().await;
        assert_eq!((name.as_str(), &campaign["name"]), ("campaigns_updated", &json!(packet)), "no reply, and all events as before");
    }
    kandid.server.stop().await;
}

async fn who_may_connect(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let server = &kandid.server;
    let session = server.server.app.services.accounts.sign_in(
        "demo@linkbird.com",
        crate::common::server::PASSWORD,
        "",
        domain::accounts::Device::Unknown,
    );
    let cookie = format!("linnet={}", session.await.unwrap().secret);
    let secret = server.secret(Role::Viewer).await;
    for (headers, auth) in [
        (vec![("cookie", cookie.clone())], String::new()),
        (vec![("authorization", format!("Bearer {secret}"))], "{}".to_owned()),
        (vec![], format!("{{\"key\":\"{secret}\"}}")),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut io = Io::enter(server, &headers, &auth).await.unwrap();
        let name = format!("Lead {auth}{}", headers.len());
        server
            .server
            .app
            .services
            .leads
            .create(&Actor::system(), crate::common::leads::new_lead(&name, &format!("l{}@b.example", auth.len())))
            .await
            .unwrap();
        assert_eq!(io.event().await.1["name"], json!(name));
    }
    for auth in ["", "{}", "{\"key\":\"lnk_nonsense\"}", "{\"key\":\"\"}", "{\"key\":7}", "[1]", "\"x\""] {
        let refused = Io::enter(server, &[], auth).await.err().unwrap_or_else(|| panic!("{auth} let in"));
        assert!(refused.as_str().unwrap().starts_with("Sign in"), "{auth}: {refused}");
    }
    // Another protocol, transport or session is refused before.
    for query in ["EIO=3&transport=websocket", "EIO=4&transport=nonsense", "transport=polling", "EIO=4&transport=polling&sid=nonsense"] {
        let refused = kandid.browser.get(server.url(&format!("/api/socket/?{query}"))).send().await.unwrap();
        assert!(refused.status().is_client_error(), "{query}: {}", refused.status());
    }
    kandid.server.stop().await;
}

/// Until its socket is admitted, a connection counts at its address; also after the socket has ended.
async fn strangers_hold_few_connections(db: &TestDb) {
    let server = TestServer::start(db).await;
    let peer = Peer { ip: Some("127.0.0.1".parse().unwrap()), https: false, host: String::new(), proxied: false, foreign: false };
    let _others: Vec<_> = (0..255).map(|_| server.server.app.unproven.enter(&peer).unwrap()).collect();
    let refused = async || match Io::open(&server, &[]).await {
        Err(SocketError::Http(refused)) => refused.status() == 429,
        _ => false,
    };
    let mut io = Io::open(&server, &[]).await.unwrap();
    assert!(refused().await);
    let polling = server.browser().get(server.url(Polling::URL)).send().await.unwrap();
    assert_eq!(polling.status(), 429);
    // Whoever brings a credential has other places.
    drop(Io::connect(&server).await);
    let secret = server.secret(Role::Viewer).await;
    io.say(&format!("40{{\"key\":\"{secret}\"}}")).await;
    assert!(io.next().await.unwrap().starts_with("40{\"sid\""));
    let second = Polling::open(&server, server.browser()).await;
    assert!(refused().await);
    assert_eq!(second.say(&format!("40{{\"key\":\"{secret}\"}}")).await, 200);
    assert!(second.poll().await.unwrap()[0].starts_with("40{\"sid\""));
    // Its socket ends, but not its connection.
    io.say("41").await;
    tokio::time::timeout(PATIENCE, async {
        while server.server.app.unproven.enter(&peer).is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it counts again");
    server.stop().await;
}

async fn pages_of_other_sites_are_refused(db: &TestDb) {
    let server = TestServer::with(db, &["--allowed-origin", "https://friend.example"]).await;
    let secret = server.secret(Role::Viewer).await;
    let bearer = format!("Bearer {secret}");
    let ours = format!("http://{}", server.server.addr);
    for origin in [ours.as_str(), "https://friend.example"] {
        assert!(Io::enter(&server, &[("authorization", &bearer), ("origin", origin)], "").await.is_ok(), "{origin}");
    }
    let evil = [("authorization", bearer.as_str()), ("origin", "https://evil.example")];
    let Err(SocketError::Http(refused)) = Io::open(&server, &evil).await else { panic!("let in") };
    assert_eq!(refused.status(), 403);
    let polling = server.browser().get(server.url(Polling::URL)).header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(polling.status(), 403);
    server.stop().await;
}

async fn a_socket_ends_with_its_session(db: &TestDb) {
    let kandid = Kandid::start(db).await;
    let services = kandid.server.server.app.services.clone();
    let session = services.accounts.sign_in("demo@linkbird.com", crate::common::server::PASSWORD, "", domain::accounts::Device::Unknown);
    let secret = session.await.unwrap().secret;
    let mut io = Io::enter(&kandid.server, &[("cookie", &format!("linnet={secret}"))], "").await.unwrap();
    let mut other = Io::connect(&kandid.server).await;
    services.accounts.sign_out(&secret).await.unwrap();
    assert_eq!(io.end().await, "Your session ended or your role changed");
    kandid.post("/api/leads", json!({ "name": "Ana", "email": "ana@b.example" })).await;
    assert_eq!(other.event().await.1["name"], "Ana", "others stay");
    kandid.server.stop().await;
    while other.next().await.is_some() {}
}

async fn a_flood_is_ended_with_a_reason(db: &TestDb) {
    let server = TestServer::start(db).await;
    let mut io = Io::connect(&server).await;
    for _ in 0..3_000 {
        io.say("42[\"join-room\",\"x\"]").await;
    }
    assert_eq!(io.end().await, "Too many messages; connect again later");
    // Pings, which the WebSocket answers by itself, and parts of messages cost as much.
    let (ping, pong, heartbeat) = (Message::Ping(Bytes::new()), Message::Pong(Bytes::new()), Message::text("3"));
    for (first, message) in
        [(ping.clone(), ping), (pong.clone(), pong), (heartbeat.clone(), heartbeat), (part(Data::Text), part(Data::Continue))]
    {
        let mut io = Io::connect(&server).await;
        drop(io.0.feed(first).await);
        for _ in 0..1_500 {
            drop(io.0.feed(message.clone()).await);
        }
        drop(io.0.flush().await);
        assert_eq!(io.end().await, "Too many messages; connect again later", "{message:?}");
    }
    // Garbage ends the connection as well.
    for garbage in ["9", "42", "42{}", "451-[\"x\"]", "nonsense"] {
        let mut io = Io::connect(&server).await;
        io.say(garbage).await;
        io.say("41").await;
        io.say("1").await;
        while io.next().await.is_some() {}
    }
    let mut io = Io::connect(&server).await;
    io.say(&format!("42[\"join-room\",\"{}\"]", "x".repeat(20_000))).await;
    assert_eq!(io.next().await, None, "too long");
    server.stop().await;
}

async fn a_slow_client_is_dropped(db: &TestDb) {
    const LEADS: usize = 240;
    let kandid = Kandid::start(db).await;
    let polling = Polling::connect(&kandid.server, kandid.browser.clone()).await;
    let mut quick = Io::connect(&kandid.server).await;
    for n in 0..LEADS {
        kandid.post("/api/leads", json!({ "name": format!("Lead {n}"), "email": format!("l{n}@b.example") })).await;
    }
    for n in 0..LEADS {
        assert_eq!(quick.event().await.1["name"], format!("Lead {n}"), "others are not held up");
    }
    let (mut heard, mut last) = (0, String::new());
    while let Some(packets) = polling.poll().await {
        for packet in packets {
            heard += usize::from(packet.starts_with("42[\"leads_updated\""));
            last = packet;
        }
        if last == "41" {
            break;
        }
    }
    assert!((1..LEADS).contains(&heard), "{heard} frames were kept");
    kandid.server.stop().await;
}

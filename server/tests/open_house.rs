//! `--open`: requests without credentials act as the member Guest, on the routes that the replaced systems leave open. And what other sites
//! may read.

use crate::common::{
    TestDb,
    leads::changes_of,
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{ActorRef, LeadId, Role};
use futures::StreamExt;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use server::http::Peer;
use std::time::Duration;
use tokio_tungstenite::tungstenite;

const LEADS: &str = "/api/v1/leads/";
const BANNER: &str = "Open house";

async fn get(server: &TestServer, client: &Client, path: &str) -> Response {
    client.get(server.url(path)).send().await.unwrap()
}

fn lead(name: &str) -> Value {
    json!({ "name": name, "email": format!("{name}@b.example"), "company": "Tern" })
}

both_dbs!(
    guests_use_the_open_routes_and_no_other,
    guests_come_from_known_sites_and_are_limited,
    guests_of_one_network_are_one,
    guests_hold_a_limited_number_of_sockets,
    every_page_says_that_the_house_is_open,
    the_page_of_the_api_says_what_is_open,
    allowed_sites_read_the_contracts_routes_alone
);

async fn guests_use_the_open_routes_and_no_other(db: &TestDb) {
    let server = TestServer::with(db, &["--open"]).await;
    server.user("ana@example.com", Role::Admin).await;
    let nobody = server.browser();
    assert_eq!(get(&server, &nobody, LEADS).await.status(), 204);
    let (mut socket, frame) = {
        let url = format!("ws://{}/api/v1/ws/k3j9x", server.server.addr);
        (LiveClient::open(&url, &[]).await.unwrap(), nobody.post(server.url(LEADS)).json(&lead("ben")).send())
    };
    let made = frame.await.unwrap();
    assert_eq!(made.status(), 201);
    let id: LeadId = json(made).await["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(changes_of(&server.server.app.store, id).await[0].who, ActorRef::Guest);
    let heard: Value = serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
    assert_eq!((&heard["type"], &heard["userId"]), (&json!("create"), &json!("guest")));
    for path in ["/api/leads", "/api/users", "/api/keys", "/api/me", "/api/events", "/openapi.json"] {
        assert!(matches!(get(&server, &nobody, path).await.status().as_u16(), 401 | 303), "{path}");
    }
    assert!(LiveClient::open(&server.live_url(), &[]).await.is_err(), "/live");
    // Whoever sends credentials is no guest.
    let wrong = nobody.get(server.url(LEADS)).header("authorization", "Bearer linnet_wrong").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    let viewer = server.key(Role::Viewer).await;
    assert_eq!(viewer.post(server.url(LEADS)).json(&lead("cleo")).send().await.unwrap().status(), 403);
    drop(socket);
    let closed = server.restart().await;
    assert_eq!(get(&closed, &nobody, LEADS).await.status(), 401);
    closed.stop().await;
}

/// A site may point its own name at this machine: its pages could send requests to us as guests.
async fn guests_come_from_known_sites_and_are_limited(db: &TestDb) {
    let server = TestServer::with(db, &["--open", "--rate-limit", "5"]).await;
    let from = async |host: &str| {
        let answer = server.browser().get(server.url(LEADS)).header("host", host).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(from("evil.example:3000").await, 403);
    assert_eq!(from("a_b.evil.example:3000").await, 403, "a name that no address may have");
    let foreign = server.browser().post(server.url(LEADS)).header("origin", "http://evil.example").json(&lead("ben")).send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    assert_eq!((from("localhost:3000").await, from("127.0.0.1").await), (204, 204));
    assert_eq!(from("[::1]:3000").await, 429, "guests of one address share a limit");
    server.stop().await;
}

/// An IPv6 customer has a whole /64.
async fn guests_of_one_network_are_one(db: &TestDb) {
    let server = TestServer::with(db, &["--open", "--open-anywhere", "--trusted-proxies", "1", "--rate-limit", "2"]).await;
    let from = async |address: &str| {
        let request = server.browser().get(server.url(LEADS)).header("x-forwarded-for", address).header("x-forwarded-host", "crm.example");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((from("2001:db8::1").await, from("2001:db8::ffff:2").await), (204, 204));
    assert_eq!(from("2001:db8::3").await, 429);
    assert_eq!(from("2001:db8:0:1::3").await, 204, "another network");
    server.stop().await;
}

async fn guests_hold_a_limited_number_of_sockets(db: &TestDb) {
    let server = TestServer::with(db, &["--open"]).await;
    let app = &server.server.app;
    let peer = Peer { ip: Some("127.0.0.1".parse().unwrap()), https: false, host: String::new(), proxied: false, foreign: false };
    let _others: Vec<_> = (0..255).map(|_| app.unproven.enter(&peer).unwrap()).collect();
    let url = format!("ws://{}/api/v1/ws", server.server.addr);
    let last = LiveClient::open(&url, &[]).await.unwrap();
    let refused = LiveClient::open(&url, &[]).await;
    assert!(
        matches!(refused, Err(tungstenite::Error::Http(answer)) if answer.status() == 429 && answer.headers().contains_key("retry-after"))
    );
    let key = format!("Bearer {}", server.secret(Role::Viewer).await);
    LiveClient::open(&url, &[("authorization", &key)]).await.expect("a key has places of its own");
    drop(last);
    tokio::time::timeout(Duration::from_secs(20), async {
        while LiveClient::open(&url, &[]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("a closed socket makes room");
    server.stop().await;
}

async fn every_page_says_that_the_house_is_open(db: &TestDb) {
    let server = TestServer::with(db, &["--open"]).await;
    let browser = server.signed_in("ana@example.com", Role::Viewer).await;
    for (client, path) in [(&browser, "/leads"), (&browser, "/nowhere"), (&server.browser(), "/signin")] {
        assert!(get(&server, client, path).await.text().await.unwrap().contains(BANNER), "{path}");
    }
    let closed = server.restart().await;
    assert!(!get(&closed, &browser, "/leads").await.text().await.unwrap().contains(BANNER));
    closed.stop().await;
}

/// CORS with credentials. Other routes of ours have none.
async fn allowed_sites_read_the_contracts_routes_alone(db: &TestDb) {
    let server = TestServer::with(db, &["--allowed-origin", "https://crm.example.org"]).await;
    let client = server.key(Role::Member).await;
    let ask = async |client: &Client, method: Method, path: &str, origin: &str| {
        let preflight = method == Method::OPTIONS;
        let mut request = client.request(method, server.url(path)).header("origin", origin);
        if preflight {
            request = request.header("access-control-request-method", "PUT").header("access-control-request-headers", "content-type");
        }
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let allowed = header("access-control-allow-origin");
        let credentials = header("access-control-allow-credentials");
        assert!(allowed.is_none() || credentials.as_deref() == Some("true"), "{path}");
        (answer.status().as_u16(), allowed, header("access-control-allow-methods"))
    };
    let nobody = server.browser();
    let ours = Some("https://crm.example.org".to_owned());
    let (status, allowed, methods) = ask(&nobody, Method::OPTIONS, LEADS, "https://crm.example.org").await;
    assert!((status, &allowed) == (200, &ours) && methods.is_some_and(|methods| methods.contains("PUT") && methods.contains("DELETE")));
    assert_eq!(ask(&client, Method::GET, LEADS, "https://crm.example.org").await, (204, ours.clone(), None));
    assert_eq!(ask(&nobody, Method::GET, LEADS, "https://crm.example.org").await, (401, ours.clone(), None), "errors too");
    assert_eq!(ask(&client, Method::GET, LEADS, "https://evil.example").await.1, None);
    assert_eq!(ask(&client, Method::GET, "/api/users", "https://crm.example.org").await.1, None);
    assert_eq!(ask(&nobody, Method::OPTIONS, "/api/users", "https://crm.example.org").await.1, None);
    server.stop().await;
}

async fn the_page_of_the_api_says_what_is_open(db: &TestDb) {
    let open = ["--open", "--sign-up", "open", "--allowed-origin", "https://crm.example.org"];
    for (options, said, unsaid) in [
        (&open[..], ["Served as Guest", "becomes a member", "https://crm.example.org"], "Closed; open with"),
        (&[], ["Refused; served with --open", "Closed; open with --sign-up open", "None; allow them with --allowed-origin"], "as Guest"),
    ] {
        let server = TestServer::with(db, options).await;
        let name = format!("{}@example.com", options.len());
        let page = server.signed_in(&name, Role::Viewer).await.get(server.url("/settings/api")).send().await.unwrap();
        // Without the marks that the browser side needs between texts.
        let html = page.text().await.unwrap().replace("<!>", "");
        for text in said {
            assert!(html.contains(text), "{text}");
        }
        // Among the native events, and with those of its addresses that other sites may use.
        assert_eq!(html.matches("<code>/live</code>").count(), 1 + usize::from(!options.is_empty()), "{options:?}");
        assert!(!html.contains(unsaid) && html.contains(&format!("{}/api/leads", server.url(""))), "{unsaid}");
        server.stop().await;
    }
}

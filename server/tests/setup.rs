//! First start: who may create the first account, and until when.

use crate::common::{
    TestDb,
    leads::new_lead,
    server::{PASSWORD, TestServer, json, location},
};
use domain::{
    Actor, Error, Role,
    accounts::{NewKey, NewUser},
    services::{AccountService, LeadService},
    workspace::WorkspacePatch,
};
use reqwest::Response;
use server::{accounts::Accounts, bulk::Bulks, leads::Leads, live::Hub};

fn first() -> NewUser {
    NewUser { email: "eve@example.com".to_owned(), name: "Eve".to_owned(), password: PASSWORD.to_owned(), role: Role::Admin }
}

/// Sends the setup form with these headers and this token.
async fn set_up(server: &TestServer, headers: &[(&'static str, &str)], token: &str) -> Response {
    let mut request = server.browser().post(server.url("/auth/setup")).header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(format!("name=Eve&email=eve%40example.com&password=correct+horse+battery&token={token}")).send().await.unwrap()
}

both_dbs!(
    set_up_closes_as_soon_as_there_is_anything,
    it_is_open_to_the_operator_whatever_the_guest_wrote,
    it_needs_the_token_of_the_log_wherever_it_is_asked_from,
    pages_without_a_session_show_no_strangers_sentences,
    a_cookie_set_behind_a_silent_proxy_is_read_again,
    a_page_under_a_name_of_its_own_finds_every_open_door_shut,
    a_local_proxy_that_names_a_loopback_host_opens_nothing
);

async fn set_up_closes_as_soon_as_there_is_anything(db: &TestDb) {
    enum First {
        Manager,
        Key,
        Lead,
        Deleted,
    }
    for first_thing in [First::Manager, First::Key, First::Lead, First::Deleted] {
        // Each case has its own database of the same kind.
        let db = if db.url.starts_with("sqlite") { TestDb::sqlite().await } else { TestDb::postgres().await };
        // Without the account that the tests of leads have.
        let store = db.open().await;
        let hub = Hub::start(store.clone());
        let (leads, bulks) = (Leads::new(store.clone(), hub.clone()), Bulks::new(store.clone(), hub));
        let accounts = Accounts::new(store.clone(), bulks, |tx| Box::pin(server::demo::fill(tx)), || {});
        assert!(accounts.is_new().await.unwrap());
        leads.create(&Actor::guest(), new_lead("Gus", "gus@example.com")).await.unwrap();
        assert!(accounts.is_new().await.unwrap(), "what the guest writes closes nothing");
        leads.create(&Actor::guest(), new_lead("Gil", "gil@example.com")).await.unwrap();
        let token = accounts.setup_token().await.unwrap().unwrap();
        assert!(token.len() >= 22, "{token}");
        assert_eq!(accounts.setup_token().await.unwrap().as_ref(), Some(&token), "the same after a restart and on every node");
        match first_thing {
            First::Manager => drop(accounts.add_user(&Actor::system(), NewUser { role: Role::Manager, ..first() }).await.unwrap()),
            First::Key => {
                drop(accounts.add_key(&Actor::system(), NewKey { name: "shop".to_owned(), role: Role::Member, days: None }).await.unwrap())
            }
            First::Lead => drop(leads.create(&Actor::system(), new_lead("Ana", "ana@example.com")).await.unwrap()),
            First::Deleted => {
                let lead = leads.create(&Actor::system(), new_lead("Ana", "ana@example.com")).await.unwrap();
                leads.delete(&Actor::system(), lead.id).await.unwrap();
            }
        }
        assert!(!accounts.is_new().await.unwrap());
        let NewUser { email, .. } = first();
        let other = NewUser { email: format!("x{email}"), ..first() };
        assert!(matches!(accounts.set_up(other, WorkspacePatch::default(), false, "").await.map(|_| ()), Err(Error::Conflict(_))));
        assert_eq!(accounts.setup_token().await.unwrap(), None);
        store.close().await;
    }
}

async fn it_is_open_to_the_operator_whatever_the_guest_wrote(db: &TestDb) {
    let server = TestServer::with(db, &["--open", "--sign-up", "open"]).await;
    let lead = serde_json::json!({ "name": "Gus", "company": "Acme", "email": "gus@example.com" });
    let written = server.browser().post(server.url("/api/v1/leads/")).json(&lead).send().await.unwrap();
    assert_eq!(written.status(), 201);
    let stranger = serde_json::json!({ "name": "Sam", "email": "sam@example.com", "password": PASSWORD });
    let sign_up = async |server: &TestServer| {
        server.browser().post(server.url("/api/auth/signup")).json(&stranger).send().await.unwrap().status().as_u16()
    };
    assert_eq!(sign_up(&server).await, 403, "the first account is the administrator's");
    let server = server.restart().await;
    let token = server.server.app.setup_token.clone().unwrap();
    assert_eq!(location(&set_up(&server, &[], &token).await), "/");
    server.stop().await;
}

async fn it_needs_the_token_of_the_log_wherever_it_is_asked_from(db: &TestDb) {
    let server = TestServer::start(db).await;
    let token = server.server.app.setup_token.clone().unwrap();
    let here = format!("127.0.0.1:{}", server.server.addr.port());
    let origin = format!("http://{here}");
    // The first case is a program on this machine, or a proxy that adds no headers and replaces the host.
    let askers: [&[(&'static str, &str)]; 10] = [
        &[],
        &[("host", "localhost"), ("origin", "http://localhost")],
        &[("host", "evil.example:3000")],
        &[("host", "127.0.0.1.evil.example")],
        &[("x-forwarded-for", "203.0.113.9")],
        &[("x-forwarded-for", "127.0.0.1")],
        &[("x-real-ip", "203.0.113.9")],
        &[("forwarded", "for=203.0.113.9")],
        &[("origin", "https://crm.example"), ("sec-fetch-site", "same-origin")],
        &[("host", "192.168.7.7:3000")],
    ];
    for headers in askers {
        for wrong in ["", "x", &token[1..], "%00"] {
            let answer = set_up(&server, headers, wrong).await;
            let back = location(&answer);
            assert!(back.starts_with("/setup?errors=%5B%7B%22field%22%3A%22token%22"), "{headers:?} {wrong}: {} {back}", answer.status());
            assert!(!answer.headers().contains_key("set-cookie"));
        }
    }
    for host in ["crm.example", "localhost", here.as_str()] {
        for path in ["/", "/signin", "/leads"] {
            let page = server.browser().get(server.url(path)).header("host", host).send().await.unwrap();
            assert_eq!(location(&page), "/setup", "{host} {path}");
        }
        let page = server.browser().get(server.url("/setup")).header("host", host).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("name=\"token\"") && page.contains("first start") && !page.contains(&token), "{host}");
    }
    let page = server.browser().get(server.url(&format!("/setup?token={token}"))).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("name=\"token\"") && page.contains(&token), "the link of the log");
    assert!(server.server.app.services.accounts.is_new().await.unwrap());

    let done = set_up(&server, &[("x-forwarded-for", "203.0.113.9"), ("host", "crm.example")], &token).await;
    assert_eq!((done.status().as_u16(), location(&done)), (303, "/"));
    assert!(done.headers()["set-cookie"].to_str().unwrap().starts_with("__Host-linnet="));
    let again = set_up(&server, &[("host", &here), ("origin", &origin)], &token).await;
    assert_eq!(location(&again), "/signin", "once");
    let restarted = server.restart().await;
    assert_eq!(restarted.server.app.setup_token, None);
    restarted.stop().await;
}

async fn pages_without_a_session_show_no_strangers_sentences(db: &TestDb) {
    let server = TestServer::start(db).await;
    let get = |path: String| {
        let request = server.browser().get(server.url(&path));
        async move { request.send().await.unwrap() }
    };
    let refused = set_up(&server, &[], "wrong").await;
    let ours = location(&refused).to_owned();
    let page = get(ours.clone()).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("This is not the set-up token"));
    let forged = "errors=%5B%7B%22field%22%3A%22token%22%2C%22message%22%3A%22Call%20555%22%7D%5D";
    let signature = ours.split('&').find(|pair| pair.starts_with("__sig=")).unwrap();
    for query in [
        forged.to_owned(),
        format!("{forged}&{signature}"),
        format!("{}&{forged}", &ours["/setup?".len()..]),
        forged.replace("errors", "%65rrors"),
    ] {
        for page in ["/setup", "/join"] {
            let answer = get(format!("{page}?token=x&{query}")).await;
            let back = location(&answer);
            assert!(
                answer.status().is_redirection() && back.starts_with(&format!("{page}?token=x")) && !back.contains("rrors"),
                "{page} {query}: {back}"
            );
        }
    }

    let user = server.user("ana@example.com", Role::Member).await;
    let link = server.server.app.services.accounts.make_link(&Actor::system(), user.id).await.unwrap().secret;
    let refused = server.form(&server.browser(), "/auth/join", &[("token", &link), ("password", "short")]).await;
    let page = get(location(&refused).to_owned()).await;
    assert_eq!(page.status(), 200, "{}", location(&refused));
    assert!(page.text().await.unwrap().contains("at least 10"), "the reason");
    server.stop().await;
}

async fn a_cookie_set_behind_a_silent_proxy_is_read_again(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ada = server.user("ada@example.com", Role::Admin).await;
    // The proxy sends a loopback host and adds no headers; only forms carry the browser's `Origin`.
    let login = server.browser().post(server.url("/api/auth/login")).header("host", "localhost").header("origin", "https://crm.example");
    let login = login
        .header("sec-fetch-site", "same-origin")
        .json(&serde_json::json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .await
        .unwrap();
    let session = login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(session.starts_with("__Host-linnet="), "{session}");
    let page =
        |path: &str, cookies: String| server.browser().get(server.url(path)).header("host", "localhost").header("cookie", cookies).send();
    let person = format!("/settings/people/{}", ada.id);
    let shown = page(&person, session.clone()).await.unwrap().text().await.unwrap();
    let field = shown.split("<input").find(|tag| tag.contains("name=\"token\"")).unwrap();
    let token = field.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = server.browser().post(server.url("/sfn/users/link")).header("host", "localhost").header("origin", "https://crm.example");
    let form = form.header("sec-fetch-site", "same-origin").header("accept", "text/html").header("cookie", &session);
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let made = form.body(format!("id={}&confirm={}&token={token}", ada.id, PASSWORD.replace(' ', "+"))).send().await.unwrap();
    assert_eq!(location(&made), person);
    let once = made.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(once.starts_with("__Host-linnet-once=") && once.ends_with("; Secure"), "{once}");
    let shown = page(&person, format!("{session}; {}", once.split(';').next().unwrap())).await.unwrap();
    let ended = shown.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(ended.starts_with("__Host-linnet-once=; ") && ended.contains("Max-Age=0") && ended.ends_with("; Secure"), "{ended}");
    assert!(shown.text().await.unwrap().contains("/join?token="), "the link is shown once");
    server.stop().await;
}

async fn a_page_under_a_name_of_its_own_finds_every_open_door_shut(db: &TestDb) {
    let server = TestServer::with(db, &["--allowed-origin", "http://crm.lan:3000"]).await;
    server.user("ana@example.com", Role::Admin).await;
    let login = |origin: String| {
        let request = server.browser().post(server.url("/api/auth/login")).header("origin", origin.clone());
        let host = origin.split("://").nth(1).unwrap().to_owned();
        let typed = serde_json::json!({ "email": "ana@example.com", "password": PASSWORD });
        async move { request.header("host", host).json(&typed).send().await.unwrap() }
    };
    // On plain HTTP a browser sends no `Sec-Fetch-Site`.
    for rebound in ["http://evil.example:3000", "http://localhost.evil.example", "HTTP://evil.example"] {
        let answer = login(rebound.to_owned()).await;
        assert_eq!(answer.status(), 403, "{rebound}");
        assert!(json(answer).await["detail"].as_str().unwrap().contains("--allowed-origin"));
        for path in ["/auth/sign-in", "/auth/setup"] {
            let form = server.browser().post(server.url(path)).header("origin", rebound).header("host", "evil.example:3000");
            let form = form.header("content-type", "application/x-www-form-urlencoded").header("accept", "text/html");
            let answer = form.body("email=ana%40example.com&password=correct+horse+battery&name=x").send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path} from {rebound}");
        }
    }
    let port = server.server.addr.port();
    for ours in [
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        "http://crm.lan:3000".to_owned(),
        "https://crm.example".to_owned(),
    ] {
        assert_eq!(login(ours.clone()).await.status(), 200, "{ours}");
    }
    server.stop().await;
}

async fn a_local_proxy_that_names_a_loopback_host_opens_nothing(db: &TestDb) {
    for (options, sign) in [
        (&["--trusted-proxies", "1"][..], ("accept", "*/*")),
        (&[][..], ("origin", "https://crm.lan")),
        (&[][..], ("x-forwarded-proto", "https")),
        (&[][..], ("x-forwarded-for", "203.0.113.9")),
        (&[][..], ("origin", "https://crm.example")),
    ] {
        let server = TestServer::with(db, options).await;
        if server.server.app.services.accounts.users(&Actor::system()).await.unwrap().is_empty() {
            server.user("ana@example.com", Role::Admin).await;
        }
        let metrics = server.browser().get(server.url("/metrics")).header(sign.0, sign.1).send().await.unwrap();
        assert_eq!(metrics.status(), 401, "{sign:?}");
        let login = server.browser().post(server.url("/api/auth/login")).header(sign.0, sign.1).header("sec-fetch-site", "same-origin");
        let login = login.json(&serde_json::json!({ "email": "ana@example.com", "password": PASSWORD })).send().await.unwrap();
        assert_eq!(login.status(), 200);
        for cookie in login.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.starts_with("__Host-linnet") && cookie.ends_with("; Secure"), "{sign:?}: {cookie}");
        }
        server.stop().await;
    }
}

//! The first start: who may make the first account, and until when.

use crate::common::{
    TestDb,
    leads::{self, new_lead},
    server::{PASSWORD, TestServer, json, location},
};
use domain::{
    Actor, Error, Role,
    accounts::{NewKey, NewUser},
    services::{AccountService, LeadService},
};
use reqwest::Response;
use server::{accounts::Accounts, bulk::Bulks, live::Hub};

fn first() -> NewUser {
    NewUser { email: "eve@example.com".to_owned(), name: "Eve".to_owned(), password: PASSWORD.to_owned(), role: Role::Admin }
}

/// Sends the form of the page with these headers and this token.
async fn set_up(server: &TestServer, headers: &[(&'static str, &str)], token: &str) -> Response {
    let mut request = server.browser().post(server.url("/auth/setup")).header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(format!("name=Eve&email=eve%40example.com&password=correct+horse+battery&token={token}")).send().await.unwrap()
}

both_dbs! {
    async fn set_up_closes_as_soon_as_there_is_anything(db: &TestDb) {
        enum First { Manager, Key, Lead, Deleted }
        for first_thing in [First::Manager, First::Key, First::Lead, First::Deleted] {
            // A database each: another one of the same kind.
            let db = if db.url.starts_with("sqlite") { TestDb::sqlite().await } else { TestDb::postgres().await };
            let (store, leads) = leads::service(&db).await;
            let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
            let accounts = Accounts::new(store.clone(), bulks, || {});
            assert!(accounts.is_new().await.unwrap());
            let token = accounts.setup_token().await.unwrap().unwrap();
            assert!(token.len() >= 22, "{token}");
            assert_eq!(accounts.setup_token().await.unwrap().as_ref(), Some(&token), "the same after a restart and on every node");
            match first_thing {
                First::Manager => drop(accounts.add_user(&Actor::system(), NewUser { role: Role::Manager, ..first() }).await.unwrap()),
                First::Key => drop(accounts.add_key(&Actor::system(), NewKey { name: "shop".to_owned(), role: Role::Member, days: None }).await.unwrap()),
                First::Lead => drop(leads.create(&Actor::system(), new_lead("Ana", "ana@example.com")).await.unwrap()),
                First::Deleted => {
                    let lead = leads.create(&Actor::system(), new_lead("Ana", "ana@example.com")).await.unwrap();
                    leads.delete(&Actor::system(), lead.id).await.unwrap();
                }
            }
            assert!(!accounts.is_new().await.unwrap());
            let NewUser { email, .. } = first();
            let other = NewUser { email: format!("x{email}"), ..first() };
            assert!(matches!(accounts.set_up(other, false, "").await.map(|_| ()), Err(Error::Conflict(_))));
            assert_eq!(accounts.setup_token().await.unwrap(), None);
            store.close().await;
        }
    }

    async fn from_elsewhere_it_needs_the_token_of_the_log(db: &TestDb) {
        let server = TestServer::start(db).await;
        let token = server.server.app.setup_token.clone().unwrap();
        let here = format!("127.0.0.1:{}", server.server.addr.port());
        let origin = format!("http://{here}");
        let elsewhere: [&[(&'static str, &str)]; 8] = [
            &[("host", "evil.example:3000")],
            &[("host", "127.0.0.1.evil.example")],
            &[("x-forwarded-for", "203.0.113.9")],
            &[("x-forwarded-for", "127.0.0.1")],
            &[("x-real-ip", "203.0.113.9")],
            &[("forwarded", "for=203.0.113.9")],
            &[("origin", "https://crm.example"), ("sec-fetch-site", "same-origin")],
            &[("host", "192.168.7.7:3000")],
        ];
        for headers in elsewhere {
            for wrong in ["", "x", &token[1..], "%00"] {
                let answer = set_up(&server, headers, wrong).await;
                let back = location(&answer);
                assert!(back.starts_with("/setup?errors=%5B%7B%22field%22%3A%22token%22"), "{headers:?} {wrong}: {} {back}", answer.status());
                assert!(!answer.headers().contains_key("set-cookie"));
            }
        }
        let page = server.browser().get(server.url("/")).header("host", "crm.example").send().await.unwrap();
        assert_eq!(location(&page), "/setup?token=");
        let page = server.browser().get(server.url("/setup")).header("host", "crm.example").send().await.unwrap();
        assert_eq!(location(&page), "/setup?token=");
        let page = server.browser().get(server.url(&format!("/setup?token={token}"))).header("host", "crm.example").send().await.unwrap();
        let page = page.text().await.unwrap();
        assert!(page.contains("name=\"token\"") && page.contains(&token));
        let page = server.browser().get(server.url("/setup")).send().await.unwrap().text().await.unwrap();
        assert!(!page.contains("name=\"token\""), "here nobody is asked for it");
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

    async fn behind_a_trusted_proxy_nobody_is_on_this_machine(db: &TestDb) {
        let server = TestServer::with(db, &["--trusted-proxies", "1"]).await;
        for headers in [&[][..], &[("x-forwarded-for", "127.0.0.1")], &[("x-forwarded-for", "203.0.113.9")]] {
            assert!(location(&set_up(&server, headers, "").await).starts_with("/setup?errors="), "{headers:?}");
        }
        let token = server.server.app.setup_token.clone().unwrap();
        assert_eq!(location(&set_up(&server, &[("x-forwarded-for", "203.0.113.9")], &token).await), "/");
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
        // A browser says nothing of the site it thinks it is on when that is on plain HTTP.
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
        for ours in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}"), "http://crm.lan:3000".to_owned(), "https://crm.example".to_owned()] {
            assert_eq!(login(ours.clone()).await.status(), 200, "{ours}");
        }
        server.stop().await;
    }

    async fn a_local_proxy_that_names_a_loopback_host_opens_nothing(db: &TestDb) {
        for (options, sign) in [(&["--trusted-proxies", "1"][..], ("accept", "*/*")), (&[][..], ("x-forwarded-proto", "https")), (&[][..], ("x-forwarded-for", "203.0.113.9")), (&[][..], ("origin", "https://crm.example"))] {
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
        let server = TestServer::start(db).await;
        assert_eq!(server.browser().get(server.url("/metrics")).send().await.unwrap().status(), 200, "a program on this machine");
        server.stop().await;
    }
}

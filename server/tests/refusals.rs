//! Errors of forms without scripts come back in the address; only the server can create them.

use crate::common::TestDb;
use crate::common::server::{TestServer, json, location};
use domain::Role;
use reqwest::{Client, Response};

async fn page(server: &TestServer, browser: &Client, address: &str) -> Response {
    browser.get(server.url(address)).header("accept", "text/html").send().await.unwrap()
}

/// Sends the form of a new lead without a name. Returns the redirect's address.
async fn refused(server: &TestServer, browser: &Client) -> String {
    let form = [("name", ""), ("email", "ana@b.example"), ("notes", "Typed & kept")];
    let body: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", value.replace('&', "%26").replace(' ', "+"))).collect();
    let post = browser.post(server.url("/sfn/leads/save")).header("accept", "text/html").body(body.join("&"));
    let answer = post.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(answer.status(), 302);
    location(&answer).to_owned()
}

both_dbs!(
    an_error_in_an_address_is_shown_only_to_who_got_it,
    errors_and_links_repeat_little_of_what_was_sent,
    markup_in_a_record_is_text_on_its_pages,
    an_import_refuses_options_that_it_does_not_know
);

async fn an_import_refuses_options_that_it_does_not_know(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = server.signed_in("ana@b.example", Role::Member).await;
    let import = json(ana.post(server.url("/api/imports?name=a.csv")).body("name,email\nLea,lea@b.example\n").send().await.unwrap()).await;
    let id = import["id"].as_str().unwrap();
    let path = server.url(&format!("/api/imports/{id}"));
    let options = serde_json::json!({ "onDuplicates": "update" });
    let answer = ana.post(format!("{path}/start")).json(&options).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    let problem = json(answer).await.to_string();
    assert!(problem.contains("unknown field `onDuplicates`"), "{problem}");
    let start = server_fn::axum::server_fn_paths().map(|(path, _)| path).find(|path| path.starts_with("/sfn/start_import")).unwrap();
    let known = [("id", id), ("mapping[]", "name"), ("mapping[]", "email"), ("on_duplicate", "skip"), ("tags", "fair")];
    let answer = server.form(&ana, start, &[&known[..], &[("compaign", "x")]].concat()).await;
    assert_eq!(answer.status(), 400);
    let problem = answer.text().await.unwrap();
    assert!(problem.contains("unknown field `compaign`"), "{problem}");
    assert_eq!(json(ana.get(&path).send().await.unwrap()).await["status"], "uploaded", "nothing was started");
    let answer = server.form(&ana, start, &known).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    server.stop().await;
}

async fn errors_and_links_repeat_little_of_what_was_sent(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = server.signed_in("ana@b.example", Role::Member).await;
    let test = r#"{"field":"company","op":"contains","value":"quokka"}"#;
    let rule = format!(r#"{{"all":[{}]}}"#, vec![test; 300].join(","));
    let rule = [('"', "%22"), ('{', "%7B"), ('}', "%7D"), ('[', "%5B"), (']', "%5D")]
        .into_iter()
        .fold(rule, |rule, (letter, code)| rule.replace(letter, code));
    let shown = page(&server, &ana, &format!("/leads?rule={rule}")).await;
    assert_eq!(shown.status(), 422);
    let html = shown.text().await.unwrap();
    assert!(html.contains("at most 200 tests"), "{html}");
    assert!(html.matches("quokka").count() < 3_000, "{}", html.matches("quokka").count());

    let text = "x".repeat(20_000);
    for address in ["/api/leads?limit=", "/api/leads?rule=", "/api/leads?stage=", "/api/"].map(|address| format!("{address}{text}")) {
        let refused = ana.get(server.url(&address)).send().await.unwrap();
        assert!(refused.status().is_client_error());
        let body = refused.text().await.unwrap();
        assert!(body.len() < 10_000, "{}: {} bytes", &address[..20], body.len());
    }
    server.stop().await;
}

async fn an_error_in_an_address_is_shown_only_to_who_got_it(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (ana, ben) = (server.signed_in("ana@example.com", Role::Admin).await, server.signed_in("ben@example.com", Role::Member).await);
    let address = refused(&server, &ana).await;
    let shown = page(&server, &ana, &address).await;
    assert_eq!(shown.status(), 200);
    let html = shown.text().await.unwrap();
    assert!(html.contains("Enter a name") && html.contains("Typed &amp; kept"), "{html}");

    // Of another user, unsigned, and tampered with.
    let theirs = refused(&server, &ben).await;
    let unsigned = address.split('&').filter(|pair| !pair.starts_with("__sig=")).collect::<Vec<_>>().join("&");
    let words = "eyJjb25mbGljdCI6IkNhbGwgMDkwMCAxMjMgdG8gdW5sb2NrIn0=";
    let changed = address
        .split('&')
        .map(|pair| if pair.starts_with("__err=") { format!("__err={words}") } else { pair.to_owned() })
        .collect::<Vec<_>>()
        .join("&");
    let hidden = changed.replace("__err=", "%5F%5Ferr=");
    for forged in [&theirs, &unsigned, &changed, &hidden] {
        let answer = page(&server, &ana, forged).await;
        assert_eq!(answer.status(), 303, "{forged}");
        let clean = location(&answer).to_owned();
        assert!(clean.starts_with("/leads/new?") && clean.contains("notes=") && !clean.contains("err"), "{clean}");
        let html = page(&server, &ana, &clean).await.text().await.unwrap();
        assert!(!html.contains("Enter a name") && !html.contains("unlock") && html.contains("Typed &amp; kept"));
    }
    let elsewhere = page(&server, &ana, "//evil.example/?__err=x").await;
    assert!(!location(&elsewhere).starts_with("//"), "{}", location(&elsewhere));
    server.stop().await;
}

async fn markup_in_a_record_is_text_on_its_pages(db: &TestDb) {
    let server = TestServer::start(db).await;
    let browser = server.signed_in("ana@example.com", Role::Admin).await;
    let bad = "</textarea></title><form action=/sfn/accounts/add><b a>";
    let lead = serde_json::json!({ "name": bad, "email": "a@b.example", "notes": format!("&lt;{bad}") });
    let made = json(browser.post(server.url("/api/leads")).json(&lead).send().await.unwrap()).await;
    let id = made["id"].as_str().unwrap();
    for address in
        [format!("/leads/{id}"), format!("/leads/{id}/edit"), "/leads".to_owned(), "/leads/new?notes=%3C/textarea%3E%3Cb%20a%3E".to_owned()]
    {
        let html = page(&server, &browser, &address).await.text().await.unwrap();
        assert!(!html.contains("<b a>") && !html.contains("<form action=/sfn/accounts/add"), "{address}: {html}");
        if address.ends_with("/edit") {
            assert!(html.contains(">\n&amp;lt;&lt;/textarea&gt;"), "{html}");
        }
    }
    server.stop().await;
}

//! The HTTP layer: access, refusals, and the headers of every response.

use crate::common::TestDb;
use crate::common::server::{TestServer, json, location};
use domain::{Error, Role};
use reqwest::{Client, Method, Response};
use serde_json::Value;
use server::{
    http::{Access, Errors, RouteGroup},
    route_groups,
};
use std::collections::BTreeSet;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

async fn problem(answer: Response, status: u16) -> serde_json::Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let body = json(answer).await;
    assert_eq!((&body["status"], &body["success"]), (&status.into(), &false.into()));
    for member in ["type", "title", "detail", "message", "error"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {body}");
    }
    body
}

/// Every route of a route group as (path, methods), read from the router itself, so that none is missed.
pub fn routes(route_group: &RouteGroup) -> Vec<(String, Vec<Method>)> {
    let router = format!("{:?}", route_group.router);
    // Skip the fallback.
    let router = router.split("fallback_router: ").next().unwrap();
    let mut found = Vec::new();
    // `RouteId(7): "/api/leads"` has the path, `RouteId(7): MethodRouter(…)` the methods.
    for (at, _) in router.match_indices("RouteId(") {
        let rest = &router[at + 8..];
        let Some((id, rest)) = rest.split_once("): ") else { continue };
        let Some(path) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) else { continue };
        let marker = format!("RouteId({id}): MethodRouter(");
        let Some(methods) = router.find(&marker).map(|at| &router[at + marker.len()..]) else { continue };
        let end = methods.find("RouteId(").unwrap_or(methods.len());
        let methods = &methods[..end];
        let takes = |name: &str| methods.contains(&format!("{name}: BoxedHandler")) || methods.contains(&format!("{name}: Route"));
        let known =
            [("get", Method::GET), ("post", Method::POST), ("put", Method::PUT), ("patch", Method::PATCH), ("delete", Method::DELETE)];
        found.push((path.to_owned(), known.into_iter().filter(|(name, _)| takes(name)).map(|(_, method)| method).collect()));
    }
    found
}

async fn ask(client: &Client, server: &TestServer, method: &Method, path: &str) -> Response {
    client.request(method.clone(), server.url(path)).header("accept", "application/json").send().await.unwrap()
}

both_dbs!(
    every_answer_tells_browsers_what_to_refuse,
    pages_run_only_scripts_with_their_nonce,
    writes_from_other_sites_are_refused,
    allowed_sites_use_the_routes_whose_policy_says_so,
    an_address_that_nobody_has_shows_no_errors_and_leads_to_none,
    what_cannot_be_read_is_said_to_be_so,
    nothing_but_the_listed_is_open_and_roles_hold,
    files_are_packed_and_kept_by_browsers,
    a_connection_goes_on_behind_a_refusal_or_says_that_it_ends,
    the_server_says_how_it_is_and_how_much_is_left,
    servers_share_a_database_only_where_they_hear_of_each_other
);

/// The head of the next response, in lower case; its body is read, too.
async fn head(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).await.unwrap(), 0, "the connection ended: {head}");
    }
    let head = head.to_lowercase();
    let length = head.split_once("content-length: ").unwrap().1.split_once('\r').unwrap().0.parse().unwrap();
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    head
}

async fn a_connection_goes_on_behind_a_refusal_or_says_that_it_ends(db: &TestDb) {
    let server = TestServer::start(db).await;
    let mut stream = BufReader::new(TcpStream::connect(server.server.addr).await.unwrap());
    let request = |path: &str, length: usize| {
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n")
    };
    for path in ["/api/leads", "/api/v1/leads/", "/sfn/campaigns/active", "/api/leads"] {
        stream.write_all(request(path, 1_000).as_bytes()).await.unwrap();
        // The body comes later than the head.
        tokio::task::yield_now().await;
        stream.write_all(&[b' '; 1_000]).await.unwrap();
        let head = head(&mut stream).await;
        assert!(head.contains("401") && !head.contains("connection: close"), "{path}: {head}");
    }
    // Too much to read for nothing.
    stream.write_all(request("/api/leads", 1_000_000).as_bytes()).await.unwrap();
    let head = head(&mut stream).await;
    assert!(head.contains("401") && head.contains("connection: close"), "{head}");
    assert!(matches!(stream.read(&mut [0]).await, Ok(0) | Err(_)));
    server.stop().await;
}

async fn every_answer_tells_browsers_what_to_refuse(db: &TestDb) {
    let server = TestServer::start(db).await;
    let browser = server.signed_in("ana@example.com", Role::Admin).await;
    for path in ["/", "/api/leads", "/nowhere", "/api/nowhere", "/pkg/linnet.1.js", "/healthz", "/signin"] {
        let answer = browser.get(server.url(path)).send().await.unwrap();
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin"), ("cross-origin-opener-policy", "same-origin")]
        {
            assert_eq!(answer.headers()[name], value, "{path}");
        }
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"), "{path}");
        assert!(!answer.headers().contains_key("strict-transport-security"), "plain HTTP");
        assert!(answer.headers().contains_key("x-request-id"));
    }
    server.stop().await;
}

async fn pages_run_only_scripts_with_their_nonce(db: &TestDb) {
    let server = TestServer::start(db).await;
    let browser = server.signed_in("ana@example.com", Role::Admin).await;
    let mut nonces = Vec::new();
    for path in ["/settings", "/settings", "/nowhere"] {
        let page = browser.get(server.url(path)).send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(policy.contains("'wasm-unsafe-eval'") && policy.contains("base-uri 'none'") && policy.contains("form-action 'self'"));
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"));
        let html = page.text().await.unwrap();
        let scripts = html.matches("<script").count();
        assert!(scripts > 0 && html.matches(&format!("nonce=\"{nonce}\"")).count() >= scripts, "{path}: {html}");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
    server.stop().await;
}

async fn writes_from_other_sites_are_refused(db: &TestDb) {
    let server = TestServer::with(db, &["--allowed-origin", "https://friend.example"]).await;
    let browser = server.signed_in("ana@example.com", Role::Admin).await;
    let host = format!("http://{}", server.server.addr);
    for path in ["/api/leads", "/sfn/leads/create", "/auth/sign-out", "/auth/sign-in"] {
        let post = || browser.post(server.url(path)).header("content-type", "application/json").body("{}");
        let cross = post().header("sec-fetch-site", "cross-site").header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!(cross.status(), 403, "{path}");
        let old = post().header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!(old.status(), 403, "{path} from a browser without Fetch Metadata");
        let null = post().header("origin", "null").send().await.unwrap();
        assert_eq!(null.status(), 403, "{path} from a sandbox");
    }
    for (site, origin) in [("same-origin", host.as_str()), ("cross-site", "https://friend.example")] {
        let ours = browser.post(server.url("/api/leads")).header("sec-fetch-site", site).header("origin", origin);
        let answer = ours.json(&serde_json::json!({ "name": "Ben", "email": format!("{site}@example.com") })).send().await.unwrap();
        assert!(answer.status().is_success(), "{site}: {}", answer.status());
    }
    server.stop().await;
}

/// The address with an id in place of each parameter.
fn address(pattern: &str) -> String {
    let part = |part| if str::starts_with(part, '{') { "00000000-0000-7000-8000-000000000000" } else { part };
    pattern.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// CORS, with credentials.
async fn allowed_sites_use_the_routes_whose_policy_says_so(db: &TestDb) {
    const SITE: &str = "https://crm.example.org";
    let server = TestServer::with(db, &["--allowed-origin", SITE]).await;
    server.user("ana@example.com", Role::Admin).await;
    let (client, nobody) = (server.key(Role::Member).await, server.browser());
    let header = |answer: &Response, name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let app = &server.server.app;
    let contracts = &app.api_access.contracts;
    let description = json(ask(&client, &server, &Method::GET, "/openapi.json").await).await;
    let (mut read, mut known) = (BTreeSet::new(), BTreeSet::new());
    for group in route_groups::all(app).unwrap() {
        let cors = group.policy.cors;
        for (pattern, methods) in routes(&group) {
            for (site, may) in [(SITE, cors), ("https://evil.example", false)] {
                let allowed = may.then(|| site.to_owned());
                let preflight = nobody
                    .request(Method::OPTIONS, server.url(&address(&pattern)))
                    .header("origin", site)
                    .header("access-control-request-method", "PUT")
                    .header("access-control-request-headers", "if-match,content-type");
                let preflight = preflight.send().await.unwrap();
                assert_eq!(header(&preflight, "access-control-allow-origin"), allowed, "{pattern}");
                if may {
                    known.extend(header(&preflight, "access-control-allow-headers").unwrap().split(',').map(str::to_owned));
                    let methods = header(&preflight, "access-control-allow-methods").unwrap();
                    assert!(["GET", "POST", "PUT", "PATCH", "DELETE"].iter().all(|method| methods.contains(method)), "{methods}");
                }
                for client in [&client, &nobody] {
                    let answer = client.get(server.url(&address(&pattern))).header("origin", site).send().await.unwrap();
                    assert_eq!(header(&answer, "access-control-allow-origin"), allowed, "{pattern}: {}", answer.status());
                    let credentials = header(&answer, "access-control-allow-credentials");
                    assert!(!may || credentials.as_deref() == Some("true"), "{pattern}");
                    for (name, _) in answer.headers().iter().filter(|_| may) {
                        let exposed = header(&answer, "access-control-expose-headers").unwrap();
                        let shown = ["etag", "location", "retry-after", "allow", "www-authenticate", "ratelimit", "ratelimit-policy"];
                        assert!(!shown.contains(&name.as_str()) || exposed.split(',').any(|one| one == name), "{name} of {pattern}");
                    }
                }
            }
            if cors {
                let of = |contract: &app::accounts::Contract| {
                    contract.sites.iter().any(|site| pattern.starts_with(site.split(' ').next().unwrap()))
                };
                assert!(
                    contracts.iter().any(of) || pattern == "/api/v1/leads" || pattern.starts_with("/api/v1/"),
                    "{pattern}: no contract says so"
                );
                for method in methods {
                    let parameters = &description["paths"][&pattern][method.as_str().to_lowercase()]["parameters"];
                    let headers = parameters.as_array().into_iter().flatten().filter(|one| one["in"] == "header");
                    read.extend(headers.map(|one| one["name"].as_str().unwrap().to_owned()));
                }
            }
        }
    }
    assert!(read.len() > 2 && read.is_subset(&known), "{read:?} of {known:?}");
    server.stop().await;
}

async fn an_address_that_nobody_has_shows_no_errors_and_leads_to_none(db: &TestDb) {
    let server = TestServer::start(db).await;
    let browser = server.signed_in("ana@example.com", Role::Admin).await;
    for (asked, shown) in [
        ("/%73etup?errors=%5B%5D&name=Ana", "/%73etup?name=Ana"),
        ("/nowhere?__path=%2Fsfn%2Fleads%2Fcreate&__err=x", "/nowhere"),
        ("/api/docs/?errors=x", ""),
    ] {
        let answer = browser.get(server.url(asked)).header("accept", "text/html").send().await.unwrap();
        if shown.is_empty() {
            assert_eq!(answer.status(), 404, "{asked}");
        } else {
            assert_eq!(location(&answer), shown, "{asked}");
        }
    }
    for (address, status) in [("/api/", 404), ("/api/leads/x/y/z", 404), ("/sfn/", 404), ("/sfn/leads/nothing/here", 404)] {
        let answer = ask(&browser, &server, &Method::GET, address).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().contains("json")),
            (status, true),
            "{address}"
        );
        assert_eq!(ask(&server.browser(), &server, &Method::GET, address).await.status(), 401, "{address} for nobody");
    }
    server.stop().await;
}

async fn what_cannot_be_read_is_said_to_be_so(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let post = |kind: &'static str, body: String| {
        let request = client.post(server.url("/api/leads")).header("content-type", kind).body(body);
        async move { request.send().await.unwrap() }
    };
    problem(post("application/json", "{\"name\": ".to_owned()).await, 400).await;
    problem(post("text/plain", "{}".to_owned()).await, 415).await;
    problem(post("application/json", "[1]".to_owned()).await, 422).await;
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(3 * 1024 * 1024));
    problem(post("application/json", large.clone()).await, 413).await;
    // The server closes the connection after a too large body, so the next request needs a new connection.
    let client = server.key(Role::Member).await;
    let stream = futures::stream::iter((0..48).map(|_| Ok::<_, std::io::Error>("x".repeat(64 * 1024))));
    let streamed = client.post(server.url("/api/leads")).header("content-type", "application/json");
    problem(streamed.body(reqwest::Body::wrap_stream(stream)).send().await.unwrap(), 413).await;
    let client = server.key(Role::Member).await;
    let function =
        client.post(server.url("/sfn/leads/create")).header("content-type", "application/json").body(large).send().await.unwrap();
    assert_eq!(function.status(), 413);
    let client = server.key(Role::Member).await;

    problem(ask(&client, &server, &Method::GET, "/api/nowhere").await, 404).await;
    let wrong = ask(&client, &server, &Method::PATCH, "/api/health").await;
    assert!(wrong.headers()["allow"].to_str().unwrap().contains("GET"));
    problem(wrong, 405).await;
    assert_eq!(ask(&client, &server, &Method::POST, "/sfn/nowhere").await.status(), 404);
    let page = client.get(server.url("/nowhere")).header("accept", "text/html").send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()), (404, "text/html; charset=utf-8"));
    server.stop().await;
}

async fn nothing_but_the_listed_is_open_and_roles_hold(db: &TestDb) {
    let server = TestServer::start(db).await;
    server.user("ana@example.com", Role::Admin).await;
    // The list of open routes. A new one must be added here.
    let open = [
        "/auth/sign-in",
        "/auth/setup",
        "/auth/join",
        "/join",
        "/api/auth/login",
        "/api/auth/session",
        "/api/auth/_log",
        "/api/auth/callback/credentials",
        "/api/auth/csrf",
        "/api/auth/error",
        "/api/auth/providers",
        "/api/auth/signin",
        "/api/auth/signout",
        "/api/auth/signup",
        "/api/socket",
        "/api/socket/",
        "/api/test",
        "/api/test-auth",
        "/api/health",
        "/health",
        "/healthz",
        "/readyz",
    ];
    let route_groups = route_groups::all(&server.server.app).unwrap();
    let (mut opened, mut seen) = (BTreeSet::new(), 0);
    let nobody = server.browser();
    let mut clients = Vec::new();
    for role in Role::ALL {
        clients.push((role, server.key(role).await));
    }
    let description = json(ask(&clients[0].1, &server, &Method::GET, "/openapi.json").await).await;
    let routes = route_groups.iter().flat_map(|route_group| routes(route_group).into_iter().map(|route| (route_group.policy, route)));
    for (policy, (pattern, methods)) in routes {
        let pattern = pattern.as_str();
        let path = address(pattern);
        let takes_any = ["/live", "/api/socket"].contains(&pattern) || pattern.starts_with("/api/v1/ws") || pattern == "/api/v1/leads";
        assert!(!methods.is_empty() || takes_any || pattern.ends_with("/") || pattern.contains("{*"), "{pattern} takes no method");
        if policy.access == Access::Open {
            opened.insert(pattern.to_owned());
        }
        for method in &methods {
            seen += 1;
            let closed = ask(&nobody, &server, method, &path).await;
            let example = example_body(&description, method, pattern);
            if policy.access == Access::Open {
                assert!(!matches!(closed.status().as_u16(), 401 | 403), "{method} {pattern} is open");
                if let Some(body) = example {
                    let status = nobody.request(method.clone(), server.url(&path)).json(&body).send().await.unwrap().status().as_u16();
                    assert!(!matches!(status, 400 | 422 | 500..), "{status}: the example of {method} {pattern}");
                }
                continue;
            }
            match (policy.access, policy.errors) {
                (Access::Signed, Errors::Page) => assert!(location(&closed).starts_with("/signin"), "{method} {pattern} for nobody"),
                (Access::Signed, _) => assert_eq!(closed.status(), 401, "{method} {pattern} for nobody"),
                _ => assert!(["/signin", "/setup"].contains(&pattern), "{pattern} is for nobody alone"),
            }
            // Writes through the API need a member, which is checked first. Exceptions: everyone has views, and an undo checks the
            // right of its
            // change, which is known only for an existing change.
            // And what explains a rule, or counts, only reads.
            let own = ["/api/auth/", "/api/views", "/api/changes/", "/api/me", "/api/rules/", "/api/audience/size"]
                .iter()
                .any(|area| pattern.starts_with(area));
            let managers = pattern.starts_with("/api/fields") && *method != Method::GET;
            let admins = pattern == "/metrics"
                || pattern.starts_with("/settings/people/")
                || pattern.starts_with("/api/users/{id}/sessions")
                || pattern.starts_with("/api/keys")
                || (pattern == "/api/workspace" && *method == Method::PATCH)
                || (pattern.starts_with("/api/users") && *method != Method::GET);
            // Also who reads them takes data out of the house.
            let writes = (*method != Method::GET && pattern.starts_with("/api/") && !own) || pattern.starts_with("/api/exports");
            for (role, client) in &clients {
                let body = example.clone().unwrap_or_else(|| serde_json::json!({}));
                let answer = client.request(method.clone(), server.url(&path)).json(&body).send().await.unwrap();
                let status = answer.status().as_u16();
                assert!(example.is_none() || !matches!(status, 400 | 422), "{status}: the example of {method} {pattern} for {role:?}");
                if (writes && *role < Role::Member) || (managers && *role < Role::Manager) || (admins && *role < Role::Admin) {
                    assert_eq!(status, 403, "{method} {pattern} for {role:?}");
                } else {
                    // An API key has no views, no profiles and no account, and server functions for administrators check their own right.
                    let persons = ["/api/views", "/api/linkedin-accounts"].iter().any(|area| pattern.starts_with(area));
                    let nobodys = (persons && *method == Method::POST) || pattern.starts_with("/api/me");
                    let theirs = (*role < Role::Admin && ["/sfn/users/list", "/sfn/keys/list"].contains(&pattern))
                        || (*role < Role::Member && pattern == "/sfn/exports/list");
                    let refused = status == 403 && !nobodys && !theirs;
                    assert!(!refused && !matches!(status, 401 | 500..), "{status} of {method} {pattern} for {role:?}");
                }
            }
        }
    }
    assert!(seen > 100, "{seen} routes were asked");
    assert_eq!(opened, open.into_iter().map(str::to_owned).collect());
    server.stop().await;
}

async fn files_are_packed_and_kept_by_browsers(db: &TestDb) {
    let server = TestServer::start(db).await;
    let get = |path: &'static str, accept: &'static str, tag: String| {
        let request = server.browser().get(server.url(path)).header("accept-encoding", accept).header("if-none-match", tag);
        async move { request.send().await.unwrap() }
    };
    let plain = get("/pkg/linnet.1.js", "", String::new()).await;
    assert_eq!(plain.headers()["content-type"], "text/javascript; charset=utf-8");
    assert!(plain.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let tag = plain.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(plain.text().await.unwrap(), "export default 1");
    let packed = get("/pkg/linnet.1.js", "gzip, br", String::new()).await;
    assert_eq!(
        (&packed.headers()["content-encoding"], &packed.headers()["vary"]),
        (&"br".parse().unwrap(), &"accept-encoding".parse().unwrap())
    );
    assert_ne!(packed.headers()["etag"].to_str().unwrap(), tag);
    assert_eq!(packed.text().await.unwrap(), "packed");
    assert_eq!(get("/pkg/linnet.1.js", "", tag).await.status(), 304);
    assert_eq!(get("/pkg/linnet.1.wasm", "br", String::new()).await.headers()["content-type"], "application/wasm");
    assert_eq!(get("/robots.txt", "", String::new()).await.headers()["cache-control"], "no-cache");
    for hidden in ["/manifest.json", "/pkg/%2e%2e/manifest.json", "/../data/linnet.db", "/.doctor.txt"] {
        assert_ne!(get(hidden, "", String::new()).await.status(), 200, "{hidden}");
    }
    server.stop().await;
}

async fn the_server_says_how_it_is_and_how_much_is_left(db: &TestDb) {
    let server = TestServer::with(db, &["--rate-limit", "3", "--metrics-open"]).await;
    let nobody = server.browser();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(&nobody, &server, &Method::GET, path).await.status(), 200);
    }
    let health = json(ask(&nobody, &server, &Method::GET, "/api/health").await).await;
    assert_eq!(health, serde_json::json!({ "status": "Server is running", "activeUsers": 0 }));
    let client = server.key(Role::Viewer).await;
    for left in [2, 1, 0] {
        let answer = ask(&client, &server, &Method::GET, "/api/leads").await;
        assert_eq!(answer.headers()["ratelimit-policy"], "\"actor\";q=3;w=60");
        assert!(answer.headers()["ratelimit"].to_str().unwrap().starts_with(&format!("\"actor\";r={left};")));
    }
    let over = ask(&client, &server, &Method::GET, "/api/leads").await;
    assert!(over.headers().contains_key("retry-after"));
    problem(over, 429).await;
    let metrics = ask(&nobody, &server, &Method::GET, "/metrics").await.text().await.unwrap();
    assert!(metrics.contains("linnet_http_requests_total{") && metrics.contains("route=\"/api/leads\""), "{metrics}");
    let restarted = server.restart().await;
    for host in ["crm.example", "localhost", "127.0.0.1:3000"] {
        let asked = nobody.get(restarted.url("/metrics")).header("host", host).send().await.unwrap();
        assert_eq!(asked.status(), 401, "closed unless it is opened, whatever host is asked for: {host}");
    }
    for (role, status) in [(Role::Manager, 403), (Role::Admin, 200)] {
        assert_eq!(ask(&restarted.key(role).await, &restarted, &Method::GET, "/metrics").await.status(), status, "{role:?}");
    }
    assert_eq!(ask(&client, &restarted, &Method::GET, "/api/leads").await.status(), 200, "keys outlive a restart");
    restarted.stop().await;
}

async fn servers_share_a_database_only_where_they_hear_of_each_other(db: &TestDb) {
    let server = TestServer::start(db).await;
    match server.second().await {
        Ok(second) => {
            assert!(db.url.starts_with("postgres"));
            second.stop().await;
        }
        Err(Error::Conflict(why)) => assert!(db.url.starts_with("sqlite") && why.starts_with("Another server uses /"), "{why}"),
        Err(other) => panic!("{other:?}"),
    }
    server.restart().await.restart_uncleanly().await.stop().await;
}

/// The body that the description gives as an example, so that the response is about permission. A body that must have members has one.
fn example_body(description: &Value, method: &Method, pattern: &str) -> Option<Value> {
    let operation = &description["paths"][pattern][method.as_str().to_lowercase()];
    let body = &operation["requestBody"]["content"]["application/json"];
    let example = body.get("example").cloned();
    assert!(example.is_some() || !has_required(description, &body["schema"]), "the body of {method} {pattern} has no example");
    example
}

/// Whether an object of this schema must have members.
fn has_required(description: &Value, schema: &Value) -> bool {
    if let Some(name) = schema["$ref"].as_str() {
        return has_required(description, &description["components"]["schemas"][name.rsplit('/').next().unwrap()]);
    }
    let mut parts = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|kind| schema[kind].as_array()).flatten();
    schema["required"].as_array().is_some_and(|required| !required.is_empty()) || parts.any(|part| has_required(description, part))
}

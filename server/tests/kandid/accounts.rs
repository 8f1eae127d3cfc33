//! Sign-up, and the surface of NextAuth.

use super::is_time;
use crate::common::{
    TestDb,
    server::{PASSWORD, TestServer, json, location},
};
use domain::Role;
use reqwest::{Client, Response, header::SET_COOKIE};
use serde_json::{Value, json};

both_dbs!(
    post_api_auth_signup,
    post_api_auth_signup_while_it_is_closed,
    get_api_auth_session,
    get_api_auth_csrf,
    get_api_auth_providers,
    post_api_auth_callback_credentials,
    the_forms_need_their_token,
    wrong_passwords_are_throttled,
    post_api_auth_signout,
    post_api_auth_log,
    pages_of_the_original_lead_to_ours
);

async fn get(client: &Client, server: &TestServer, path: &str) -> Value {
    let answer = client.get(server.url(path)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    json(answer).await
}

async fn token(client: &Client, server: &TestServer) -> String {
    get(client, server, "/api/auth/csrf").await["csrfToken"].as_str().unwrap().to_owned()
}

/// The form that the client of NextAuth posts.
async fn sign_in(client: &Client, server: &TestServer, token: &str, email: &str, password: &str) -> Response {
    let fields = [
        ("email", email),
        ("password", password),
        ("redirect", "false"),
        ("csrfToken", token),
        ("callbackUrl", &server.url("/dashboard")),
        ("json", "true"),
    ];
    server.form(client, "/api/auth/callback/credentials?", &fields).await
}

async fn post_api_auth_signup(db: &TestDb) {
    let server = TestServer::with(db, &["--sign-up", "open"]).await;
    let nobody = server.browser();
    let post = async |body: Value| {
        let answer = nobody.post(server.url("/api/auth/signup")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let ana = || json!({ "name": "Ana", "email": "Ana@b.example", "password": PASSWORD, "confirmPassword": PASSWORD });
    // Deviation: the first account is the administrator's.
    assert_eq!(post(ana()).await.0, 403);
    server.user("admin@b.example", Role::Admin).await;
    let (status, made) = post(ana()).await;
    assert_eq!((status, &made["message"]), (200, &json!("User created successfully")), "{made}");
    let user = &made["user"];
    assert_eq!((&user["name"], &user["email"], &user["emailVerified"]), (&json!("Ana"), &json!("ana@b.example"), &json!(false)));
    assert_eq!(user["_id"], user["id"]);
    is_time(&user["createdAt"]);
    is_time(&user["updatedAt"]);
    assert!(user.get("password").is_none());
    for (body, status, error) in [
        (json!({}), 400, "Missing required fields"),
        (json!({ "name": "Ben", "email": null, "password": PASSWORD }), 400, "Missing required fields"),
        (json!({ "name": "Ben", "email": "ben@b.example", "password": "short" }), 400, "Password must be at least 6 characters"),
        (ana(), 400, "User already exists"),
    ] {
        let (refused, problem) = post(body).await;
        assert_eq!((refused, &problem["error"]), (status, &json!(error)), "{problem}");
        assert!(problem.get("existing").is_none(), "{problem}");
    }
    let (status, weak) = post(json!({ "name": "Ben", "email": "ben@b.example", "password": "123456" })).await;
    assert_eq!((status, &weak["errors"][0]["field"]), (422, &json!("password")));
    assert_eq!(sign_in(&nobody, &server, &token(&nobody, &server).await, "ana@b.example", PASSWORD).await.status(), 200);
    assert_eq!(get(&nobody, &server, "/api/auth/session").await["user"]["role"], "member");
    let mut last = 200;
    for n in 0..12 {
        last = post(json!({ "name": "Many", "email": format!("many{n}@b.example"), "password": "123456" })).await.0;
    }
    assert_eq!(last, 429);
    server.stop().await;
}

async fn post_api_auth_signup_while_it_is_closed(db: &TestDb) {
    let server = TestServer::start(db).await;
    server.user("admin@b.example", Role::Admin).await;
    let body = json!({ "name": "Ana", "email": "ana@b.example", "password": PASSWORD });
    let refused = server.browser().post(server.url("/api/auth/signup")).json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(json(refused).await["error"].as_str().unwrap().contains("ask an administrator"));
    server.stop().await;
}

async fn get_api_auth_session(db: &TestDb) {
    let server = TestServer::start(db).await;
    assert_eq!(get(&server.browser(), &server, "/api/auth/session").await, json!({}));
    let browser = server.signed_in("demo@linkbird.com", Role::Member).await;
    let session = get(&browser, &server, "/api/auth/session").await;
    is_time(&session["expires"]);
    assert_eq!((&session["user"]["email"], &session["user"]["name"]), (&json!("demo@linkbird.com"), &json!("demo@linkbird.com")));
    assert!(session["user"]["id"].is_string());
    server.stop().await;
}

async fn get_api_auth_csrf(db: &TestDb) {
    let server = TestServer::start(db).await;
    let nobody = server.browser();
    let first = nobody.get(server.url("/api/auth/csrf")).send().await.unwrap();
    let cookie = first.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("next-auth.csrf-token=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let token_sent = json(first).await["csrfToken"].as_str().unwrap().to_owned();
    assert!(token_sent.len() >= 43 && cookie.contains(&token_sent));
    assert_eq!(token(&nobody, &server).await, token_sent, "one token for all tabs of a browser");
    assert_ne!(token(&server.browser(), &server).await, token_sent);
    server.stop().await;
}

async fn get_api_auth_providers(db: &TestDb) {
    let server = TestServer::start(db).await;
    let providers = get(&server.browser(), &server, "/api/auth/providers").await;
    let credentials = json!({
        "id": "credentials",
        "name": "Credentials",
        "type": "credentials",
        "signinUrl": server.url("/api/auth/signin/credentials"),
        "callbackUrl": server.url("/api/auth/callback/credentials"),
    });
    // Deviation: no Google.
    assert_eq!(providers, json!({ "credentials": credentials }));
    server.stop().await;
}

async fn post_api_auth_callback_credentials(db: &TestDb) {
    let server = TestServer::start(db).await;
    server.user("demo@linkbird.com", Role::Member).await;
    let browser = server.browser();
    let csrf = token(&browser, &server).await;
    let wrong = sign_in(&browser, &server, &csrf, "demo@linkbird.com", "nonsense").await;
    assert_eq!(wrong.status(), 401);
    assert_eq!(json(wrong).await["url"], server.url("/api/auth/error?error=CredentialsSignin&provider=credentials"));
    assert_eq!(get(&browser, &server, "/api/auth/session").await, json!({}));

    let done = sign_in(&browser, &server, &csrf, "demo@linkbird.com", PASSWORD).await;
    assert_eq!(done.status(), 200);
    assert!(done.headers().get_all(SET_COOKIE).iter().any(|cookie| cookie.to_str().unwrap().starts_with("linnet=")));
    assert_eq!(json(done).await, json!({ "url": server.url("/dashboard") }));
    assert_eq!(get(&browser, &server, "/api/auth/session").await["user"]["email"], "demo@linkbird.com");
    assert_eq!(browser.get(server.url("/api/leads")).send().await.unwrap().status(), 200, "it is a session like any other");

    // Without `json`, a form is answered by redirects, and only within this site.
    let fields = |password: &'static str, to: &'static str| {
        [("email", "demo@linkbird.com"), ("password", password), ("csrfToken", ""), ("callbackUrl", to)]
    };
    for (password, to, led) in [
        (PASSWORD, "/leads", "/leads"),
        (PASSWORD, "https://evil.example/", "/"),
        ("nonsense", "/leads", "/api/auth/error?error=CredentialsSignin&provider=credentials"),
    ] {
        let mut fields = fields(password, to);
        fields[2].1 = &csrf;
        let answer = server.form(&browser, "/api/auth/callback/credentials", &fields).await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, led));
    }
    server.stop().await;
}

async fn the_forms_need_their_token(db: &TestDb) {
    let server = TestServer::start(db).await;
    let browser = server.signed_in("demo@linkbird.com", Role::Member).await;
    let csrf = token(&browser, &server).await;
    let other = token(&server.browser(), &server).await;
    for wrong in ["", "x", other.as_str(), &format!("{csrf}x")] {
        let refused = sign_in(&browser, &server, wrong, "demo@linkbird.com", PASSWORD).await;
        assert_eq!(refused.status(), 403, "{wrong}");
        assert_eq!(json(refused).await["url"], server.url("/api/auth/error?error=MissingCSRF&provider=credentials"));
        let refused = server.form(&browser, "/api/auth/signout", &[("csrfToken", wrong), ("json", "true")]).await;
        assert_eq!(refused.status(), 403, "{wrong}");
    }
    // A cookie that we did not sign.
    let forged = server.browser().post(server.url("/api/auth/signout")).header("cookie", "next-auth.csrf-token=abc|def");
    let forged = forged.header("content-type", "application/x-www-form-urlencoded").body("csrfToken=abc&json=true").send().await.unwrap();
    assert_eq!(forged.status(), 403);
    let cross = browser.post(server.url("/api/auth/signout")).header("origin", "https://evil.example");
    let cross = cross.header("content-type", "application/x-www-form-urlencoded").body(format!("csrfToken={csrf}&json=true"));
    assert_eq!(cross.send().await.unwrap().status(), 403);
    assert!(get(&browser, &server, "/api/auth/session").await["user"].is_object(), "still signed in");
    server.stop().await;
}

async fn wrong_passwords_are_throttled(db: &TestDb) {
    let server = TestServer::start(db).await;
    server.user("demo@linkbird.com", Role::Member).await;
    let browser = server.browser();
    let csrf = token(&browser, &server).await;
    for _ in 0..10 {
        assert_eq!(sign_in(&browser, &server, &csrf, "demo@linkbird.com", "nonsense").await.status(), 401);
    }
    let refused = sign_in(&browser, &server, &csrf, "demo@linkbird.com", PASSWORD).await;
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (429, true));
    assert_eq!(json(refused).await["url"], server.url("/api/auth/error?error=TooManyAttempts&provider=credentials"));
    let ours = browser.post(server.url("/api/auth/login")).json(&json!({ "email": "demo@linkbird.com", "password": PASSWORD }));
    assert_eq!(ours.send().await.unwrap().status(), 429, "both doors count together");
    server.stop().await;
}

async fn post_api_auth_signout(db: &TestDb) {
    let server = TestServer::start(db).await;
    let browser = server.signed_in("demo@linkbird.com", Role::Member).await;
    let csrf = token(&browser, &server).await;
    let fields = [("csrfToken", csrf.as_str()), ("callbackUrl", &server.url("/auth/signin")), ("json", "true")];
    for _ in 0..2 {
        let out = server.form(&browser, "/api/auth/signout", &fields).await;
        assert_eq!(out.status(), 200);
        assert_eq!(json(out).await, json!({ "url": server.url("/auth/signin") }));
        assert_eq!(get(&browser, &server, "/api/auth/session").await, json!({}));
    }
    assert_eq!(browser.get(server.url("/api/leads")).send().await.unwrap().status(), 401);
    server.stop().await;
}

async fn post_api_auth_log(db: &TestDb) {
    let server = TestServer::start(db).await;
    let fields = [("level", "error"), ("code", "CLIENT_FETCH_ERROR"), ("message", "Failed to fetch")];
    let answer = server.form(&server.browser(), "/api/auth/_log", &fields).await;
    assert_eq!((answer.status().as_u16(), json(answer).await), (200, json!({})));
    server.stop().await;
}

async fn pages_of_the_original_lead_to_ours(db: &TestDb) {
    let server = TestServer::start(db).await;
    server.user("demo@linkbird.com", Role::Member).await;
    let nobody = server.browser();
    for (path, led) in [
        ("/api/auth/signin".to_owned(), "/signin"),
        (format!("/api/auth/signin?callbackUrl={}", server.url("/leads?page=2").replace('?', "%3F")), "/signin?next=%2Fleads%3Fpage%3D2"),
        ("/api/auth/signin?callbackUrl=https://evil.example".to_owned(), "/signin"),
        ("/api/auth/error?error=CredentialsSignin&provider=credentials".to_owned(), "/signin?error=credentials"),
        ("/api/auth/error?error=Other".to_owned(), "/signin"),
    ] {
        let answer = nobody.get(server.url(&path)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, led), "{path}");
    }
    server.stop().await;
}

//! Forms that give or revoke access: only forms of a page of the same session work, with and without scripts.

use super::key;
use crate::common::TestDb;
use crate::common::server::{PASSWORD, TestServer, json, location};
use domain::{Actor, Role};
use reqwest::{Client, Response};

/// The form token of the session's pages.
async fn token(server: &TestServer, client: &Client) -> String {
    let page = client.get(server.url("/settings")).send().await.unwrap().text().await.unwrap();
    let field = page.split("<input").find(|tag| tag.contains("name=\"token\"")).expect("a form with a token");
    field.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Sends a form of this site, as a browser without scripts does.
async fn plain(server: &TestServer, client: &Client, path: &str, fields: &[(&str, &str)]) -> Response {
    send(server, client, path, fields, "text/html").await
}

async fn send(server: &TestServer, client: &Client, path: &str, fields: &[(&str, &str)], accept: &str) -> Response {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let request = client.post(server.url(path)).header("content-type", "application/x-www-form-urlencoded").header("accept", accept);
    request.header("origin", server.url("")).header("sec-fetch-site", "same-origin").body(body.join("&")).send().await.unwrap()
}

both_dbs!(a_form_that_no_page_of_the_session_made_does_nothing, the_pages_own_forms_work_without_scripts_and_show_a_secret_once);

async fn a_form_that_no_page_of_the_session_made_does_nothing(db: &TestDb) {
    let server = TestServer::start(db).await;
    let accounts = &server.server.app.services.accounts;
    let system = Actor::system();
    let mia = server.user("mia@access.example", Role::Member).await;
    let key = accounts.add_key(&system, key("Shop", Role::Member)).await.unwrap();
    let ada = server.signed_in("ada@access.example", Role::Admin).await;
    let other = token(&server, &server.signed_in("bea@access.example", Role::Admin).await).await;
    let (id, key_id) = (mia.id.to_string(), key.of.id.to_string());
    let forms: &[(&str, Vec<(&str, &str)>)] = &[
        ("/sfn/users/invite", vec![("name", "Eve"), ("email", "eve@evil.example"), ("role", "manager")]),
        ("/sfn/users/role", vec![("id", &id), ("role", "manager")]),
        ("/sfn/users/link", vec![("id", &id)]),
        ("/sfn/users/end-sessions", vec![("id", &id)]),
        ("/sfn/users/end-session", vec![("id", &id), ("session", &id)]),
        ("/sfn/users/deactivate", vec![("id", &id), ("leads_to", "nobody")]),
        ("/sfn/users/activate", vec![("id", &id)]),
        ("/sfn/keys/add", vec![("name", "Eve"), ("role", "viewer"), ("days", "0"), ("confirm", PASSWORD)]),
        ("/sfn/keys/revoke", vec![("id", &key_id)]),
        ("/sfn/me/edit", vec![("name", "Eve"), ("time_zone", "UTC")]),
        ("/sfn/me/password", vec![("old", PASSWORD), ("password", "the password of eve")]),
    ];
    let before = (accounts.users(&system).await.unwrap(), accounts.keys(&system).await.unwrap());
    for (path, fields) in forms {
        for guess in [None, Some(""), Some("guess"), Some(other.as_str())] {
            let mut fields = fields.clone();
            fields.extend(guess.map(|guess| ("token", guess)));
            let refused = plain(&server, &ada, path, &fields).await;
            assert!(refused.status().is_redirection() && location(&refused).contains("__err"), "{path} {guess:?}: {refused:?}");
            let shown = ada.get(server.url(location(&refused))).header("accept", "text/html").send().await.unwrap().text().await.unwrap();
            assert!(shown.contains("is out of date"), "{path} says why");
            assert_eq!(send(&server, &ada, path, &fields, "application/json").await.status(), 403, "{path} with scripts");
        }
    }
    assert_eq!((accounts.users(&system).await.unwrap(), accounts.keys(&system).await.unwrap()), before);
    server.stop().await;
}

async fn the_pages_own_forms_work_without_scripts_and_show_a_secret_once(db: &TestDb) {
    let server = TestServer::start(db).await;
    let accounts = &server.server.app.services.accounts;
    let ada = server.signed_in("ada@access.example", Role::Admin).await;
    let token = token(&server, &ada).await;
    let invite = [("name", "Ivo"), ("email", "ivo@access.example"), ("role", "member"), ("confirm", ""), ("token", &token)];
    let done = plain(&server, &ada, "/sfn/users/invite", &invite).await;
    assert_eq!(location(&done), "/settings", "no secret is in an address");
    let cookie = done.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Max-Age=60"), "{cookie}");
    let page = ada.get(server.url("/settings")).send().await.unwrap();
    assert!(page.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let page = page.text().await.unwrap();
    let link =
        page.split("<code>").find_map(|part| part.split("</code>").next().filter(|text| text.contains("/join?token="))).expect("the link");
    // The HTML before the marker that hydration reads.
    let secret = link.split('<').next().unwrap().rsplit('=').next().unwrap();
    assert_eq!(accounts.linked(secret).await.unwrap().expect(link).name, "Ivo");
    let again = ada.get(server.url("/settings")).send().await.unwrap().text().await.unwrap();
    assert!(!again.contains(secret), "shown once");

    // Creating an administrator or a key also needs the password.
    let ivo = accounts.users(&Actor::system()).await.unwrap().into_iter().find(|user| user.name == "Ivo").unwrap().id.to_string();
    let role = |confirm| [("id", ivo.as_str()), ("role", "admin"), ("confirm", confirm), ("token", token.as_str())];
    for (wrong, why) in [("", "Enter your own password to confirm this"), ("not the password", "This is not your password")] {
        let refused = plain(&server, &ada, "/sfn/users/role", &role(wrong)).await;
        assert!(location(&refused).starts_with(&format!("/settings/people/{ivo}?")));
        let shown = ada.get(server.url(location(&refused))).header("accept", "text/html").send().await.unwrap().text().await.unwrap();
        assert!(shown.contains(why), "{wrong:?}");
    }
    assert_eq!(location(&plain(&server, &ada, "/sfn/users/role", &role(PASSWORD)).await), format!("/settings/people/{ivo}"));
    assert_eq!(accounts.users(&Actor::system()).await.unwrap().iter().filter(|user| user.role == Role::Admin).count(), 2);
    let key = [("name", "Shop"), ("role", "viewer"), ("days", "30"), ("confirm", PASSWORD), ("token", token.as_str())];
    assert_eq!(location(&plain(&server, &ada, "/sfn/keys/add", &key).await), "/settings/api");
    let page = ada.get(server.url("/settings/api")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("lnk_") && page.contains("The key is ready."), "shown on the page of the keys");
    let name = [("name", "Ada Adler"), ("time_zone", ""), ("token", token.as_str())];
    assert_eq!(location(&plain(&server, &ada, "/sfn/me/edit", &name).await), "/settings");
    assert_eq!(json(ada.get(server.url("/api/me")).send().await.unwrap()).await["name"], "Ada Adler");
    server.stop().await;
}

//! Deactivation and reactivation of users.

use super::House;
use crate::common::TestDb;
use crate::common::{
    leads::new_lead,
    server::{PASSWORD, TestServer, json},
};
use domain::{
    Actor, Error, LeadId, Role, UserId,
    bulk::{BulkAction, NewBulk},
    leads::{NewLead, Selection},
    services::AccountService,
};
use reqwest::Body;
use serde_json::json;
use std::time::Duration;

async fn lead_of(server: &TestServer, name: &str, owner: UserId) -> LeadId {
    let new = NewLead { owner: Some(owner), ..new_lead(name, &format!("{name}@leads.example")) };
    server.server.app.services.leads.create(&Actor::system(), new).await.unwrap().id
}

async fn owner_of(server: &TestServer, lead: LeadId) -> Option<UserId> {
    server.server.app.services.leads.get(&Actor::system(), lead).await.unwrap().unwrap().owner
}

both_dbs!(
    an_administrator_sees_someones_sessions_and_ends_one,
    who_is_deactivated_is_out_at_once_and_comes_back_only_when_let,
    somebody_who_administers_remains,
    leads_are_handed_over_and_can_be_taken_back,
    administrators_do_all_of_it_by_rest
);

async fn an_administrator_sees_someones_sessions_and_ends_one(db: &TestDb) {
    let house = House::new(db).await;
    let accounts = &house.accounts;
    let (admin, _) = house.at_browser("ada", Role::Admin).await;
    let (manager, _) = house.at_browser("max", Role::Manager).await;
    let user = house.user("mia", Role::Member).await;
    let (first, second) = (house.sign_in(&user, PASSWORD).await.unwrap(), house.sign_in(&user, PASSWORD).await.unwrap());
    let sessions = accounts.sessions_of(&admin, user.id).await.unwrap();
    assert_eq!(
        sessions.iter().map(|one| (one.user_id, one.agent.as_str(), one.current)).collect::<Vec<_>>(),
        [(user.id, "Firefox", false); 2]
    );
    assert!(matches!(accounts.sessions_of(&manager, user.id).await, Err(Error::Forbidden(_))));
    assert!(matches!(accounts.end_session(&manager, user.id, sessions[0].id).await, Err(Error::Forbidden(_))));
    let wrong = accounts.end_session(&admin, admin.user_id().unwrap(), sessions[0].id).await;
    assert!(matches!(wrong, Err(Error::NotFound { .. })), "it is not theirs");
    assert!(house.opens(&first).await && house.opens(&second).await);
    accounts.end_session(&admin, user.id, sessions[0].id).await.unwrap();
    assert!(house.opens(&first).await && !house.opens(&second).await, "one, at once");
    assert!(matches!(accounts.end_session(&admin, user.id, sessions[0].id).await, Err(Error::NotFound { .. })));
    assert_eq!(accounts.sessions_of(&admin, user.id).await.unwrap(), [sessions[1].clone()]);
    let known = accounts.users(&admin).await.unwrap();
    assert!(known.iter().any(|one| one.id == user.id && one.signed_out_at.is_some()), "the log tells it");
    house.store.close().await;
}

async fn who_is_deactivated_is_out_at_once_and_comes_back_only_when_let(db: &TestDb) {
    let house = House::new(db).await;
    let accounts = &house.accounts;
    let (admin, _) = house.at_browser("ada", Role::Admin).await;
    let (mia, token) = house.at_browser("mia", Role::Member).await;
    let id = mia.user_id().unwrap();
    let user = accounts.me(&mia).await.unwrap();
    let link = accounts.make_link(&admin, id).await.unwrap();
    let done = accounts.deactivate(&admin, id, None).await.unwrap();
    assert!(!done.user.is_active() && !house.opens(&token).await);
    assert_eq!(house.sign_in(&user, PASSWORD).await, Err(Error::BadCredentials), "as for someone unknown");
    assert!(accounts.linked(&link.secret).await.unwrap().is_none());
    assert!(matches!(accounts.make_link(&admin, id).await.map(drop), Err(Error::Conflict(_))));
    let people = accounts.people(&admin).await.unwrap();
    assert!(people.iter().any(|one| one.id == id && one.name == "mia" && !one.active), "the name stays");
    let back = accounts.activate(&admin, id).await.unwrap();
    assert!(back.is_active() && !house.opens(&token).await, "old sessions do not come back");
    assert!(house.sign_in(&user, PASSWORD).await.is_ok());
    house.store.close().await;
}

async fn somebody_who_administers_remains(db: &TestDb) {
    let house = House::new(db).await;
    let accounts = &house.accounts;
    let (ada, token) = house.at_browser("ada", Role::Admin).await;
    let id = ada.user_id().unwrap();
    assert!(matches!(accounts.deactivate(&ada, id, None).await, Err(Error::Conflict(_))), "oneself");
    let bea = house.user("bea", Role::Admin).await;
    // An invited user without a password does not count as another administrator.
    let sure = accounts.confirm(&ada, PASSWORD).await.unwrap();
    let new = domain::accounts::Invite { email: "eve@access.example".to_owned(), name: "eve".to_owned(), role: Role::Admin };
    accounts.invite(&sure, new).await.unwrap();
    let system = Actor::system();
    // Two concurrent demotions: one must fail.
    let (one, two) = tokio::join!(accounts.deactivate(&system, id, None), accounts.set_role(&system, bea.id, Role::Member));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let users = accounts.users(&system).await.unwrap();
    assert_eq!(users.iter().filter(|user| user.role == Role::Admin && user.is_active() && user.password_at.is_some()).count(), 1);
    let ended = accounts.end_sessions(&system, id).await.unwrap();
    assert_eq!(ended, u64::from(one.is_err()));
    assert!(!house.opens(&token).await);
    house.store.close().await;
}

async fn leads_are_handed_over_and_can_be_taken_back(db: &TestDb) {
    let server = TestServer::start(db).await;
    let services = &server.server.app.services;
    let (mia, noa) = (server.user("mia@access.example", Role::Member).await, server.user("noa@access.example", Role::Member).await);
    let (theirs, other) = (lead_of(&server, "one", mia.id).await, lead_of(&server, "two", noa.id).await);
    let admin = server.key(Role::Admin).await;
    let post = |path: String, body: serde_json::Value| {
        let request = admin.post(server.url(&path)).json(&body);
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), json(answer).await)
        }
    };
    let path = format!("/api/users/{}/deactivate", mia.id);
    let (status, refused) = post(path.clone(), json!({})).await;
    assert_eq!((status, &refused["errors"][0]["field"]), (422, &json!("leadsTo")), "absent is refused");
    for heir in [mia.id.to_string(), uuid::Uuid::nil().to_string()] {
        assert_eq!(post(path.clone(), json!({ "leadsTo": heir })).await.0, 422);
    }
    assert!(server.sign_in(&server.browser(), &mia.email, PASSWORD).await.status().is_redirection());
    let (status, done) = post(path.clone(), json!({ "leadsTo": noa.id })).await;
    assert_eq!((status, &done["leads"]["changed"]), (200, &json!(1)), "{done}");
    assert_eq!(owner_of(&server, theirs).await, Some(noa.id));

    // No leads can be assigned to a deactivated user.
    let to_mia = BulkAction::SetOwner { owner: Some(mia.id) };
    let bulk = services.bulk.start(&Actor::system(), NewBulk { action: to_mia, which: Selection::Leads(vec![other]) }).await;
    assert!(bulk.unwrap_err().on_field("owner").is_some());
    let edit = crate::common::leads::edit(|set| set.owner = Some(Some(mia.id)));
    assert!(services.leads.update(&Actor::system(), other, edit).await.unwrap_err().on_field("owner").is_some());

    let (status, _) = post(format!("/api/bulk/{}/undo", done["leads"]["id"].as_str().unwrap()), json!({})).await;
    assert_eq!((status, owner_of(&server, theirs).await), (200, Some(mia.id)));
    // The lead that the undo gave back is handed over to nobody.
    let (status, _) = post(path, json!({ "leadsTo": null })).await;
    assert_eq!((status, owner_of(&server, theirs).await, owner_of(&server, other).await), (200, None, Some(noa.id)));
    server.stop().await;
}

async fn administrators_do_all_of_it_by_rest(db: &TestDb) {
    let server = TestServer::start(db).await;
    let admin = server.key(Role::Admin).await;
    let post = |path: String, body: serde_json::Value| {
        let request = admin.post(server.url(&path)).json(&body);
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), json(answer).await)
        }
    };
    let (status, invited) = post("/api/users".to_owned(), json!({ "name": "Ivo", "email": "ivo@access.example", "role": "member" })).await;
    assert_eq!(status, 201, "{invited}");
    let link = invited["link"].as_str().unwrap();
    let token = link.strip_prefix(&format!("{}/join?token=", server.url(""))).unwrap();
    let browser = server.browser();
    let page = browser.get(server.url(&format!("/join?token={token}"))).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("ivo@access.example"));
    let weak = server.form(&browser, "/auth/join", &[("token", token), ("password", "short")]).await;
    assert!(crate::common::server::location(&weak).starts_with(&format!("/join?token={token}&errors=")));
    let joined = server.form(&browser, "/auth/join", &[("token", token), ("password", PASSWORD)]).await;
    assert_eq!((joined.status().as_u16(), crate::common::server::location(&joined)), (303, "/"));
    assert_eq!(json(browser.get(server.url("/api/me")).send().await.unwrap()).await["name"], "Ivo");
    let used = server.form(&server.browser(), "/auth/join", &[("token", token), ("password", PASSWORD)]).await;
    assert_eq!(crate::common::server::location(&used), format!("/join?token={token}"), "where it is said that it was used");

    let path = |what: &str| format!("/api/users/{}{what}", invited["user"]["id"].as_str().unwrap());
    assert_eq!(post(path("/sign-out"), json!({})).await, (200, json!({ "ended": 1 })));
    assert_eq!(browser.get(server.url("/api/me")).send().await.unwrap().status(), 401);
    let (status, linked) = post(path("/link"), json!({})).await;
    assert!(status == 200 && linked["link"].as_str().unwrap().contains("/join?token="));
    let patched = admin.patch(server.url(&path(""))).json(&json!({ "role": "viewer" })).send().await.unwrap();
    assert_eq!(json(patched).await["role"], "viewer");
    // These routes accept only JSON, which a form cannot send.
    let plain = admin.post(server.url(&path("/activate"))).header("content-type", "text/plain").body("{}").send().await.unwrap();
    assert_eq!(plain.status(), 415);

    let (status, made) = post("/api/keys".to_owned(), json!({ "name": "Shop", "role": "viewer", "days": 7 })).await;
    assert!(status == 201 && made["secret"].as_str().unwrap().starts_with("lnk_"), "{made}");
    let listed = json(admin.get(server.url("/api/keys")).send().await.unwrap()).await;
    assert!(listed["data"][0]["name"] == "Shop" && !listed.to_string().contains(made["secret"].as_str().unwrap()));
    let ended = admin.delete(server.url(&format!("/api/keys/{}", made["key"]["id"].as_str().unwrap()))).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    server.stop().await;
}

both_dbs!(an_upload_asks_again_at_its_end);

async fn an_upload_asks_again_at_its_end(db: &TestDb) {
    let server = TestServer::start(db).await;
    let mia = server.user("mia@b.example", Role::Member).await;
    let browser = server.browser();
    server.sign_in(&browser, "mia@b.example", PASSWORD).await;
    let (pieces, body) = futures::channel::mpsc::unbounded::<Result<&'static str, std::io::Error>>();
    pieces.unbounded_send(Ok("name,email\n")).unwrap();
    let upload = browser.post(server.url("/api/imports?name=a.csv")).header("origin", server.url("")).body(Body::wrap_stream(body));
    let upload = tokio::spawn(upload.send());
    let begun = |server: &TestServer| server.files().iter().any(|file| file.extension().is_some_and(|kind| kind == "part"));
    tokio::time::timeout(Duration::from_secs(20), async {
        while !begun(&server) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the file arrives");
    server.server.app.services.accounts.set_role(&Actor::system(), mia.id, Role::Viewer).await.unwrap();
    pieces.unbounded_send(Ok("Ana,ana@b.example\n")).unwrap();
    drop(pieces);
    let answer = upload.await.unwrap().unwrap();
    assert_eq!(answer.status(), 403);
    let kept = server.files().into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "part" || kind == "csv"));
    assert_eq!(kept.count(), 0, "nothing is kept");
    server.stop().await;
}

//! Users, sessions and keys: through the service and through the forms.

use crate::common::{
    TestDb,
    clock::TestClock,
    server::{PASSWORD, TestServer, json, location},
};
use domain::{
    Actor, Error, Record, Role,
    accounts::{Device, NewKey, NewUser},
    services::AccountService,
    workspace::WorkspacePatch,
};
use server::{
    accounts::{Accounts, SESSIONS},
    bulk::Bulks,
    live::Hub,
    store::{Store, log, sql},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

fn new(email: &str, role: Role) -> NewUser {
    NewUser { email: email.to_owned(), name: "Ana".to_owned(), password: PASSWORD.to_owned(), role }
}

fn key(name: &str, role: Role) -> NewKey {
    NewKey { name: name.to_owned(), role, days: None }
}

async fn accounts(db: &TestDb) -> (Store, Accounts, Arc<AtomicU32>) {
    accounts_on(db.open().await)
}

fn accounts_on(store: Store) -> (Store, Accounts, Arc<AtomicU32>) {
    let told = Arc::new(AtomicU32::new(0));
    let tell = told.clone();
    let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
    let accounts = Accounts::new(
        store.clone(),
        bulks,
        |tx| Box::pin(server::demo::fill(tx)),
        move || {
            tell.fetch_add(1, Ordering::SeqCst);
        },
    );
    (store, accounts, told)
}

both_dbs!(
    an_installation_is_set_up_once_however_many_try,
    passwords_open_and_wrong_ones_do_not,
    a_password_opens_on_every_system_and_guessable_ones_are_refused,
    sessions_are_listed_and_end_when_revoked,
    a_person_has_a_hundred_sessions_and_a_new_one_ends_the_longest_unused,
    roles_change_at_once_and_an_administrator_remains,
    keys_open_what_their_role_may_and_are_kept_only_as_a_hash,
    every_statement_about_accounts_prepares,
    the_first_page_sets_up_then_people_sign_in_and_out,
    cookies_are_bound_to_the_host_wherever_there_is_tls,
    guessing_passwords_is_slowed_down_and_locks_nobody_out
);

async fn an_installation_is_set_up_once_however_many_try(db: &TestDb) {
    let (store, accounts, _) = accounts(db).await;
    assert!(accounts.is_new().await.unwrap());
    let weak = NewUser { password: "short".to_owned(), email: "nobody".to_owned(), ..new("", Role::Viewer) };
    let Err(Error::Invalid(errors)) = accounts.set_up(weak, WorkspacePatch::default(), false, "").await.map(|_| ()) else {
        panic!("accepted")
    };
    assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["email", "password"]);

    let tries = (0..4).map(|n| {
        let accounts = accounts.clone();
        tokio::spawn(async move {
            accounts
                .set_up(new(&format!("ana{n}@example.com"), Role::Viewer), WorkspacePatch::default(), false, "Firefox")
                .await
                .map(|s| s.secret)
        })
    });
    let done: Vec<_> = futures::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();
    let (won, lost): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 3));
    assert!(lost.iter().all(|error| matches!(error, Err(Error::Conflict(_)))), "{lost:?}");
    let admin = accounts.actor(won[0].as_ref().unwrap()).await.unwrap().unwrap();
    assert_eq!(admin.role, Role::Admin, "whatever role was asked for");
    assert!(!accounts.is_new().await.unwrap());
    store.close().await;
}

async fn passwords_open_and_wrong_ones_do_not(db: &TestDb) {
    let (store, accounts, _) = accounts(db).await;
    let user = accounts.add_user(&Actor::system(), new("Ana@Example.com ", Role::Member)).await.unwrap();
    assert_eq!(user.email, "ana@example.com");
    let session = accounts.sign_in(" ANA@example.com", PASSWORD, "Firefox", domain::accounts::Device::Unknown).await.unwrap();
    let actor = accounts.actor(&session.secret).await.unwrap().unwrap();
    assert_eq!((actor.user_id(), actor.role, actor.who.name()), (Some(user.id), Role::Member, "Ana"));
    for (email, password) in [("ana@example.com", "Correct horse battery"), ("ben@example.com", PASSWORD), ("\0", PASSWORD), ("", "")] {
        assert_eq!(
            accounts.sign_in(email, password, "", domain::accounts::Device::Unknown).await.map(|s| s.secret),
            Err(Error::BadCredentials),
            "{email:?}"
        );
    }
    let again = accounts.add_user(&Actor::system(), new("ana@example.com", Role::Member)).await;
    assert!(again.unwrap_err().on_field("email").is_some());
    // Neither the token nor the password is in the database or in the log.
    let token = session.secret.clone();
    let kept = store
        .read(move |conn| {
            Box::pin(async move {
                conn.all::<(String, Vec<u8>)>(sql(
                    "SELECT account.password, session.token FROM session JOIN account ON account.id = session.account_id",
                ))
                .await
            })
        })
        .await
        .unwrap();
    assert!(kept[0].0.starts_with("$argon2id$") && kept[0].1 != token.as_bytes() && kept[0].1.len() == 32);
    let logged = store.read(|conn| Box::pin(log::since(conn, 0, i64::MAX, 10))).await.unwrap();
    assert!(!serde_json::to_string(&logged).unwrap().contains("argon2"));
    store.close().await;
}

async fn a_password_opens_on_every_system_and_guessable_ones_are_refused(db: &TestDb) {
    let (store, accounts, _) = accounts(db).await;
    let [composed, decomposed] = ["caf\u{e9} au lait, tiède", "cafe\u{301} au lait, tie\u{300}de"];
    for (email, made_of, typed) in [("ana@example.com", composed, decomposed), ("ben@example.com", decomposed, composed)] {
        accounts.add_user(&Actor::system(), NewUser { password: made_of.to_owned(), ..new(email, Role::Member) }).await.unwrap();
        accounts.sign_in(email, typed, "", domain::accounts::Device::Unknown).await.unwrap();
    }
    // A hash from before passwords were normalised: after the first sign-in it is replaced by a hash of the NFKC form.
    let before = {
        use argon2::password_hash::PasswordHasher;
        argon2::Argon2::default().hash_password(decomposed.as_bytes()).unwrap().to_string()
    };
    let hash = before.clone();
    store
        .write(&Actor::system(), move |tx| {
            Box::pin(async move {
                tx.run_one(sql("UPDATE account SET password = $1 WHERE email = 'ana@example.com'").bind(hash.as_str())).await
            })
        })
        .await
        .unwrap();
    assert!(accounts.sign_in("ana@example.com", "cafe au lait, tiede", "", domain::accounts::Device::Unknown).await.is_err());
    accounts.sign_in("ana@example.com", composed, "", domain::accounts::Device::Unknown).await.unwrap();
    let stored = store
        .read(|conn| {
            Box::pin(async move { conn.one::<(String,)>(sql("SELECT password FROM account WHERE email = 'ana@example.com'")).await })
        })
        .await
        .unwrap()
        .0;
    assert_ne!(stored, before);
    accounts.sign_in("ana@example.com", decomposed, "", domain::accounts::Device::Unknown).await.unwrap();

    for guessable in ["password123", "aaaaaaaaaaaa", "abcabcabcabc", "1234567890", "Qwertyuiop!", "Sunshine2026!"] {
        let refused =
            accounts.add_user(&Actor::system(), NewUser { password: guessable.to_owned(), ..new("cleo@example.com", Role::Member) }).await;
        assert!(refused.unwrap_err().on_field("password").is_some(), "{guessable}");
    }

    // At each door, one's own address and name are guessable too.
    let ben = accounts.sign_in("ben@example.com", composed, "", domain::accounts::Device::Unknown).await.unwrap();
    let ben_actor = accounts.actor(&ben.secret).await.unwrap().unwrap();
    let link = accounts.make_link(&Actor::system(), ben.of.user_id).await.unwrap();
    for own in ["ben@example.com", "Ben@Example.com1"] {
        let refused = [
            accounts
                .add_user(&Actor::system(), NewUser { password: own.replace("en@", "ob@"), ..new("bob@example.com", Role::Member) })
                .await
                .err(),
            accounts.change_password(&ben_actor, composed, own).await.err(),
            accounts.use_link(&link.secret, own, "").await.err(),
        ];
        for (at, refused) in refused.into_iter().enumerate() {
            assert!(refused.is_some_and(|error| error.on_field("password").is_some()), "{own} at door {at}");
        }
    }
    store.close().await;
}

async fn sessions_are_listed_and_end_when_revoked(db: &TestDb) {
    let (store, accounts, told) = accounts(db).await;
    accounts.add_user(&Actor::system(), new("ana@example.com", Role::Member)).await.unwrap();
    accounts.add_user(&Actor::system(), new("ben@example.com", Role::Admin)).await.unwrap();
    let here = accounts.sign_in("ana@example.com", PASSWORD, "Firefox", domain::accounts::Device::Unknown).await.unwrap();
    let there = accounts.sign_in("ana@example.com", PASSWORD, &"x".repeat(500), domain::accounts::Device::Unknown).await.unwrap();
    let ana = accounts.actor(&here.secret).await.unwrap().unwrap();
    let ben = accounts.sign_in("ben@example.com", PASSWORD, "", domain::accounts::Device::Unknown).await.unwrap();
    let ben = accounts.actor(&ben.secret).await.unwrap().unwrap();

    let mine = accounts.sessions(&ana).await.unwrap();
    assert_eq!(mine.iter().map(|session| session.id).collect::<Vec<_>>(), [there.of.id, here.of.id], "newest first");
    assert_eq!(mine[0].agent.len(), 200);
    assert!(matches!(accounts.revoke_session(&ben, there.of.id).await, Err(Error::NotFound { .. })), "an administrator's neither");
    assert!(accounts.actor(&there.secret).await.unwrap().is_some());
    accounts.revoke_session(&ana, there.of.id).await.unwrap();
    assert!(accounts.actor(&there.secret).await.unwrap().is_none(), "at once, though it was just looked up");
    assert!(accounts.revoke_session(&ana, there.of.id).await.is_err());
    accounts.sign_out(&here.secret).await.unwrap();
    assert!(accounts.actor(&here.secret).await.unwrap().is_none());
    assert_eq!(told.load(Ordering::SeqCst), 2, "open sockets were told both times");
    store.close().await;
}

async fn a_person_has_a_hundred_sessions_and_a_new_one_ends_the_longest_unused(db: &TestDb) {
    let clock = TestClock::stopped();
    let (store, accounts, told) = accounts_on(db.open_at(clock.clone()).await);
    let minutes = |count: u64| clock.pass(Duration::from_secs(60 * count));
    accounts.add_user(&Actor::system(), new("ana@example.com", Role::Member)).await.unwrap();
    accounts.add_user(&Actor::system(), new("ben@example.com", Role::Member)).await.unwrap();
    let sign_in = async |email: &str| accounts.sign_in(email, PASSWORD, "Firefox", Device::Known).await.unwrap().secret;
    let (first, second, ben) = (sign_in("ana@example.com").await, sign_in("ana@example.com").await, sign_in("ben@example.com").await);
    minutes(2);
    assert!(accounts.actor(&first).await.unwrap().is_some(), "it is in use");
    minutes(2);
    for _ in 2..SESSIONS {
        sign_in("ana@example.com").await;
    }
    assert_eq!(told.load(Ordering::SeqCst), 0);
    minutes(2);
    sign_in("ana@example.com").await;
    assert!(accounts.actor(&second).await.unwrap().is_none());
    assert!(accounts.actor(&first).await.unwrap().is_some(), "older, and used since");
    // Some in the same moment: there are never more.
    let last = futures::future::join_all((0..3).map(|_| sign_in("ana@example.com"))).await;
    assert_eq!(told.load(Ordering::SeqCst), 4, "open sockets look again");
    let ana = accounts.actor(&last[0]).await.unwrap().unwrap();
    assert_eq!(accounts.sessions(&ana).await.unwrap().len() as i64, SESSIONS);
    assert!(accounts.actor(&first).await.unwrap().is_some() && accounts.actor(&ben).await.unwrap().is_some());
    store.close().await;
}

async fn roles_change_at_once_and_an_administrator_remains(db: &TestDb) {
    let (store, accounts, told) = accounts(db).await;
    let system = Actor::system();
    let ana = accounts.add_user(&system, new("ana@example.com", Role::Admin)).await.unwrap();
    let ben = accounts.add_user(&system, new("ben@example.com", Role::Admin)).await.unwrap();
    let session = accounts.sign_in("ana@example.com", PASSWORD, "", domain::accounts::Device::Unknown).await.unwrap();
    let actor = accounts.actor(&session.secret).await.unwrap().unwrap();

    // Two concurrent demotions: one must fail.
    let (one, two) = tokio::join!(accounts.set_role(&system, ana.id, Role::Member), accounts.set_role(&system, ben.id, Role::Member));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert!(matches!(one.and(two), Err(Error::Conflict(_))));
    let users = accounts.users(&system).await.unwrap();
    assert_eq!(users.iter().filter(|user| user.role == Role::Admin).count(), 1);

    accounts.set_role(&system, ben.id, Role::Admin).await.unwrap();
    let demoted = accounts.set_role(&system, ana.id, Role::Viewer).await.unwrap();
    assert_eq!(demoted.role, Role::Viewer);
    assert_eq!(accounts.actor(&session.secret).await.unwrap().unwrap().role, Role::Viewer, "not the remembered one");
    assert!(told.load(Ordering::SeqCst) >= 2);
    let now = accounts.actor(&session.secret).await.unwrap().unwrap();
    for refused in [
        accounts.set_role(&now, ben.id, Role::Viewer).await.map(drop),
        accounts.add_user(&now, new("cleo@example.com", Role::Viewer)).await.map(drop),
        accounts.add_key(&now, key("mine", Role::Viewer)).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Forbidden(_))));
    }
    assert_eq!(actor.role, Role::Admin);
    let last = store.read(|conn| Box::pin(log::since(conn, 0, i64::MAX, 100))).await.unwrap();
    assert!(last.iter().all(|change| matches!(change.after, Some(Record::User(_)))));
    store.close().await;
}

async fn keys_open_what_their_role_may_and_are_kept_only_as_a_hash(db: &TestDb) {
    let (store, accounts, _) = accounts(db).await;
    let key = accounts.add_key(&Actor::system(), key("shop", Role::Manager)).await.unwrap();
    assert!(key.secret.starts_with(&format!("{}_", key.of.prefix)));
    let actor = accounts.actor(&key.secret).await.unwrap().unwrap();
    assert_eq!((actor.who.name(), actor.role, actor.user_id()), ("shop", Role::Manager, None));
    assert!(accounts.actor(&key.secret[..key.secret.len() - 1]).await.unwrap().is_none());
    assert!(accounts.actor(&key.of.prefix).await.unwrap().is_none());
    let logged = store.read(|conn| Box::pin(log::since(conn, 0, i64::MAX, 10))).await.unwrap();
    assert!(!serde_json::to_string(&logged).unwrap().contains(&key.secret));
    store.close().await;
}

async fn every_statement_about_accounts_prepares(db: &TestDb) {
    let store = db.open().await;
    for statement in server::accounts::sql::STATEMENTS {
        store.prepare(sql(*statement)).await.unwrap_or_else(|_| panic!("{statement:?}"));
    }
    for statement in server::demo::STATEMENTS {
        store.prepare(sql(*statement)).await.unwrap_or_else(|_| panic!("{statement}"));
    }
    store.close().await;
}

async fn the_first_page_sets_up_then_people_sign_in_and_out(db: &TestDb) {
    let server = TestServer::start(db).await;
    let browser = server.browser();
    let to = |path: &'static str| {
        let (browser, url) = (browser.clone(), server.url(path));
        async move { browser.get(url).send().await.unwrap() }
    };
    for page in ["/", "/leads?q=a", "/signin"] {
        assert_eq!(location(&to(page).await), "/setup", "{page}");
    }
    assert_eq!(to("/setup").await.status(), 200);

    let token = server.server.app.setup_token.clone().unwrap();
    let typed = [("name", "Ana B"), ("email", "ana@"), ("password", "short"), ("demo", "true"), ("token", &token)];
    let refused = server.form(&browser, "/auth/setup", &typed).await;
    assert_eq!(refused.status(), 303);
    let back = location(&refused);
    assert!(
        back.starts_with("/setup?errors=%5B%7B%22field%22%3A%22email%22")
            && back.contains(&format!("&name=Ana%20B&email=ana%40&demo=true&token={token}&__sig=")),
        "{back}"
    );

    let typed = [("name", "Ana B"), ("email", "ana@example.com"), ("password", PASSWORD), ("demo", "true"), ("token", &token)];
    let done = server.form(&browser, "/auth/setup", &typed).await;
    assert_eq!((done.status().as_u16(), location(&done)), (303, "/"));
    let cookie = done.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["linnet=", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = json(to("/api/auth/session").await).await;
    assert_eq!(session["user"]["email"], "ana@example.com");
    assert_eq!(location(&to("/setup").await), "/");
    let page = json(to("/api/leads?limit=1").await).await;
    assert!(!page["data"].as_array().or(page["leads"].as_array()).unwrap().is_empty(), "{page}");

    let out = server.form(&browser, "/auth/sign-out", &[]).await;
    assert_eq!(location(&out), "/signin");
    assert_eq!(to("/api/leads").await.status(), 401);
    assert_eq!(location(&to("/leads?q=a").await), "/signin?next=%2Fleads%3Fq%3Da");
    assert_eq!(location(&to("/setup").await), "/signin");

    let typed = [("email", "ana@example.com"), ("password", "wrong"), ("next", "/leads")];
    let refused = server.form(&browser, "/auth/sign-in", &typed).await;
    assert_eq!(location(&refused), "/signin?error=credentials&email=ana%40example.com&next=%2Fleads");
    for (next, there) in [("/leads?q=a", "/leads?q=a"), ("//evil.example", "/"), ("https://evil.example", "/")] {
        let done = server.form(&browser, "/auth/sign-in", &[("email", "ana@example.com"), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!(location(&done), there);
    }
    // Each new sign-in ended the former session.
    let ana = server.server.app.services.accounts.users(&Actor::system()).await.unwrap().remove(0);
    let who = Actor { who: domain::ActorRef::User { id: ana.id, name: ana.name }, role: ana.role, ..Actor::system() };
    assert_eq!(server.server.app.services.accounts.sessions(&who).await.unwrap().len(), 1);
    server.stop().await;
}

async fn cookies_are_bound_to_the_host_wherever_there_is_tls(db: &TestDb) {
    let server = TestServer::with(db, &["--trusted-proxies", "1"]).await;
    server.user("ana@example.com", Role::Member).await;
    let login = server.browser().post(server.url("/api/auth/login")).header("x-forwarded-proto", "https").header("host", "crm.example");
    let done = login.json(&serde_json::json!({ "email": "ana@example.com", "password": PASSWORD })).send().await.unwrap();
    assert!(done.headers().contains_key("strict-transport-security"));
    let cookie = done.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-linnet=") && cookie.ends_with("; Secure"), "{cookie}");
    let told = json(done).await;
    assert_eq!((&told["success"], &told["user"]["role"]), (&true.into(), &"member".into()));
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    let ask = |cookie: String| {
        server.browser().get(server.url("/api/auth/session")).header("host", "crm.example").header("cookie", cookie).send()
    };
    assert_eq!(json(ask(format!("__Host-linnet={secret}")).await.unwrap()).await["user"]["email"], "ana@example.com");
    let other = json(ask(format!("linnet={secret}")).await.unwrap()).await;
    assert_eq!(other, serde_json::json!({}), "a cookie that any subdomain could have set opens nothing");
    server.stop().await;
}

async fn guessing_passwords_is_slowed_down_and_locks_nobody_out(db: &TestDb) {
    let server = TestServer::with(db, &["--trusted-proxies", "1"]).await;
    server.user("ana@example.com", Role::Member).await;
    server.user("ben@example.com", Role::Member).await;
    let client = server.browser();
    let guess = |lines: &[&str], email: &'static str, password: &'static str, cookie: &str| {
        let mut request = client.post(server.url("/api/auth/login")).header("cookie", cookie);
        for line in lines {
            request = request.header("x-forwarded-for", *line);
        }
        async move { request.json(&serde_json::json!({ "email": email, "password": password })).send().await.unwrap() }
    };
    let known = guess(&["10.0.0.5"], "ana@example.com", PASSWORD, "").await;
    let cookies: Vec<_> = known.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
    let device = cookies.iter().find(|cookie| cookie.starts_with("__Host-linnet-device=")).unwrap();
    assert!(device.contains("; HttpOnly") && device.ends_with("; Secure"));
    let device = device.split(';').next().unwrap();

    for n in 0..10 {
        // A forged header line before the proxy's line does not change the address.
        assert_eq!(guess(&[&format!("10.9.0.{n}"), "10.0.0.1"], "ana@example.com", "guess", "").await.status(), 401);
    }
    let slowed = guess(&["10.9.0.99", "10.0.0.1"], "ana@example.com", PASSWORD, "").await;
    assert_eq!(slowed.status(), 429, "right or wrong");
    let wait: u32 = slowed.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait));
    for _ in 0..12 {
        assert_eq!(guess(&["10.0.0.2"], "ana@example.com", PASSWORD, "").await.status(), 200, "the right person elsewhere, however often");
    }
    assert_eq!(guess(&["10.0.0.1"], "ana@example.com", PASSWORD, device).await.status(), 200, "a known device beside the attacker");
    assert_eq!(guess(&["10.0.0.1"], "ben@example.com", PASSWORD, "").await.status(), 200, "others are not held up");
    for n in 0..10 {
        assert_eq!(guess(&[&format!("2001:db8::{n}")], "ana@example.com", "guess", "").await.status(), 401);
    }
    assert_eq!(guess(&["2001:db8::1:2:3:4"], "ana@example.com", "guess", "").await.status(), 429, "a network is one address");

    for _ in 0..10 {
        server.sign_in(&client, "ben@example.com", "guess").await;
    }
    let form = server.sign_in(&client, "ben@example.com", PASSWORD).await;
    assert!(location(&form).starts_with("/signin?error=throttled&email=ben%40example.com"));
    let long = server.sign_in(&client, &"x".repeat(4_000), "guess").await;
    assert_eq!((long.status().as_u16(), location(&long)), (303, "/signin?error=credentials&email=&next="));
    server.stop().await;
}

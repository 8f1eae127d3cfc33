//! API keys: list, last use, expiry, revocation.

use super::{House, key};
use crate::common::TestDb;
use crate::common::{live_client::LiveClient, server::TestServer};
use domain::{
    Actor, Entity, Error, Record, Role,
    accounts::{NewKey, OwnPatch},
    live::close,
    services::AccountService,
};
use tokio::sync::oneshot;

both_dbs!(
    a_key_says_what_it_is_for_and_when_it_was_used,
    a_request_does_not_wait_until_its_key_is_noted_as_used,
    a_key_that_expired_or_was_revoked_opens_nothing,
    open_sockets_close_whichever_node_or_command_revokes,
    another_name_is_no_reason_to_close_a_socket
);

async fn a_key_says_what_it_is_for_and_when_it_was_used(db: &TestDb) {
    let house = House::new(db).await;
    let (system, accounts) = (Actor::system(), &house.accounts);
    let shop = accounts.add_key(&system, NewKey { days: Some(30), ..key(" Shop ", Role::Member) }).await.unwrap();
    let site = accounts.add_key(&system, key("Site", Role::Viewer)).await.unwrap();
    assert_eq!(shop.of.expires_at, Some(shop.of.created_at.plus_days(30)));
    assert!(house.opens(&shop.secret).await && house.opens(&shop.secret).await);
    let keys = accounts.keys(&system).await.unwrap();
    let told: Vec<_> = keys.iter().map(|key| (key.name.as_str(), key.role, key.used_at.is_some(), key.expires_at)).collect();
    assert_eq!(told, [("Site", Role::Viewer, false, None), ("Shop", Role::Member, true, shop.of.expires_at)], "newest first");
    assert_eq!(keys[0].id, site.of.id);

    // `used_at` is written once a minute, not with each request.
    house.set("UPDATE api_key SET used_at = used_at - 50000000 WHERE used_at IS NOT NULL").await;
    let before = accounts.keys(&system).await.unwrap()[1].used_at;
    let other_node = House::new(db).await;
    assert!(other_node.opens(&shop.secret).await);
    assert_eq!(accounts.keys(&system).await.unwrap()[1].used_at, before);
    house.set("UPDATE api_key SET used_at = used_at - 50000000 WHERE used_at IS NOT NULL").await;
    let third_node = House::new(db).await;
    assert!(third_node.opens(&shop.secret).await);
    assert!(accounts.keys(&system).await.unwrap()[1].used_at > before);

    for bad in [NewKey { days: Some(0), ..key("x", Role::Viewer) }, key(" ", Role::Viewer)] {
        assert!(matches!(accounts.add_key(&system, bad).await.map(drop), Err(Error::Invalid(_))));
    }
    for node in [&house, &other_node, &third_node] {
        node.store.close().await;
    }
}

async fn a_request_does_not_wait_until_its_key_is_noted_as_used(db: &TestDb) {
    let house = House::new(db).await;
    let (system, accounts) = (Actor::system(), &house.accounts);
    let shop = accounts.add_key(&system, key("Shop", Role::Member)).await.unwrap();
    let (locked, is_locked) = oneshot::channel();
    let (end, is_over) = oneshot::channel::<()>();
    let store = house.store.clone();
    // Holds the writer of SQLite, and the key's row on Postgres.
    let other = tokio::spawn(async move {
        let system = Actor::system();
        let write = store.write(&system, move |tx| {
            Box::pin(async move {
                tx.run(server::store::sql("UPDATE api_key SET name = name")).await?;
                locked.send(()).unwrap();
                is_over.await.unwrap();
                Ok(())
            })
        });
        write.await.unwrap();
    });
    is_locked.await.unwrap();
    assert!(accounts.actor(&shop.secret).await.unwrap().is_some());
    assert_eq!(accounts.keys(&system).await.unwrap()[0].used_at, None, "the other write is not over");
    end.send(()).unwrap();
    other.await.unwrap();
    accounts.uses.flush().await;
    assert!(accounts.keys(&system).await.unwrap()[0].used_at.is_some());
    house.store.close().await;
}

async fn a_key_that_expired_or_was_revoked_opens_nothing(db: &TestDb) {
    let house = House::new(db).await;
    let (system, accounts) = (Actor::system(), &house.accounts);
    let shop = accounts.add_key(&system, NewKey { days: Some(1), ..key("Shop", Role::Member) }).await.unwrap();
    let site = accounts.add_key(&system, key("Site", Role::Member)).await.unwrap();
    assert!(house.opens(&site.secret).await, "and is remembered for a moment");
    house.set("UPDATE api_key SET expires_at = 1 WHERE expires_at IS NOT NULL").await;
    assert!(!house.opens(&shop.secret).await);
    accounts.revoke_key(&system, site.of.id).await.unwrap();
    assert!(!house.opens(&site.secret).await, "at once, though it was just looked up");
    assert!(matches!(accounts.revoke_key(&system, site.of.id).await, Err(Error::NotFound { .. })));

    let (member, _) = house.at_browser("mia", Role::Manager).await;
    for refused in [accounts.keys(&member).await.map(drop), accounts.revoke_key(&member, shop.of.id).await] {
        assert!(matches!(refused, Err(Error::Forbidden(_))));
    }
    let changes = house.store.read(|conn| Box::pin(server::store::log::since(conn, 0, i64::MAX, 100))).await.unwrap();
    let last = changes.iter().rev().find(|change| matches!(change.record(), Some(Record::ApiKey(_)))).unwrap();
    assert_eq!((last.op, last.after.is_none()), (domain::Op::Delete, true));
    assert!(!house.log().await.contains(&site.secret[13..]), "no secret is in the log");
    house.store.close().await;
}

async fn open_sockets_close_whichever_node_or_command_revokes(db: &TestDb) {
    let server = TestServer::start(db).await;
    let secret = server.secret(Role::Viewer).await;
    let mut program = LiveClient::connect(&server.live_url(), &secret, None).await;
    let user = server.user("vera@live.example", Role::Viewer).await;
    let session = server
        .server
        .app
        .services
        .accounts
        .sign_in(&user.email, crate::common::server::PASSWORD, "", domain::accounts::Device::Unknown)
        .await
        .unwrap();
    let mut browser = LiveClient::connect(&server.live_url(), &session.secret, None).await;
    // Another process on the same database: this server gets no notification.
    let house = House::new(db).await;
    let key = house.accounts.keys(&Actor::system()).await.unwrap().remove(0);
    house.accounts.revoke_key(&Actor::system(), key.id).await.unwrap();
    assert_eq!(program.closed().await, Some(close::SESSION_OVER));
    house.accounts.deactivate(&Actor::system(), user.id, None).await.unwrap();
    assert_eq!(browser.closed().await, Some(close::SESSION_OVER));
    house.store.close().await;
    server.stop().await;
}

async fn another_name_is_no_reason_to_close_a_socket(db: &TestDb) {
    let server = TestServer::start(db).await;
    let accounts = &server.server.app.services.accounts;
    let user = server.user("vera@live.example", Role::Viewer).await;
    let session = accounts.sign_in(&user.email, crate::common::server::PASSWORD, "", domain::accounts::Device::Unknown).await.unwrap();
    let mut browser = LiveClient::connect(&server.live_url(), &session.secret, None).await;
    let actor = accounts.actor(&session.secret).await.unwrap().unwrap();
    assert_eq!(
        accounts.edit_me(&actor, OwnPatch { name: Some(" Vera  Verdi ".to_owned()), ..OwnPatch::default() }).await.unwrap().name,
        "Vera  Verdi"
    );
    assert_eq!(accounts.actor(&session.secret).await.unwrap().unwrap().who.name(), "Vera  Verdi");
    // The change triggers a recheck. The next message must be the answer to the subscription, not a close frame.
    browser.subscribe(1, &domain::live::Query::list(Entity::Import), i64::MAX).await;
    browser.until(|message| matches!(message, domain::live::ServerMessage::Subscribed { id: 1, .. }).then_some(())).await;
    accounts.set_role(&Actor::system(), user.id, Role::Member).await.unwrap();
    assert_eq!(browser.closed().await, Some(close::SESSION_OVER));
    server.stop().await;
}

//! Links to choose a password.

use super::{House, key};
use crate::common::TestDb;
use crate::common::server::PASSWORD;
use domain::{Actor, Error, Role, accounts::Invite, services::AccountService, time::DAY};

fn invite(name: &str, role: Role) -> Invite {
    Invite { email: format!("{name}@Access.example"), name: name.to_owned(), role }
}

both_dbs!(
    who_is_invited_chooses_a_password_once,
    two_who_open_one_link_at_once_do_not_both_get_in,
    a_reset_link_ends_what_was_before,
    a_browser_left_alone_makes_no_administrator_and_no_key
);

async fn who_is_invited_chooses_a_password_once(db: &TestDb) {
    let house = House::new(db).await;
    let accounts = &house.accounts;
    let invited = accounts.invite(&Actor::system(), invite("ivo", Role::Member)).await.unwrap();
    let user = &invited.of;
    assert_eq!((user.email.as_str(), user.password_at), ("ivo@access.example", None));
    assert_eq!(user.link_until.unwrap().0 - user.created_at.0, 7 * DAY);
    assert!(invited.secret.len() >= 43, "256 bits");
    for password in ["", PASSWORD] {
        assert_eq!(house.sign_in(user, password).await, Err(Error::BadCredentials), "nobody has a password yet");
    }
    assert_eq!(accounts.linked(&invited.secret).await.unwrap().unwrap().id, user.id);
    assert!(matches!(accounts.use_link(&invited.secret, "short", "").await.map(drop), Err(Error::Invalid(_))));
    let session = accounts.use_link(&invited.secret, PASSWORD, "Firefox").await.unwrap();
    let actor = accounts.actor(&session.secret).await.unwrap().unwrap();
    assert_eq!((actor.user_id(), actor.role), (Some(user.id), Role::Member));
    assert!(house.sign_in(user, PASSWORD).await.is_ok());

    // A used link is invalid.
    assert!(accounts.linked(&invited.secret).await.unwrap().is_none());
    assert!(matches!(accounts.use_link(&invited.secret, PASSWORD, "").await.map(drop), Err(Error::Conflict(_))));
    let again = accounts.invite(&Actor::system(), invite("ivo", Role::Member)).await.map(drop);
    assert!(again.unwrap_err().on_field("email").is_some());
    assert!(!house.log().await.contains(&invited.secret));
    house.store.close().await;
}

async fn two_who_open_one_link_at_once_do_not_both_get_in(db: &TestDb) {
    let house = House::new(db).await;
    let invited = house.accounts.invite(&Actor::system(), invite("ivo", Role::Member)).await.unwrap();
    let (one, other) = tokio::join!(
        house.accounts.use_link(&invited.secret, "the first of two passwords", ""),
        house.accounts.use_link(&invited.secret, "the second of two passwords", "")
    );
    assert!(one.is_ok() != other.is_ok());
    house.store.close().await;
}

async fn a_reset_link_ends_what_was_before(db: &TestDb) {
    let house = House::new(db).await;
    let accounts = &house.accounts;
    let user = house.user("rea", Role::Member).await;
    let old = house.sign_in(&user, PASSWORD).await.unwrap();
    let first = accounts.make_link(&Actor::system(), user.id).await.unwrap();
    let second = accounts.make_link(&Actor::system(), user.id).await.unwrap();
    let left = second.of.link_until.unwrap().0 - house.store.clock.now().0;
    assert!((0..=DAY).contains(&left), "a day");
    assert!(accounts.linked(&first.secret).await.unwrap().is_none(), "the newest link alone works");
    assert!(house.opens(&old).await, "making a link ends nothing");
    let session = accounts.use_link(&second.secret, "another good password", "").await.unwrap();
    assert!(!house.opens(&old).await && house.opens(&session.secret).await);
    assert_eq!(house.sign_in(&user, PASSWORD).await, Err(Error::BadCredentials));
    assert!(house.sign_in(&user, "another good password").await.is_ok());

    // Stored as a hash, and invalid once it has expired.
    let late = accounts.make_link(&Actor::system(), user.id).await.unwrap();
    let stored = house
        .store
        .read(|conn| {
            Box::pin(async move { conn.all::<(Vec<u8>,)>(server::store::sql("SELECT link FROM account WHERE link IS NOT NULL")).await })
        })
        .await
        .unwrap();
    assert!(stored.len() == 1 && stored[0].0.len() == 32);
    house.set("UPDATE account SET link_until = 1 WHERE link IS NOT NULL").await;
    assert!(accounts.linked(&late.secret).await.unwrap().is_none());
    assert!(matches!(accounts.use_link(&late.secret, PASSWORD, "").await.map(drop), Err(Error::Conflict(_))));
    assert!(!house.log().await.contains(&second.secret));
    house.store.close().await;
}

async fn a_browser_left_alone_makes_no_administrator_and_no_key(db: &TestDb) {
    let house = House::new(db).await;
    let accounts = &house.accounts;
    let (admin, _) = house.at_browser("ada", Role::Admin).await;
    let other = house.user("bea", Role::Admin).await;
    let member = house.user("mia", Role::Member).await;
    for refused in [
        accounts.invite(&admin, invite("eve", Role::Admin)).await.map(drop),
        accounts.set_role(&admin, member.id, Role::Admin).await.map(drop),
        accounts.make_link(&admin, other.id).await.map(drop),
        accounts.add_key(&admin, key("eve", Role::Viewer)).await.map(drop),
    ] {
        assert!(refused.unwrap_err().on_field("confirm").is_some());
    }
    assert!(accounts.confirm(&admin, "not the password").await.unwrap_err().on_field("confirm").is_some());
    let sure = accounts.confirm(&admin, PASSWORD).await.unwrap();
    assert_eq!(accounts.set_role(&sure, member.id, Role::Admin).await.unwrap().role, Role::Admin);
    accounts.make_link(&sure, other.id).await.unwrap();
    accounts.add_key(&sure, key("shop", Role::Viewer)).await.unwrap();
    // Changes that give fewer rights need no password.
    accounts.set_role(&admin, member.id, Role::Manager).await.unwrap();
    accounts.make_link(&admin, member.id).await.unwrap();
    house.store.close().await;
}

//! Changing one's own password.

use super::{House, key};
use crate::common::TestDb;
use crate::common::server::PASSWORD;
use domain::{Actor, Error, Role, accounts::User, services::AccountService};

const NEW: &str = "quite another password";

both_dbs!(a_new_password_asks_for_the_old_one_and_ends_other_sessions, a_session_is_no_place_to_guess_a_password);

async fn a_new_password_asks_for_the_old_one_and_ends_other_sessions(db: &TestDb) {
    let house = House::new(db).await;
    let accounts = &house.accounts;
    let (ana, here) = house.at_browser("ana", Role::Member).await;
    let user: User = accounts.me(&ana).await.unwrap();
    let there = house.sign_in(&user, PASSWORD).await.unwrap();
    let link = accounts.make_link(&Actor::system(), user.id).await.unwrap();
    for (old, new, field) in [("", NEW, "old"), ("wrong password", NEW, "old"), (PASSWORD, "short", "password")] {
        let refused = accounts.change_password(&ana, old, new).await.unwrap_err();
        assert!(refused.on_field(field).is_some(), "{refused:?}");
    }
    assert!(house.opens(&there).await);
    accounts.change_password(&ana, PASSWORD, NEW).await.unwrap();
    assert!(house.opens(&here).await && !house.opens(&there).await, "this browser stays");
    assert!(accounts.linked(&link.secret).await.unwrap().is_none(), "whoever asked for the link has no use for it");
    assert_eq!(house.sign_in(&user, PASSWORD).await, Err(Error::BadCredentials));
    assert!(house.sign_in(&user, NEW).await.is_ok());
    let told = house.log().await;
    assert!(!told.contains(NEW) && !told.contains("argon2"));
    let program = accounts.add_key(&Actor::system(), key("shop", Role::Admin)).await.unwrap();
    let program = accounts.actor(&program.secret).await.unwrap().unwrap();
    assert!(matches!(accounts.change_password(&program, PASSWORD, NEW).await, Err(Error::Forbidden(_))));
    house.store.close().await;
}

async fn a_session_is_no_place_to_guess_a_password(db: &TestDb) {
    let house = House::new(db).await;
    let (ana, _) = house.at_browser("ana", Role::Admin).await;
    let (ben, _) = house.at_browser("ben", Role::Admin).await;
    for _ in 0..5 {
        assert!(house.accounts.confirm(&ana, "a guess").await.unwrap_err().on_field("confirm").is_some());
        assert!(house.accounts.change_password(&ana, "a guess", NEW).await.unwrap_err().on_field("old").is_some());
    }
    assert!(matches!(house.accounts.confirm(&ana, PASSWORD).await, Err(Error::TooMany { retry_after: 1..=61 })));
    assert!(house.accounts.confirm(&ben, PASSWORD).await.is_ok(), "others are not held up");
    house.store.close().await;
}

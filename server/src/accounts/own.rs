//! The user's own account: name, time zone, password, and confirmation by password.

use super::{Accounts, LETTERS_MAX, edit, links, sql};
use crate::zones;
use domain::{
    Actor, Error, Result, Timestamp, UserId,
    accounts::{Device, OwnPatch, PASSWORD_MAX, User, check_password},
    time::{MINUTE, SECOND},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Wrong passwords per user and minute; further tries are rejected without a check.
const TRIES: u32 = 10;

/// Wrong tries of signed-in users. At most one entry per account.
#[derive(Default)]
pub(super) struct Tries(Mutex<HashMap<UserId, (u32, Timestamp)>>);

impl Tries {
    /// Counts one try. `forgive` clears the count after a correct password.
    fn count(&self, of: UserId, now: Timestamp) -> Result<()> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, since) = tries.entry(of).or_insert((0, now));
        if !(0..MINUTE).contains(&(now.0 - since.0)) {
            (*count, *since) = (0, now);
        }
        if *count >= TRIES {
            return Err(Error::TooMany { retry_after: u32::try_from((since.0 + MINUTE - now.0) / SECOND + 1).unwrap_or(1) });
        }
        *count += 1;
        Ok(())
    }

    fn forgive(&self, of: UserId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&of);
    }
}

fn own(actor: &Actor) -> Result<UserId> {
    actor.user_id().ok_or_else(|| Error::Forbidden("A key has no account of its own; sign in for this".to_owned()))
}

impl Accounts {
    pub(super) async fn own_account(&self, actor: &Actor) -> Result<User> {
        let id = own(actor)?;
        self.store.read(move |conn| Box::pin(sql::by_id(conn, id))).await?.ok_or(Error::Unauthorized)
    }

    pub(super) async fn change_own(&self, actor: &Actor, patch: OwnPatch) -> Result<User> {
        let id = own(actor)?;
        let user = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = edit::lock(tx, id).await?;
                    let after = patch.apply(&before, &zones::name)?;
                    if after == before {
                        return Ok(before);
                    }
                    edit::put(tx, before, after).await
                })
            })
            .await?;
        self.changed();
        Ok(user)
    }

    pub(super) async fn change_own_password(&self, actor: &Actor, old: &str, new: &str) -> Result<()> {
        let id = own(actor)?;
        // Check the new password before any hashing.
        check_password(new).map_err(|error| Error::Invalid(vec![error]))?;
        let known = self.verified(actor, old).await?.ok_or_else(|| Error::invalid("old", "This is not your current password"))?;
        let me = self.own_account(actor).await?;
        let password = self.passwords.hash(new.to_owned(), id.into(), &me.email, &me.name).await?;
        let session = actor.session;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = edit::lock(tx, id).await?;
                    if !sql::still_opens(tx, id, &known).await? {
                        return Err(Error::Conflict("Your password was just changed elsewhere; sign in again".to_owned()));
                    }
                    let now = tx.now();
                    links::set_password(tx, before, &password, now).await?;
                    tx.run(sql::end_of(id, session)).await.map(drop)
                })
            })
            .await?;
        self.changed();
        Ok(())
    }

    pub(super) async fn confirmed(&self, actor: &Actor, password: &str) -> Result<Actor> {
        if actor.session.is_some() && self.verified(actor, password).await?.is_none() {
            return Err(Error::invalid("confirm", "This is not your password"));
        }
        Ok(Actor { confirmed: true, ..actor.clone() })
    }

    /// The stored hash if the password is correct.
    async fn verified(&self, actor: &Actor, password: &str) -> Result<Option<String>> {
        let id = own(actor)?;
        if password.is_empty() {
            return Ok(None);
        }
        self.tries.count(id, self.store.clock.now())?;
        let stored = self.store.read(move |conn| Box::pin(sql::password_of(conn, id))).await?;
        let password: String = password.chars().take(LETTERS_MAX * PASSWORD_MAX + 1).collect();
        let verified = self.passwords.verify(password, stored.clone(), Device::Known, id.into()).await?.opens();
        if verified {
            self.tries.forgive(id);
        }
        Ok(stored.filter(|_| verified))
    }
}

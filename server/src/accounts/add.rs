//! New users with a password: added by an administrator, or signed up alone.

use super::{Accounts, password::Whose, sql, taken, user};
use domain::{
    Actor, Permission, Record, Result, Role,
    accounts::{NewUser, User},
};
use std::mem::take;

impl Accounts {
    pub(super) async fn add(&self, actor: &Actor, new: NewUser) -> Result<User> {
        actor.require(Permission::Administer)?;
        let mut new = new.check()?;
        if new.role == Role::Admin {
            actor.require_confirmed()?;
        }
        let password = self.passwords.hash(take(&mut new.password), Whose::of(actor), &new.email, &new.name).await?;
        self.insert(actor, new, password).await
    }

    pub(super) async fn add_by_sign_up(&self, name: String, email: String, password: String) -> Result<User> {
        let mut new = NewUser { email, name, password, role: Role::Member }.check()?;
        let password = self.passwords.hash_of_stranger(take(&mut new.password), &new.email, &new.name).await?;
        self.insert(&Actor::system(), new, password).await
    }

    async fn insert(&self, actor: &Actor, new: NewUser, password: String) -> Result<User> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let user = user(tx, new);
                    if !sql::insert(tx, &user, &password).await? {
                        return Err(taken(tx, &user.email).await?);
                    }
                    tx.created(Record::User(user.clone()));
                    Ok(user)
                })
            })
            .await
    }
}

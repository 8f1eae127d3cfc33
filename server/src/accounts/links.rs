//! Links to choose a password: invitations, and resets for forgotten passwords. An administrator passes them on.
//! A token has 256 random bits. The account stores its hash, one link at a time, and removes it when the link is used.

use super::{Accounts, edit, sql, taken, token};
use domain::{
    Actor, ActorRef, Error, Permission, Record, Result, Role, Timestamp, UserId,
    accounts::{INVITE_DAYS, Invite, RESET_DAYS, Secret, Session, User, check_password},
};

impl Accounts {
    pub(super) async fn add_invited(&self, actor: &Actor, new: Invite) -> Result<Secret<User>> {
        actor.require(Permission::Administer)?;
        let Invite { email, name, role } = new.check()?;
        if role == Role::Admin {
            actor.require_confirmed()?;
        }
        let secret = token::session(&self.store.clock.secret());
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let now = tx.now();
                    let user = User {
                        link_until: Some(now.plus_days(INVITE_DAYS)),
                        ..User::new(UserId(tx.new_id()), email, name, role, now, false)
                    };
                    if !sql::insert(tx, &user, "").await? {
                        return Err(taken(tx, &user.email).await?);
                    }
                    sql::update(tx, &user).await?;
                    sql::set_link(tx, user.id, Some(token::hash(&secret))).await?;
                    tx.created(Record::User(user.clone()));
                    Ok(Secret { secret, of: user })
                })
            })
            .await
    }

    pub(super) async fn link_for(&self, actor: &Actor, id: UserId) -> Result<Secret<User>> {
        actor.require(Permission::Administer)?;
        let secret = token::session(&self.store.clock.secret());
        let hash = token::hash(&secret);
        let user = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = edit::lock(tx, id).await?;
                    // A link to an administrator's account gives administrator rights.
                    if before.role == Role::Admin {
                        tx.actor().require_confirmed()?;
                    }
                    if !before.is_active() {
                        return Err(Error::Conflict(format!("{} is deactivated; reactivate them first", before.name)));
                    }
                    let days = if before.password_at.is_some() { RESET_DAYS } else { INVITE_DAYS };
                    let after = User { link_until: Some(tx.now().plus_days(days)), ..before.clone() };
                    sql::set_link(tx, id, Some(hash)).await?;
                    edit::put(tx, before, after).await
                })
            })
            .await?;
        Ok(Secret { secret, of: user })
    }

    pub(super) async fn owner_of_link(&self, token: &str) -> Result<Option<User>> {
        let (hash, now) = (token::hash(token), self.store.clock.now());
        self.store.read(move |conn| Box::pin(sql::by_link(conn, hash, now))).await
    }

    pub(super) async fn choose_by_link(&self, token: &str, password: &str, agent: &str) -> Result<Secret<Session>> {
        // Hash the password only for a valid link.
        let user = self.owner_of_link(token).await?.ok_or_else(used)?;
        check_password(password).map_err(|error| Error::Invalid(vec![error]))?;
        let password = self.passwords.hash(password.to_owned(), user.id.into(), &user.email, &user.name).await?;
        let (hash, agent, secret) = (token::hash(token), agent.to_owned(), token::session(&self.store.clock.secret()));
        let who = ActorRef::User { id: user.id, name: user.name };
        let actor = Actor { who, role: user.role, ..Actor::system() };
        let (session, _) = self
            .store
            .write(&actor, move |tx| {
                Box::pin(async move {
                    sql::lock(tx).await?;
                    let now = tx.now();
                    let before = sql::by_link(tx.conn(), hash, now).await?.ok_or_else(used)?;
                    let id = before.id;
                    set_password(tx, before, &password, now).await?;
                    tx.run(sql::end_of(id, None)).await?;
                    Self::open(tx, id, &agent, secret).await
                })
            })
            .await?;
        self.changed();
        Ok(session)
    }
}

/// Stores the new password's hash and removes the account's link.
pub(super) async fn set_password(tx: &mut crate::store::Tx, before: User, password: &str, now: Timestamp) -> Result<User> {
    sql::set_password(tx, before.id, password).await?;
    sql::set_link(tx, before.id, None).await?;
    let after = User { password_at: Some(now), link_until: None, ..before.clone() };
    edit::put(tx, before, after).await
}

fn used() -> Error {
    Error::Conflict("This link was used already or is too old; ask an administrator for another".to_owned())
}

//! First start: creates the administrator of a new installation.

use super::{Accounts, password::Whose, sql, taken, token, user};
use crate::{workspace, zones};
use domain::{
    Actor, Error, Record, Result, Role, Timestamp, Workspace,
    accounts::{NewUser, Secret, Session},
    workspace::WorkspacePatch,
};
use std::sync::atomic::Ordering;

/// Key of the setup token in table `meta`.
const TOKEN: &str = "setup_token";

impl Accounts {
    /// No account, no API key, and no lead was ever written, except by the guest of `--open`: what a stranger writes must not keep the
    /// operator out.
    pub(super) async fn is_fresh(&self) -> Result<bool> {
        // Every page without a session asks this. An installation never becomes new again.
        if self.used.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let guests = self.guests.load(Ordering::Relaxed);
        let unused = self.store.read(move |conn| Box::pin(sql::is_used(conn, guests))).await?;
        match unused {
            Some(upto) => self.guests.store(upto, Ordering::Relaxed),
            None => self.used.store(true, Ordering::Relaxed),
        }
        Ok(unused.is_some())
    }

    /// The setup token; the same over restarts and on all nodes. `None` when setup is closed.
    pub async fn setup_token(&self) -> Result<Option<String>> {
        if self.is_fresh().await? { self.store.secret(TOKEN).await.map(Some) } else { Ok(None) }
    }

    pub(super) async fn make_first(&self, admin: NewUser, settings: WorkspacePatch, demo: bool, agent: &str) -> Result<Secret<Session>> {
        let refused = || Error::Conflict("Linnet is set up already; sign in, or ask an administrator to add you".to_owned());
        let mut admin = checked(admin, &settings)?;
        admin.role = Role::Admin;
        // Also checked before hashing: a late request must not cost a hash.
        if !self.is_fresh().await? {
            return Err(refused());
        }
        let password =
            self.passwords.hash(std::mem::take(&mut admin.password), Whose::of(&Actor::system()), &admin.email, &admin.name).await?;
        let (agent, secret) = (agent.to_owned(), token::session(&self.store.clock.secret()));
        let (sample_data, guests) = (self.sample_data, self.guests.load(Ordering::Relaxed));
        let (session, _) = self
            .store
            .write(&Actor::system(), move |tx| {
                Box::pin(async move {
                    sql::lock(tx).await?;
                    if sql::is_used(tx.conn(), guests).await?.is_none() {
                        return Err(refused());
                    }
                    let user = user(tx, admin);
                    if !sql::insert(tx, &user, &password).await? {
                        return Err(taken(tx, &user.email).await?);
                    }
                    sql::end_setup(tx).await?;
                    let id = user.id;
                    tx.created(Record::User(user));
                    workspace::edit(tx, settings).await?;
                    if demo {
                        sample_data(tx).await?;
                    }
                    Self::open(tx, id, &agent, secret).await
                })
            })
            .await?;
        // Pages that are asked for before the hub hears of the change have the new settings, too.
        workspace::load(&self.store).await?;
        Ok(session)
    }
}

/// The checked administrator. Errors of the settings are reported together with theirs; the workspace's name is the field `workspace`.
fn checked(admin: NewUser, settings: &WorkspacePatch) -> Result<NewUser> {
    let admin = admin.check();
    let Err(Error::Invalid(mut errors)) = settings.clone().apply(&Workspace::default(), &zones::name, Timestamp::default()) else {
        return admin;
    };
    for error in errors.iter_mut().filter(|error| error.field == "name") {
        error.field = "workspace".to_owned();
    }
    match admin {
        Err(Error::Invalid(mut first)) => {
            first.append(&mut errors);
            Err(Error::Invalid(first))
        }
        Err(other) => Err(other),
        Ok(_) => Err(Error::Invalid(errors)),
    }
}

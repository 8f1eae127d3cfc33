//! First start: creates the administrator of a new installation.

use super::{Accounts, password::Whose, sql, taken, token, user};
use domain::{
    Actor, Error, Record, Result, Role,
    accounts::{NewUser, Secret, Session},
};
use std::sync::atomic::Ordering;

/// Key of the setup token in table `meta`.
const TOKEN: &str = "setup_token";

impl Accounts {
    /// No account, no API key, and nothing was ever written.
    pub(super) async fn is_fresh(&self) -> Result<bool> {
        // Every page without a session asks this. An installation never becomes new again.
        if self.used.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let used = self.store.read(|conn| Box::pin(sql::is_used(conn))).await?;
        self.used.store(used, Ordering::Relaxed);
        Ok(!used)
    }

    /// The setup token; the same over restarts and on all nodes. `None` when setup is closed.
    pub async fn setup_token(&self) -> Result<Option<String>> {
        if self.is_fresh().await? { self.store.secret(TOKEN).await.map(Some) } else { Ok(None) }
    }

    pub(super) async fn make_first(&self, admin: NewUser, demo: bool, agent: &str) -> Result<Secret<Session>> {
        let refused = || Error::Conflict("Linnet is set up already; sign in, or ask an administrator to add you".to_owned());
        let mut admin = admin.check()?;
        admin.role = Role::Admin;
        // Also checked before hashing: a late request must not cost a hash.
        if !self.is_fresh().await? {
            return Err(refused());
        }
        let password =
            self.passwords.hash(std::mem::take(&mut admin.password), Whose::of(&Actor::system()), &admin.email, &admin.name).await?;
        let (agent, secret) = (agent.to_owned(), token::session(&self.store.clock.secret()));
        let sample_data = self.sample_data;
        let (session, _) = self
            .store
            .write(&Actor::system(), move |tx| {
                Box::pin(async move {
                    sql::lock(tx).await?;
                    if sql::is_used(tx.conn()).await? {
                        return Err(refused());
                    }
                    let user = user(tx, admin);
                    if !sql::insert(tx, &user, &password).await? {
                        return Err(taken(tx, &user.email).await?);
                    }
                    sql::end_setup(tx).await?;
                    let id = user.id;
                    tx.created(Record::User(user));
                    if demo {
                        sample_data(tx).await?;
                    }
                    Self::open(tx, id, &agent, secret).await
                })
            })
            .await?;
        Ok(session)
    }
}

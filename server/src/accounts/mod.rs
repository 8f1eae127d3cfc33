//! People who sign in, their sessions, and keys for programs.
//!
//! A change of rights on this node takes effect with the next request; on another node within a second.

mod cache;
mod guessable;
mod password;
mod setup;
pub mod sql;
mod token;

use crate::store::{Store, Tx};
use async_trait::async_trait;
use cache::Cache;
use domain::{
    Actor, ActorRef, ApiKeyId, Error, Permission, Record, Result, Role, SessionId, Timestamp, UserId,
    accounts::{ApiKey, NewUser, PASSWORD_MAX, Secret, Session, User},
    services::AccountService,
    text::{clean, normalise_email},
    time::MINUTE,
};
use password::{Fit, Passwords};
use std::sync::Arc;

/// Days without a request after which a session ends.
pub const SESSION_DAYS: i64 = 30;
/// Characters that some systems make of one letter that others write as one.
const LETTERS_MAX: usize = 4;
/// How exactly `seen_at` is kept; every request would be a write otherwise.
const SEEN_EVERY: i64 = MINUTE;

#[derive(Clone)]
pub struct Accounts {
    store: Store,
    passwords: Passwords,
    cache: Arc<Cache>,
    /// Tells open sockets to look again whether they still may.
    rights_changed: Arc<dyn Fn() + Send + Sync>,
}

impl Accounts {
    /// `rights_changed` is called after a sign-out, a revoked session and a change of role.
    pub fn new(store: Store, rights_changed: impl Fn() + Send + Sync + 'static) -> Self {
        Self { store, passwords: Passwords::default(), cache: Arc::default(), rights_changed: Arc::new(rights_changed) }
    }

    fn changed(&self) {
        self.cache.clear();
        (self.rights_changed)();
    }

    /// A new session in `tx`, and its token.
    async fn open(tx: &mut Tx, of: UserId, agent: &str, secret: String) -> Result<Secret<Session>> {
        let now = tx.now();
        tx.run(sql::sweep(now)).await?;
        let session = Session {
            id: SessionId(tx.new_id()),
            user_id: of,
            agent: clean(agent).chars().take(200).collect(),
            created_at: now,
            seen_at: now,
            expires_at: now.plus_days(SESSION_DAYS),
            current: true,
        };
        sql::insert_session(tx, &session, token::hash(&secret)).await?;
        Ok(Secret { secret, of: session })
    }

    /// Notes that a session is in use, at most once a minute. A failure only makes it look older.
    async fn seen(&self, id: SessionId, seen_at: Timestamp, now: Timestamp) {
        if now.0 - seen_at.0 < SEEN_EVERY {
            return;
        }
        let seen = sql::seen(id, now, now.plus_days(SESSION_DAYS));
        let noted = self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(seen).await })).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "a session's last use was not noted");
        }
    }
}

fn user(tx: &Tx, new: NewUser) -> User {
    User { id: UserId(tx.new_id()), revision: 1, email: new.email, name: new.name, role: new.role, created_at: tx.now() }
}

#[async_trait]
impl AccountService for Accounts {
    async fn is_new(&self) -> Result<bool> {
        self.is_fresh().await
    }

    async fn set_up(&self, admin: NewUser, demo: bool, agent: &str) -> Result<Secret<Session>> {
        self.make_first(admin, demo, agent).await
    }

    async fn sign_in(&self, email: &str, password: &str, agent: &str) -> Result<Secret<Session>> {
        // What no account can have is no account, and takes as long.
        let known = match normalise_email(email) {
            Ok(email) => self.store.read(move |conn| Box::pin(async move { sql::by_email(conn, &email).await })).await?,
            Err(_) => None,
        };
        let (user, stored) = known.unzip();
        let password: String = password.chars().take(LETTERS_MAX * PASSWORD_MAX + 1).collect();
        let fit = self.passwords.verify(password.clone(), stored.clone()).await?;
        let Some(user) = user.filter(|_| fit.opens()) else { return Err(Error::BadCredentials) };
        let renewed = match stored {
            Some(stored) if fit == Fit::Unnormalised => Some((stored, self.passwords.rehash(password).await?)),
            _ => None,
        };
        let (agent, secret) = (agent.to_owned(), token::session(&self.store.clock.secret()));
        let actor = Actor { who: ActorRef::User { id: user.id, name: user.name }, role: user.role, origin: None, session: None };
        self.store
            .write(&actor, move |tx| {
                Box::pin(async move {
                    if let Some((stored, hash)) = renewed {
                        sql::renew_hash(tx, user.id, &stored, &hash).await?;
                    }
                    Self::open(tx, user.id, &agent, secret).await
                })
            })
            .await
    }

    async fn actor(&self, secret: &str) -> Result<Option<Actor>> {
        let (hash, now) = (token::hash(secret), self.store.clock.now());
        let generation = match self.cache.get(&hash, now) {
            Ok(actor) => return Ok(Some(actor)),
            Err(generation) => generation,
        };
        let actor = if token::is_key(secret) {
            self.store.read(move |conn| Box::pin(sql::key_actor(conn, hash))).await?
        } else {
            let signed_in = self.store.read(move |conn| Box::pin(sql::signed_in(conn, hash, now))).await?;
            if let Some(signed_in) = &signed_in {
                self.seen(signed_in.session, signed_in.seen_at, now).await;
            }
            signed_in.map(|signed_in| signed_in.actor)
        };
        if let Some(actor) = &actor {
            self.cache.keep(hash, actor.clone(), now, generation);
        }
        Ok(actor)
    }

    async fn sign_out(&self, secret: &str) -> Result<()> {
        let end = sql::end_by_token(token::hash(secret));
        self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(end).await })).await?;
        self.changed();
        Ok(())
    }

    async fn sessions(&self, actor: &Actor) -> Result<Vec<Session>> {
        // A key has no sessions.
        let Some(id) = actor.user_id() else { return Ok(Vec::new()) };
        let (current, now) = (actor.session, self.store.clock.now());
        self.store.read(move |conn| Box::pin(sql::sessions(conn, id, current, now))).await
    }

    async fn revoke_session(&self, actor: &Actor, id: SessionId) -> Result<()> {
        let not_found = || Error::not_found("Session", id);
        let of = actor.user_id().ok_or_else(not_found)?;
        let ended = self.store.write(actor, move |tx| Box::pin(async move { tx.run(sql::end_by_id(id, of)).await })).await?;
        if ended == 0 {
            return Err(not_found());
        }
        self.changed();
        Ok(())
    }

    async fn users(&self, actor: &Actor) -> Result<Vec<User>> {
        actor.require(Permission::Read)?;
        self.store.read(|conn| Box::pin(sql::all(conn))).await
    }

    async fn add_user(&self, actor: &Actor, new: NewUser) -> Result<User> {
        actor.require(Permission::Administer)?;
        let mut new = new.check()?;
        let password = self.passwords.hash(std::mem::take(&mut new.password)).await?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let user = user(tx, new);
                    if !sql::insert(tx, &user, &password).await? {
                        return Err(taken(&user.email));
                    }
                    tx.created(Record::User(user.clone()));
                    Ok(user)
                })
            })
            .await
    }

    async fn set_role(&self, actor: &Actor, id: UserId, role: Role) -> Result<User> {
        actor.require(Permission::Administer)?;
        let user = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    sql::lock(tx).await?;
                    let before = sql::by_id(tx.conn(), id).await?.ok_or_else(|| Error::not_found("User", id))?;
                    if before.role == role {
                        return Ok(before);
                    }
                    if before.role == Role::Admin && !sql::other_admins(tx.conn(), id).await? {
                        return Err(Error::Conflict("This is the last administrator; make someone else an administrator first".to_owned()));
                    }
                    sql::set_role(tx, id, role).await?;
                    let after = User { role, revision: before.revision + 1, ..before.clone() };
                    tx.updated(Record::User(before), Record::User(after.clone()));
                    Ok(after)
                })
            })
            .await?;
        self.changed();
        Ok(user)
    }

    async fn add_key(&self, actor: &Actor, name: &str, role: Role) -> Result<Secret<ApiKey>> {
        actor.require(Permission::Administer)?;
        let name = clean(name);
        if name.is_empty() || name.chars().count() > 100 {
            return Err(Error::invalid("name", "Give the key a name of at most 100 characters, such as the program that uses it"));
        }
        let random = self.store.clock.secret();
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let id = tx.new_id();
                    let (secret, prefix) = token::key(&random, id);
                    let key = ApiKey { id: ApiKeyId(id), name, role, prefix, created_at: tx.now() };
                    sql::insert_key(tx, &key, token::hash(&secret)).await?;
                    tx.created(Record::ApiKey(key.clone()));
                    Ok(Secret { secret, of: key })
                })
            })
            .await
    }
}

fn taken(email: &str) -> Error {
    Error::invalid("email", format!("Someone has the e-mail {email} already; choose another"))
}

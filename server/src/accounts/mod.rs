//! People who sign in, their sessions, and keys for programs.
//!
//! A change of rights takes effect on this node with the next request, on other nodes within 1 second.

mod access;
mod add;
mod cache;
mod edit;
mod guessable;
pub mod key_sql;
mod keys;
mod links;
mod now;
mod own;
mod password;
mod setup;
pub mod sql;
pub(crate) mod token;
mod uses;

pub use now::actor_now;
pub use uses::LastUses;

use crate::store::{Store, Tx, Work};
use async_trait::async_trait;
use cache::Cache;
use domain::{
    Actor, ActorRef, ApiKeyId, Error, Permission, Result, Role, SessionId, Timestamp, UserId,
    accounts::{ApiKey, Colleague, Deactivated, Device, Invite, NewKey, NewUser, OwnPatch, PASSWORD_MAX, Secret, Session, User},
    services::{AccountService, BulkService},
    text::{clean, normalise_email},
    time::MINUTE,
    workspace::WorkspacePatch,
};
use own::Tries;
use password::{Fit, Passwords, Whose};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64},
};

/// Maximum sessions per person. A new one ends the one that was unused longest.
pub const SESSIONS: i64 = 100;
/// Days without a request after which a session ends.
pub const SESSION_DAYS: i64 = 30;
/// Maximum characters into which Unicode decomposition may split one letter.
const LETTERS_MAX: usize = 4;
/// Resolution of `seen_at` and `used_at` (1 minute), so that not every request writes.
const SEEN_EVERY: i64 = MINUTE;

/// Writes sample data, in the transaction that creates the administrator.
pub type SampleData = for<'t> fn(&'t mut Tx) -> Work<'t, i64>;

#[derive(Clone)]
pub struct Accounts {
    store: Store,
    /// Hands over the leads of a deactivated user.
    bulks: Arc<dyn BulkService>,
    sample_data: SampleData,
    passwords: Passwords,
    cache: Arc<Cache>,
    pub uses: LastUses,
    tries: Arc<Tries>,
    /// Set-up is over.
    used: Arc<AtomicBool>,
    /// Before set-up: the changes up to this one are the guest's, and are not searched again.
    guests: Arc<AtomicI64>,
    /// Makes open sockets check their rights again.
    rights_changed: Arc<dyn Fn() + Send + Sync>,
}

impl Accounts {
    /// `rights_changed` is called after every write that changes rights: an ended session, a role, a key, an account.
    pub fn new(
        store: Store,
        bulks: impl BulkService + 'static,
        sample_data: SampleData,
        rights_changed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            uses: LastUses::new(store.clone()),
            store,
            bulks: Arc::new(bulks),
            sample_data,
            passwords: Passwords::default(),
            cache: Arc::default(),
            tries: Arc::default(),
            used: Arc::default(),
            guests: Arc::default(),
            rights_changed: Arc::new(rights_changed),
        }
    }

    fn changed(&self) {
        self.cache.clear();
        (self.rights_changed)();
    }

    /// Opens a session in `tx`. Returns it with its token, and how many older ones it ended; then `changed` must be called.
    async fn open(tx: &mut Tx, of: UserId, agent: &str, secret: String) -> Result<(Secret<Session>, u64)> {
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
        let ended = tx.run(sql::end_unused(of, session.id, SESSIONS - 1)).await?;
        Ok((Secret { secret, of: session }, ended))
    }

    /// Updates the session's `seen_at`, at most once a minute.
    fn seen(&self, id: SessionId, seen_at: Timestamp, now: Timestamp) {
        if now.0 - seen_at.0 >= SEEN_EVERY {
            self.uses.note(id.0, sql::seen(id, now, now.plus_days(SESSION_DAYS)));
        }
    }
}

fn user(tx: &Tx, new: NewUser) -> User {
    User::new(UserId(tx.new_id()), new.email, new.name, new.role, tx.now(), true)
}

#[async_trait]
impl AccountService for Accounts {
    async fn is_new(&self) -> Result<bool> {
        self.is_fresh().await
    }

    async fn set_up(&self, admin: NewUser, settings: WorkspacePatch, demo: bool, agent: &str) -> Result<Secret<Session>> {
        self.make_first(admin, settings, demo, agent).await
    }

    async fn sign_in(&self, email: &str, password: &str, agent: &str, device: Device) -> Result<Secret<Session>> {
        // An invalid e-mail takes as long as an unknown one, and queues as one.
        let address = normalise_email(email);
        let whose = Whose::unknown(address.as_ref().map_or(email, String::as_str));
        let known = match address {
            Ok(email) => self.store.read(move |conn| Box::pin(async move { sql::by_email(conn, &email).await })).await?,
            Err(_) => None,
        };
        // A deactivated account gives the same answer as an unknown one.
        let (user, stored) = known.filter(|(user, _)| user.is_active()).unzip();
        let password: String = password.chars().take(LETTERS_MAX * PASSWORD_MAX + 1).collect();
        let whose = user.as_ref().map_or(whose, |user| user.id.into());
        let fit = self.passwords.verify(password.clone(), stored.clone(), device, whose).await?;
        let (Some(user), Some(stored), true) = (user, stored, fit.opens()) else { return Err(Error::BadCredentials) };
        let renewed = if fit == Fit::Unnormalised { Some(self.passwords.rehash(password, whose).await?) } else { None };
        let (agent, secret) = (agent.to_owned(), token::session(&self.store.clock.secret()));
        let actor = Actor { who: ActorRef::User { id: user.id, name: user.name }, role: user.role, ..Actor::system() };
        let (session, ended) = self
            .store
            .write(&actor, move |tx| {
                Box::pin(async move {
                    // The password may have been changed, and all sessions ended, during the check.
                    if !sql::still_opens(tx, user.id, &stored).await? {
                        return Err(Error::BadCredentials);
                    }
                    if let Some(hash) = renewed {
                        sql::renew_hash(tx, user.id, &stored, &hash).await?;
                    }
                    Self::open(tx, user.id, &agent, secret).await
                })
            })
            .await?;
        if ended > 0 {
            self.changed();
        }
        Ok(session)
    }

    async fn actor(&self, secret: &str) -> Result<Option<Actor>> {
        let (hash, now) = (token::hash(secret), self.store.clock.now());
        let generation = match self.cache.get(&hash, now) {
            Ok(actor) => return Ok(Some(actor)),
            Err(generation) => generation,
        };
        let actor = if token::is_key(secret) {
            self.program(hash, now).await?
        } else {
            let signed_in = self.store.read(move |conn| Box::pin(sql::signed_in(conn, hash, now))).await?;
            if let Some(signed_in) = &signed_in {
                self.seen(signed_in.session, signed_in.seen_at, now);
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
        // API keys have no sessions.
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

    async fn sessions_of(&self, actor: &Actor, id: UserId) -> Result<Vec<Session>> {
        self.sessions_of_user(actor, id).await
    }

    async fn end_session(&self, actor: &Actor, of: UserId, id: SessionId) -> Result<()> {
        self.end_session_of(actor, of, id).await
    }

    async fn me(&self, actor: &Actor) -> Result<User> {
        self.own_account(actor).await
    }

    async fn edit_me(&self, actor: &Actor, patch: OwnPatch) -> Result<User> {
        self.change_own(actor, patch).await
    }

    async fn change_password(&self, actor: &Actor, old: &str, new: &str) -> Result<()> {
        self.change_own_password(actor, old, new).await
    }

    async fn confirm(&self, actor: &Actor, password: &str) -> Result<Actor> {
        self.confirmed(actor, password).await
    }

    async fn people(&self, actor: &Actor) -> Result<Vec<Colleague>> {
        actor.require(Permission::Read)?;
        let users = self.store.read(|conn| Box::pin(sql::all(conn))).await?;
        Ok(users.into_iter().map(|user| Colleague { id: user.id, active: user.is_active(), name: user.name }).collect())
    }

    async fn users(&self, actor: &Actor) -> Result<Vec<User>> {
        actor.require(Permission::Administer)?;
        self.store.read(|conn| Box::pin(sql::all(conn))).await
    }

    async fn add_user(&self, actor: &Actor, new: NewUser) -> Result<User> {
        self.add(actor, new).await
    }

    async fn sign_up(&self, name: String, email: String, password: String) -> Result<User> {
        self.add_by_sign_up(name, email, password).await
    }

    async fn invite(&self, actor: &Actor, new: Invite) -> Result<Secret<User>> {
        self.add_invited(actor, new).await
    }

    async fn make_link(&self, actor: &Actor, id: UserId) -> Result<Secret<User>> {
        self.link_for(actor, id).await
    }

    async fn linked(&self, token: &str) -> Result<Option<User>> {
        self.owner_of_link(token).await
    }

    async fn use_link(&self, token: &str, password: &str, agent: &str) -> Result<Secret<Session>> {
        self.choose_by_link(token, password, agent).await
    }

    async fn set_role(&self, actor: &Actor, id: UserId, role: Role) -> Result<User> {
        self.give_role(actor, id, role).await
    }

    async fn deactivate(&self, actor: &Actor, id: UserId, leads_to: Option<UserId>) -> Result<Deactivated> {
        self.take_access(actor, id, leads_to).await
    }

    async fn activate(&self, actor: &Actor, id: UserId) -> Result<User> {
        self.give_access(actor, id).await
    }

    async fn end_sessions(&self, actor: &Actor, id: UserId) -> Result<u64> {
        self.sign_out_everywhere(actor, id).await
    }

    async fn keys(&self, actor: &Actor) -> Result<Vec<ApiKey>> {
        self.all_keys(actor).await
    }

    async fn add_key(&self, actor: &Actor, new: NewKey) -> Result<Secret<ApiKey>> {
        self.make_key(actor, new).await
    }

    async fn revoke_key(&self, actor: &Actor, id: ApiKeyId) -> Result<()> {
        self.end_key(actor, id).await
    }
}

/// The error when another account has the e-mail.
async fn taken(tx: &mut Tx, email: &str) -> Result<Error> {
    Ok(match sql::by_email(tx.conn(), email).await? {
        Some((user, _)) => Error::duplicate("email", user),
        // The account with this e-mail changed between the two statements.
        None => Error::Unavailable("Someone else is changing the account with this e-mail; try again".to_owned()),
    })
}

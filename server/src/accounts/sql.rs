//! The statements about accounts, sessions and keys. Password hashes leave this file only to be checked.

use crate::store::{Conn, Query, Sql, Tx, sql};
use domain::{
    Actor, ActorRef, ApiKeyId, Error, Result, Role, SessionId, Timestamp, UserId,
    accounts::{ApiKey, Session, User},
};
use uuid::Uuid;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[
    LOCK,
    same(IS_USED),
    same(END_SETUP),
    same(BY_EMAIL),
    same(BY_ID),
    same(ALL),
    same(ADMINS),
    same(INSERT),
    same(SET_ROLE),
    same(RENEW_HASH),
    same(INSERT_SESSION),
    same(SESSION_BY_TOKEN),
    same(SEEN),
    same(SESSIONS_OF),
    same(END_BY_TOKEN),
    same(END_BY_ID),
    same(SWEEP),
    same(INSERT_KEY),
    same(KEY_BY_HASH),
];

const fn same(text: &'static str) -> Sql {
    Sql { sqlite: text, postgres: text }
}

/// One at a time through what counts administrators. SQLite has one writer anyway.
const LOCK: Sql = Sql { sqlite: "SELECT 1", postgres: "SELECT pg_advisory_xact_lock(7307499)" };
/// Whether anyone has an account or a key, or anything was ever written.
const IS_USED: &str = "
SELECT CASE WHEN EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM api_key)
              OR EXISTS (SELECT 1 FROM lead)    OR EXISTS (SELECT 1 FROM change)
       THEN 1 ELSE 0 END";
const END_SETUP: &str = "DELETE FROM meta WHERE key = 'setup_token'";
const BY_EMAIL: &str = "SELECT id, revision, email, name, role, password, created_at FROM account WHERE email = $1";
const BY_ID: &str = "SELECT id, revision, email, name, role, password, created_at FROM account WHERE id = $1";
const ALL: &str = "SELECT id, revision, email, name, role, password, created_at FROM account ORDER BY id";
const ADMINS: &str = "SELECT COUNT(*) FROM account WHERE role = 'admin' AND id <> $1";
const INSERT: &str = "
INSERT INTO account (id, revision, email, name, role, password, created_at)
VALUES              ($1, $2,       $3,    $4,   $5,   $6,       $7)
ON CONFLICT (email) DO NOTHING";
/// Unless the password was changed meanwhile.
const RENEW_HASH: &str = "UPDATE account SET password = $3 WHERE id = $1 AND password = $2";
const SET_ROLE: &str = "UPDATE account SET role = $2, revision = revision + 1 WHERE id = $1";

const INSERT_SESSION: &str = "
INSERT INTO session (id, account_id, token, agent, created_at, seen_at, expires_at)
VALUES              ($1, $2,         $3,    $4,    $5,         $6,      $7)";
const SESSION_BY_TOKEN: &str = "
SELECT session.id AS session, session.seen_at, account.id AS account, account.name, account.role
FROM   session JOIN account ON account.id = session.account_id
WHERE  session.token = $1 AND session.expires_at > $2";
const SEEN: &str = "UPDATE session SET seen_at = $2, expires_at = $3 WHERE id = $1";
const SESSIONS_OF: &str = "
SELECT   id, account_id, agent, created_at, seen_at, expires_at
FROM     session
WHERE    account_id = $1 AND expires_at > $2
ORDER BY seen_at DESC, id DESC";
const END_BY_TOKEN: &str = "DELETE FROM session WHERE token = $1";
const END_BY_ID: &str = "DELETE FROM session WHERE id = $1 AND account_id = $2";
const SWEEP: &str = "DELETE FROM session WHERE expires_at <= $1";

const INSERT_KEY: &str = "
INSERT INTO api_key (id, name, role, prefix, key, created_at)
VALUES              ($1, $2,   $3,   $4,     $5,  $6)";
const KEY_BY_HASH: &str = "SELECT id, name, role FROM api_key WHERE key = $1";

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: Uuid,
    revision: i64,
    email: String,
    name: String,
    role: String,
    password: String,
    created_at: i64,
}

impl AccountRow {
    fn user(self) -> Result<User> {
        Ok(User {
            id: UserId(self.id),
            revision: self.revision,
            email: self.email,
            name: self.name,
            role: role(&self.role)?,
            created_at: Timestamp(self.created_at),
        })
    }
}

fn role(text: &str) -> Result<Role> {
    text.parse().map_err(|_| {
        tracing::error!(role = text, "an unknown role in the database");
        Error::Internal
    })
}

pub(super) async fn lock(tx: &mut Tx) -> Result<()> {
    tx.run(sql(LOCK)).await.map(drop)
}

pub(super) async fn is_used(conn: &mut Conn) -> Result<bool> {
    Ok(conn.one::<(i32,)>(sql(IS_USED)).await?.0 != 0)
}

/// The token for setting up from another machine is of no more use.
pub(super) async fn end_setup(tx: &mut Tx) -> Result<()> {
    tx.run(sql(END_SETUP)).await.map(drop)
}

/// The user and the stored hash.
pub(super) async fn by_email(conn: &mut Conn, email: &str) -> Result<Option<(User, String)>> {
    let Some(mut row) = conn.optional::<AccountRow>(sql(BY_EMAIL).bind(email)).await? else { return Ok(None) };
    let password = std::mem::take(&mut row.password);
    Ok(Some((row.user()?, password)))
}

pub(super) async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    conn.optional::<AccountRow>(sql(BY_ID).bind(id)).await?.map(AccountRow::user).transpose()
}

pub(super) async fn all(conn: &mut Conn) -> Result<Vec<User>> {
    conn.all::<AccountRow>(sql(ALL)).await?.into_iter().map(AccountRow::user).collect()
}

/// Whether an administrator is left without this one.
pub(super) async fn other_admins(conn: &mut Conn, id: UserId) -> Result<bool> {
    Ok(conn.one::<(i64,)>(sql(ADMINS).bind(id)).await?.0 > 0)
}

/// False when the e-mail is taken.
pub(crate) async fn insert(tx: &mut Tx, user: &User, password: &str) -> Result<bool> {
    let query = sql(INSERT)
        .bind(user.id)
        .bind(user.revision)
        .bind(user.email.as_str())
        .bind(user.name.as_str())
        .bind(user.role.as_str())
        .bind(password)
        .bind(user.created_at);
    Ok(tx.run(query).await? == 1)
}

pub(super) async fn set_role(tx: &mut Tx, id: UserId, role: Role) -> Result<()> {
    tx.run_one(sql(SET_ROLE).bind(id).bind(role.as_str())).await
}

/// The same password, hashed anew.
pub(super) async fn renew_hash(tx: &mut Tx, id: UserId, stored: &str, hash: &str) -> Result<()> {
    tx.run(sql(RENEW_HASH).bind(id).bind(stored).bind(hash)).await.map(drop)
}

pub(super) async fn insert_session(tx: &mut Tx, session: &Session, token: [u8; 32]) -> Result<()> {
    let query = sql(INSERT_SESSION)
        .bind(session.id)
        .bind(session.user_id)
        .bind(token)
        .bind(session.agent.as_str())
        .bind(session.created_at)
        .bind(session.seen_at)
        .bind(session.expires_at);
    tx.run_one(query).await
}

#[derive(sqlx::FromRow)]
struct SignedInRow {
    session: Uuid,
    seen_at: i64,
    account: Uuid,
    name: String,
    role: String,
}

pub(super) struct SignedIn {
    pub session: SessionId,
    pub seen_at: Timestamp,
    pub actor: Actor,
}

pub(super) async fn signed_in(conn: &mut Conn, token: [u8; 32], now: Timestamp) -> Result<Option<SignedIn>> {
    let Some(row) = conn.optional::<SignedInRow>(sql(SESSION_BY_TOKEN).bind(token).bind(now)).await? else { return Ok(None) };
    let who = ActorRef::User { id: UserId(row.account), name: row.name };
    Ok(Some(SignedIn {
        session: SessionId(row.session),
        seen_at: Timestamp(row.seen_at),
        actor: Actor { who, role: role(&row.role)?, origin: None, session: Some(SessionId(row.session)) },
    }))
}

pub(super) fn seen(id: SessionId, now: Timestamp, expires: Timestamp) -> Query {
    sql(SEEN).bind(id).bind(now).bind(expires)
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id: Uuid,
    account_id: Uuid,
    agent: String,
    created_at: i64,
    seen_at: i64,
    expires_at: i64,
}

pub(super) async fn sessions(conn: &mut Conn, of: UserId, current: Option<SessionId>, now: Timestamp) -> Result<Vec<Session>> {
    let rows = conn.all::<SessionRow>(sql(SESSIONS_OF).bind(of).bind(now)).await?;
    let session = |row: SessionRow| Session {
        id: SessionId(row.id),
        user_id: UserId(row.account_id),
        agent: row.agent,
        created_at: Timestamp(row.created_at),
        seen_at: Timestamp(row.seen_at),
        expires_at: Timestamp(row.expires_at),
        current: current == Some(SessionId(row.id)),
    };
    Ok(rows.into_iter().map(session).collect())
}

pub(super) fn end_by_token(token: [u8; 32]) -> Query {
    sql(END_BY_TOKEN).bind(token)
}

pub(super) fn end_by_id(id: SessionId, of: UserId) -> Query {
    sql(END_BY_ID).bind(id).bind(of)
}

pub(super) fn sweep(now: Timestamp) -> Query {
    sql(SWEEP).bind(now)
}

pub(super) async fn insert_key(tx: &mut Tx, key: &ApiKey, hash: [u8; 32]) -> Result<()> {
    let query = sql(INSERT_KEY)
        .bind(key.id)
        .bind(key.name.as_str())
        .bind(key.role.as_str())
        .bind(key.prefix.as_str())
        .bind(hash)
        .bind(key.created_at);
    tx.run_one(query).await
}

pub(super) async fn key_actor(conn: &mut Conn, hash: [u8; 32]) -> Result<Option<Actor>> {
    let row = conn.optional::<(Uuid, String, String)>(sql(KEY_BY_HASH).bind(hash)).await?;
    row.map(|(id, name, text)| Ok(Actor { who: ActorRef::Key { id: ApiKeyId(id), name }, role: role(&text)?, origin: None, session: None }))
        .transpose()
}

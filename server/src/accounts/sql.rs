//! Statements about accounts and sessions. Password hashes leave this file only for a check.

use crate::store::{Conn, Query, Sql, Tx, sql};
use domain::{
    Actor, ActorRef, Error, Result, Role, SessionId, Timestamp, UserId,
    accounts::{Session, User},
};
use uuid::Uuid;

crate::store::bind_ids!(domain::UserId, domain::SessionId, domain::ApiKeyId);

/// The columns of an `AccountRow`.
macro_rules! account_columns {
    () => {
        "id, revision, email, name, role, password, created_at, password_at, link_until, signed_out_at, deactivated_at, time_zone"
    };
}

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[
    LOCK,
    IS_USED,
    same(END_SETUP),
    same(BY_EMAIL),
    same(BY_ID),
    same(BY_LINK),
    same(ALL),
    same(ADMINS),
    same(INSERT),
    same(RENEW_HASH),
    same(UPDATE),
    same(SET_PASSWORD),
    same(SET_LINK),
    STILL_OPENS,
    same(SET_EMAIL),
    same(INSERT_SESSION),
    same(SESSION_BY_TOKEN),
    same(SEEN),
    same(SESSIONS_OF),
    same(END_BY_TOKEN),
    same(END_BY_ID),
    same(END_OF),
    END_UNUSED,
    same(SWEEP),
];

const fn same(text: &'static str) -> Sql {
    Sql { sqlite: text, postgres: text }
}

/// Serialises changes of accounts, some of which count administrators. SQLite has one writer anyway.
const LOCK: Sql = Sql { sqlite: "SELECT 1", postgres: "SELECT pg_advisory_xact_lock(7307499)" };
/// Whether an account, an API key, or a change of leads after number $1 by anyone but the guest exists; and the last number.
const IS_USED: Sql = Sql {
    sqlite: "
SELECT CASE WHEN EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM api_key)
              OR EXISTS (SELECT 1 FROM change WHERE seq > $1 AND entity IN ('lead', 'set') AND json_extract(who, '$.kind') <> 'guest')
       THEN 1 ELSE 0 END,
       (SELECT MAX(seq) FROM change)",
    postgres: "
SELECT CASE WHEN EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM api_key)
              OR EXISTS (SELECT 1 FROM change WHERE seq > $1  AND entity IN ('lead', 'set') AND who ->> 'kind' <> 'guest')
              OR EXISTS (SELECT 1 FROM change WHERE seq IS NULL AND entity IN ('lead', 'set') AND who ->> 'kind' <> 'guest')
       THEN 1 ELSE 0 END,
       (SELECT MAX(seq) FROM change)",
};
const END_SETUP: &str = "DELETE FROM meta WHERE key = 'setup_token'";
const BY_EMAIL: &str = concat!("SELECT ", account_columns!(), " FROM account WHERE email = $1");
const BY_ID: &str = concat!("SELECT ", account_columns!(), " FROM account WHERE id = $1");
const BY_LINK: &str =
    concat!("SELECT ", account_columns!(), " FROM account WHERE link = $1 AND link_until > $2 AND deactivated_at IS NULL");
const ALL: &str = concat!("SELECT ", account_columns!(), " FROM account ORDER BY id");
/// Administrators who can sign in.
const ADMINS: &str = "SELECT COUNT(*) FROM account WHERE role = 'admin' AND id <> $1 AND deactivated_at IS NULL AND password <> ''";
const INSERT: &str = "
INSERT INTO account (id, revision, email, name, role, password, created_at, password_at)
VALUES              ($1, $2,       $3,    $4,   $5,   $6,       $7,         $8)
ON CONFLICT (email) DO NOTHING";
/// Unless the password was changed meanwhile.
const RENEW_HASH: &str = "UPDATE account SET password = $3 WHERE id = $1 AND password = $2";
const UPDATE: &str = "
UPDATE account
SET    revision = $2, name = $3, role = $4, password_at = $5, link_until = $6, signed_out_at = $7, deactivated_at = $8,
       time_zone = $9
WHERE  id = $1";
const SET_PASSWORD: &str = "UPDATE account SET password = $2 WHERE id = $1";
const SET_LINK: &str = "UPDATE account SET link = $2 WHERE id = $1";
/// Locked until the transaction ends, so that no session begins while a change ends all sessions.
const STILL_OPENS: Sql = Sql {
    sqlite: "SELECT id FROM account WHERE id = $1 AND password = $2 AND deactivated_at IS NULL",
    postgres: "SELECT id FROM account WHERE id = $1 AND password = $2 AND deactivated_at IS NULL FOR NO KEY UPDATE",
};
const SET_EMAIL: &str = "UPDATE account SET email = $2, revision = revision + 1 WHERE id = $1";

const INSERT_SESSION: &str = "
INSERT INTO session (id, account_id, token, agent, created_at, seen_at, expires_at)
VALUES              ($1, $2,         $3,    $4,    $5,         $6,      $7)";
const SESSION_BY_TOKEN: &str = "
SELECT session.id AS session, session.seen_at, account.id AS account, account.name, account.role, account.time_zone
FROM   session JOIN account ON account.id = session.account_id
WHERE  session.token = $1 AND session.expires_at > $2 AND account.deactivated_at IS NULL";
const SEEN: &str = "UPDATE session SET seen_at = $2, expires_at = $3 WHERE id = $1 AND seen_at < $2";
const SESSIONS_OF: &str = "
SELECT   id, account_id, agent, created_at, seen_at, expires_at
FROM     session
WHERE    account_id = $1 AND expires_at > $2
ORDER BY seen_at DESC, id DESC";
const END_BY_TOKEN: &str = "DELETE FROM session WHERE token = $1";
const END_BY_ID: &str = "DELETE FROM session WHERE id = $1 AND account_id = $2";
/// All sessions of one account except one.
const END_OF: &str = "DELETE FROM session WHERE account_id = $1 AND id <> $2";
/// A person's sessions except session $2 and the $3 others that were used last.
const END_UNUSED: Sql = Sql {
    sqlite: "
DELETE FROM session
WHERE  id IN (SELECT id FROM session WHERE account_id = $1 AND id <> $2 ORDER BY seen_at DESC, id DESC LIMIT -1 OFFSET $3)",
    postgres: "
DELETE FROM session
WHERE  id IN (SELECT id FROM session WHERE account_id = $1 AND id <> $2 ORDER BY seen_at DESC, id DESC OFFSET $3)",
};
const SWEEP: &str = "DELETE FROM session WHERE expires_at <= $1";

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: Uuid,
    revision: i64,
    email: String,
    name: String,
    role: String,
    password: String,
    created_at: i64,
    password_at: Option<i64>,
    link_until: Option<i64>,
    signed_out_at: Option<i64>,
    deactivated_at: Option<i64>,
    time_zone: Option<String>,
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
            password_at: self.password_at.map(Timestamp),
            link_until: self.link_until.map(Timestamp),
            signed_out_at: self.signed_out_at.map(Timestamp),
            deactivated_at: self.deactivated_at.map(Timestamp),
            time_zone: self.time_zone,
        })
    }
}

pub(super) fn role(text: &str) -> Result<Role> {
    text.parse().map_err(|_| {
        tracing::error!(role = text, "an unknown role in the database");
        Error::Internal
    })
}

pub(super) async fn lock(tx: &mut Tx) -> Result<()> {
    tx.run(sql(LOCK)).await.map(drop)
}

/// Whether someone uses this installation, whose changes up to `guests` are all the guest's; otherwise the number up to which they are now.
pub(super) async fn is_used(conn: &mut Conn, guests: i64) -> Result<Option<i64>> {
    let (used, last) = conn.one::<(i32, Option<i64>)>(sql(IS_USED).bind(guests)).await?;
    Ok((used == 0).then(|| last.unwrap_or_default()))
}

/// Removes the setup token.
pub(super) async fn end_setup(tx: &mut Tx) -> Result<()> {
    tx.run(sql(END_SETUP)).await.map(drop)
}

/// The user and the stored hash.
pub(crate) async fn by_email(conn: &mut Conn, email: &str) -> Result<Option<(User, String)>> {
    let Some(mut row) = conn.optional::<AccountRow>(sql(BY_EMAIL).bind(email)).await? else { return Ok(None) };
    let password = std::mem::take(&mut row.password);
    Ok(Some((row.user()?, password)))
}

pub(super) async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    conn.optional::<AccountRow>(sql(BY_ID).bind(id)).await?.map(AccountRow::user).transpose()
}

/// The stored hash of an account that is not deactivated.
pub(super) async fn password_of(conn: &mut Conn, id: UserId) -> Result<Option<String>> {
    let row = conn.optional::<AccountRow>(sql(BY_ID).bind(id)).await?;
    Ok(row.filter(|row| row.deactivated_at.is_none()).map(|row| row.password))
}

/// The account of a valid link.
pub(super) async fn by_link(conn: &mut Conn, token: [u8; 32], now: Timestamp) -> Result<Option<User>> {
    conn.optional::<AccountRow>(sql(BY_LINK).bind(token).bind(now)).await?.map(AccountRow::user).transpose()
}

pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<User>> {
    conn.all::<AccountRow>(sql(ALL)).await?.into_iter().map(AccountRow::user).collect()
}

/// Whether another active administrator exists.
pub(super) async fn other_admins(conn: &mut Conn, id: UserId) -> Result<bool> {
    Ok(conn.one::<(i64,)>(sql(ADMINS).bind(id)).await?.0 > 0)
}

/// `false` when the e-mail is taken.
pub(crate) async fn insert(tx: &mut Tx, user: &User, password: &str) -> Result<bool> {
    let query = sql(INSERT)
        .bind(user.id)
        .bind(user.revision)
        .bind(user.email.as_str())
        .bind(user.name.as_str())
        .bind(user.role.as_str())
        .bind(password)
        .bind(user.created_at)
        .bind(user.password_at);
    Ok(tx.run(query).await? == 1)
}

/// Updates the account except its e-mail and secrets.
pub(super) async fn update(tx: &mut Tx, user: &User) -> Result<()> {
    let query = sql(UPDATE)
        .bind(user.id)
        .bind(user.revision)
        .bind(user.name.as_str())
        .bind(user.role.as_str())
        .bind(user.password_at)
        .bind(user.link_until)
        .bind(user.signed_out_at)
        .bind(user.deactivated_at)
        .bind(user.time_zone.as_deref());
    tx.run_one(query).await
}

pub(super) async fn set_password(tx: &mut Tx, id: UserId, password: &str) -> Result<()> {
    tx.run_one(sql(SET_PASSWORD).bind(id).bind(password)).await
}

/// Stores the hash of a link's token, or removes it.
pub(super) async fn set_link(tx: &mut Tx, id: UserId, link: Option<[u8; 32]>) -> Result<()> {
    tx.run_one(sql(SET_LINK).bind(id).bind(link)).await
}

/// Whether the stored hash is still the one just verified, and the account is active.
pub(super) async fn still_opens(tx: &mut Tx, id: UserId, password: &str) -> Result<bool> {
    Ok(tx.optional::<(Uuid,)>(sql(STILL_OPENS).bind(id).bind(password)).await?.is_some())
}

pub(crate) async fn set_email(tx: &mut Tx, id: UserId, email: &str) -> Result<()> {
    tx.run_one(sql(SET_EMAIL).bind(id).bind(email)).await
}

/// Stores a new hash of the same password.
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
    time_zone: Option<String>,
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
        actor: Actor { who, role: role(&row.role)?, session: Some(SessionId(row.session)), time_zone: row.time_zone, ..Actor::system() },
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

/// Ends all sessions of one account except `but`. No session has the nil id.
pub(super) fn end_of(of: UserId, but: Option<SessionId>) -> Query {
    sql(END_OF).bind(of).bind(but.unwrap_or(SessionId(Uuid::nil())))
}

/// Ends a person's sessions except `but` and the `others` that were used last.
pub(super) fn end_unused(of: UserId, but: SessionId, others: i64) -> Query {
    sql(END_UNUSED).bind(of).bind(but).bind(others)
}

pub(super) fn sweep(now: Timestamp) -> Query {
    sql(SWEEP).bind(now)
}

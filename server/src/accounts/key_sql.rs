//! Statements about API keys.

use super::sql::role;
use crate::store::{Conn, Query, Sql, Tx, sql};
use domain::{Actor, ActorRef, ApiKeyId, Result, Role, Timestamp, accounts::ApiKey};
use uuid::Uuid;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] =
    &[Sql::same(INSERT), Sql::same(ALL), Sql::same(DELETE), Sql::same(BY_HASH), Sql::same(ROLE), Sql::same(USED)];

macro_rules! key_columns {
    () => {
        "id, name, role, prefix, created_at, expires_at, used_at"
    };
}

const INSERT: &str = "
INSERT INTO api_key (id, name, role, prefix, key, created_at, expires_at)
VALUES              ($1, $2,   $3,   $4,     $5,  $6,         $7)";
const ALL: &str = concat!("SELECT ", key_columns!(), " FROM api_key ORDER BY id DESC");
const DELETE: &str = concat!("DELETE FROM api_key WHERE id = $1 RETURNING ", key_columns!());
const BY_HASH: &str = concat!("SELECT ", key_columns!(), " FROM api_key WHERE key = $1 AND (expires_at IS NULL OR expires_at > $2)");
const ROLE: &str = "SELECT role FROM api_key WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)";
/// Nodes do not share `used_at` in memory; the condition lets only the first in a minute write.
const USED: &str = "UPDATE api_key SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at <= $3)";

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    name: String,
    role: String,
    prefix: String,
    created_at: i64,
    expires_at: Option<i64>,
    used_at: Option<i64>,
}

impl KeyRow {
    fn key(self) -> Result<ApiKey> {
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            name: self.name,
            role: role(&self.role)?,
            prefix: self.prefix,
            created_at: Timestamp(self.created_at),
            expires_at: self.expires_at.map(Timestamp),
            used_at: self.used_at.map(Timestamp),
        })
    }
}

pub(super) async fn insert(tx: &mut Tx, key: &ApiKey, hash: [u8; 32]) -> Result<()> {
    let query = sql(INSERT)
        .bind(key.id)
        .bind(key.name.as_str())
        .bind(key.role.as_str())
        .bind(key.prefix.as_str())
        .bind(hash)
        .bind(key.created_at)
        .bind(key.expires_at);
    tx.run_one(query).await
}

pub(super) async fn all(conn: &mut Conn) -> Result<Vec<ApiKey>> {
    conn.all::<KeyRow>(sql(ALL)).await?.into_iter().map(KeyRow::key).collect()
}

/// Deletes the key and returns it.
pub(super) async fn delete(tx: &mut Tx, id: ApiKeyId) -> Result<Option<ApiKey>> {
    tx.optional::<KeyRow>(sql(DELETE).bind(id)).await?.map(KeyRow::key).transpose()
}

/// The key and its actor. `None` when the key has expired.
pub(super) async fn by_hash(conn: &mut Conn, hash: [u8; 32], now: Timestamp) -> Result<Option<(ApiKey, Actor)>> {
    let Some(row) = conn.optional::<KeyRow>(sql(BY_HASH).bind(hash).bind(now)).await? else { return Ok(None) };
    let key = row.key()?;
    let who = ActorRef::Key { id: key.id, name: key.name.clone() };
    let actor = Actor { who, role: key.role, ..Actor::system() };
    Ok(Some((key, actor)))
}

/// The role of a key; `None` when it is revoked or has expired.
pub(super) async fn role_of(tx: &mut Tx, id: ApiKeyId, now: Timestamp) -> Result<Option<Role>> {
    tx.optional::<(String,)>(sql(ROLE).bind(id).bind(now)).await?.map(|(text,)| role(&text)).transpose()
}

/// Sets `used_at`, unless it is already later than `before`.
pub(super) fn used(id: ApiKeyId, now: Timestamp, before: Timestamp) -> Query {
    sql(USED).bind(id).bind(now).bind(before)
}

//! API keys: create, list, revoke, and the time of last use.

use super::{Accounts, SEEN_EVERY, key_sql, token};
use domain::{
    Actor, ApiKeyId, Error, Permission, Record, Result, Timestamp,
    accounts::{ApiKey, NewKey, Secret},
};

impl Accounts {
    pub(super) async fn all_keys(&self, actor: &Actor) -> Result<Vec<ApiKey>> {
        actor.require(Permission::Administer)?;
        self.store.read(|conn| Box::pin(key_sql::all(conn))).await
    }

    pub(super) async fn make_key(&self, actor: &Actor, new: NewKey) -> Result<Secret<ApiKey>> {
        actor.require(Permission::Administer)?;
        // A key outlives the session that made it.
        actor.require_confirmed()?;
        let NewKey { name, role, days } = new.check()?;
        let random = self.store.clock.secret();
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let (id, now) = (tx.new_id(), tx.now());
                    let (secret, prefix) = token::key(&random, id);
                    let expires_at = days.map(|days| now.plus_days(i64::from(days)));
                    let key = ApiKey { id: ApiKeyId(id), name, role, prefix, created_at: now, expires_at, used_at: None };
                    key_sql::insert(tx, &key, token::hash(&secret)).await?;
                    tx.created(Record::ApiKey(key.clone()));
                    Ok(Secret { secret, of: key })
                })
            })
            .await
    }

    pub(super) async fn end_key(&self, actor: &Actor, id: ApiKeyId) -> Result<()> {
        actor.require(Permission::Administer)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let key = key_sql::delete(tx, id).await?.ok_or_else(|| Error::not_found("Key", id))?;
                    tx.deleted(Record::ApiKey(key));
                    Ok(())
                })
            })
            .await?;
        self.changed();
        Ok(())
    }

    /// The actor of an API key.
    pub(super) async fn program(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<Actor>> {
        let Some((key, actor)) = self.store.read(move |conn| Box::pin(key_sql::by_hash(conn, hash, now))).await? else { return Ok(None) };
        let before = Timestamp(now.0 - SEEN_EVERY);
        if key.used_at.is_none_or(|at| at <= before) {
            self.uses.note(key.id.0, key_sql::used(key.id, now, before));
        }
        Ok(Some(actor))
    }
}

//! Values that an installation stores about itself, by name: secrets that are generated once, and how far its own work is.

use super::{Conn, Store, Tx, Work, sql};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Actor, Error, Result};

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[&str] = &[READ, KEEP, SET];

const READ: &str = "SELECT value FROM meta WHERE key = $1";
const KEEP: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
const SET: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/// # Errors
/// Errors of the database.
pub async fn read(conn: &mut Conn, name: &'static str) -> Result<Option<String>> {
    Ok(conn.optional::<(String,)>(sql(READ).bind(name)).await?.map(|(value,)| value))
}

/// # Errors
/// Errors of the database.
pub async fn set(tx: &mut Tx, name: &'static str, value: &str) -> Result<()> {
    tx.run_one(sql(SET).bind(name).bind(value)).await
}

impl Store {
    /// 256 random bits as base64url, generated at the first call. All nodes on one database share them.
    pub async fn secret(&self, name: &'static str) -> Result<String> {
        if let Some(kept) = self.read(move |conn| -> Work<'_, _> { Box::pin(read(conn, name)) }).await? {
            return Ok(kept);
        }
        let drawn = URL_SAFE_NO_PAD.encode(self.clock.secret());
        self.write(&Actor::system(), move |tx| {
            Box::pin(async move {
                // If another node was faster, its secret is kept.
                tx.run(sql(KEEP).bind(name).bind(drawn.as_str())).await?;
                read(tx.conn(), name).await?.ok_or(Error::Internal)
            })
        })
        .await
    }
}

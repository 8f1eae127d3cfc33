//! The lock of all that decides together whether enrollments count: which leads, campaigns and enrollments exist.

use super::{
    sql::{Sql, sql},
    tx::Tx,
};
use domain::Result;

/// One key for all of the product. SQLite has one writer and needs no lock.
const LOCK: &str = "SELECT 1 FROM pg_advisory_xact_lock(7812733440310603877)";

/// Proof that the transaction holds the lock, until its end.
///
/// Rows that are deleted, or not there yet, cannot be locked. So whatever deletes or restores leads or campaigns, or takes out or puts back
/// enrollments, comes one after the other. Lock order: the job, then this, then leads, then campaigns.
#[derive(Debug, Clone, Copy)]
pub struct Existence(());

impl Existence {
    /// Waits for the lock. Call it before the reads that decide what to write: each later statement sees all that was committed before.
    ///
    /// # Errors
    /// `Unavailable` when others hold the lock for too long.
    pub async fn lock(tx: &mut Tx) -> Result<Self> {
        if tx.conn().is_postgres() {
            tx.run(sql(Sql::same(LOCK))).await?;
        }
        Ok(Self(()))
    }
}

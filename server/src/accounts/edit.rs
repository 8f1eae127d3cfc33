//! Reads, changes and records one account. All account changes share one lock: they are rare, and some count administrators.

use super::sql;
use crate::store::Tx;
use domain::{Error, Record, Result, Role, UserId, accounts::User};

/// The account, locked until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, id: UserId) -> Result<User> {
    sql::lock(tx).await?;
    sql::by_id(tx.conn(), id).await?.ok_or_else(|| Error::not_found("User", id))
}

/// Writes `after` as the next revision, and records the change.
pub(super) async fn put(tx: &mut Tx, before: User, after: User) -> Result<User> {
    let after = User { revision: before.revision + 1, ..after };
    sql::update(tx, &after).await?;
    tx.updated(Record::User(before), Record::User(after.clone()));
    Ok(after)
}

/// Rejects a change that would leave no administrator.
pub(super) async fn not_the_last(tx: &mut Tx, user: &User) -> Result<()> {
    if user.role == Role::Admin && !sql::other_admins(tx.conn(), user.id).await? {
        return Err(Error::Conflict("This is the last administrator; make someone else an administrator first".to_owned()));
    }
    Ok(())
}

//! The rights that an actor has now, for work that goes on after its request.

use super::{key_sql, sql};
use crate::store::Tx;
use domain::{Actor, ActorRef, Result};

/// The transaction's actor with the role that it has now; `None` when its access has ended.
///
/// # Errors
/// Errors of the database.
pub async fn actor_now(tx: &mut Tx) -> Result<Option<Actor>> {
    let (actor, now) = (tx.actor().clone(), tx.now());
    let role = match actor.who {
        // Accounts are deactivated and never deleted.
        ActorRef::User { id, .. } => match sql::by_id(tx.conn(), id).await? {
            Some(user) => user.is_active().then_some(user.role),
            None => Some(actor.role),
        },
        ActorRef::Key { id, .. } => key_sql::role_of(tx, id, now).await?,
        ActorRef::Guest => Some(Actor::guest().role),
        ActorRef::System => Some(actor.role),
    };
    Ok(role.map(|role| Actor { role, ..actor }))
}

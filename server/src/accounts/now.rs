//! The rights that an actor has now, for work that goes on after its request.

use super::{key_sql, sql};
use crate::store::Tx;
use domain::{Actor, ActorRef, Result, accounts::User};

/// The transaction's actor with the role that it has now; `None` when its access has ended.
///
/// # Errors
/// Errors of the database.
pub async fn actor_now(tx: &mut Tx) -> Result<Option<Actor>> {
    let (actor, now) = (tx.actor().clone(), tx.now());
    let role = match actor.who {
        // Nobody has an account that is not there: the database was restored from a copy that is older than it.
        ActorRef::User { id, .. } => sql::by_id(tx.conn(), id).await?.filter(User::is_active).map(|user| user.role),
        ActorRef::Key { id, .. } => key_sql::role_of(tx, id, now).await?,
        ActorRef::Guest => Some(Actor::guest().role),
        ActorRef::System => Some(actor.role),
    };
    Ok(role.map(|role| Actor { role, ..actor }))
}

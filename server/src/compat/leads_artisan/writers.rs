//! Who wrote a change, as the sockets name them.

use crate::clock::SharedClock;
use domain::{Actor, ActorRef, Change, Origin};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Most `user_id`s that are kept until their changes are sent.
const KEPT: usize = 1_000;

/// The `user_id` of each recent write through this contract, by the `Origin` of its change. Other nodes do not have it, and name the account.
pub struct Writers {
    clock: SharedClock,
    kept: Mutex<VecDeque<(Origin, String)>>,
}

impl Writers {
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Origin, String)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The actor of a write with this `user_id`.
    pub fn sign(&self, actor: Actor, user_id: Option<String>) -> Actor {
        let Some(user_id) = user_id else { return actor };
        let origin = Origin(self.clock.id());
        let mut kept = self.kept();
        kept.truncate(KEPT - 1);
        kept.push_front((origin, user_id));
        actor.with_origin(Some(origin))
    }

    /// The `user_id` of the change, or its account.
    pub fn of(&self, change: &Change) -> String {
        let kept = self.kept();
        let sent = kept.iter().find(|(origin, _)| Some(*origin) == change.origin).map(|(_, user_id)| user_id.clone());
        sent.unwrap_or_else(|| match &change.who {
            ActorRef::User { id, .. } => id.to_string(),
            ActorRef::Key { id, .. } => id.to_string(),
            ActorRef::Guest => "guest".to_owned(),
            ActorRef::System => "system".to_owned(),
        })
    }
}

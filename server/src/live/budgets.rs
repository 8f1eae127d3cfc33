//! What beginning subscriptions costs. Each is checked, compiled and counted, and the changes since the client's snapshot are read and
//! evaluated, also when it ends at once, so that a requester who subscribes and unsubscribes in turn would take the time of all.

use super::{load::OWN_COMPARISONS, replay::REPLAY_MAX};
use crate::{
    store::Requester,
    token_bucket::{Rate, TokenBucket},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// In comparisons: eight times what one requester may watch, as after a restart, when all of their windows subscribe again; then 1,000 per
/// second.
const SUBSCRIPTIONS: Rate = Rate { most: 8 * OWN_COMPARISONS as u32, each: Duration::from_millis(1) };
/// In changes: forty of the longest replays, as when windows wake up after hours; then 1,000 per second.
const REPLAYS: Rate = Rate { most: 40 * REPLAY_MAX as u32, each: Duration::from_millis(1) };

/// Budgets of one kind, of requesters who spent something lately.
struct Kind {
    rate: Rate,
    buckets: Mutex<HashMap<Requester, TokenBucket>>,
}

pub(super) struct Budgets {
    subscriptions: Kind,
    replays: Kind,
}

impl Default for Budgets {
    fn default() -> Self {
        let kind = |rate| Kind { rate, buckets: Mutex::default() };
        Self { subscriptions: kind(SUBSCRIPTIONS), replays: kind(REPLAYS) }
    }
}

impl Budgets {
    /// A subscription of this many comparisons. `false` when there is too little left.
    pub(super) fn afford(&self, requester: Requester, comparisons: usize) -> bool {
        self.subscriptions.afford(requester, u32::try_from(comparisons).unwrap_or(u32::MAX))
    }

    /// A replay of this many changes. `false` when there is too little left.
    pub(super) fn afford_replay(&self, requester: Requester, changes: i64) -> bool {
        self.replays.afford(requester, u32::try_from(changes).unwrap_or(u32::MAX))
    }
}

impl Kind {
    fn afford(&self, requester: Requester, cost: u32) -> bool {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(&requester) {
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        buckets.entry(requester).or_insert_with(|| TokenBucket::new(self.rate, now)).spend(cost, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Actor, ActorRef};

    #[test]
    fn replays_of_one_do_not_take_from_another() {
        let budgets = Budgets::default();
        let (one, other) = (Requester::from(&Actor::system()), Requester::from(&Actor { who: ActorRef::Guest, ..Actor::system() }));
        assert!((0..40).all(|_| budgets.afford_replay(one, REPLAY_MAX)));
        assert!(!budgets.afford_replay(one, REPLAY_MAX));
        assert!(budgets.afford_replay(other, REPLAY_MAX) && budgets.afford(one, OWN_COMPARISONS));
    }
}

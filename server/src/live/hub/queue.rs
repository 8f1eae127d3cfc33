//! Fair queue of counts: at most 2 run at once, at most one per requester, round robin between requesters.

use crate::store::Requester;
use std::collections::{HashMap, VecDeque};

/// Concurrent counts; few, because first pages need the readers more.
const RUNNING: usize = 2;
/// Maximum queued counts per requester. The hub queues the others again a second later.
const WAITING: usize = 128;

#[derive(Default)]
pub(super) struct CountQueue {
    /// Askers with queued counts, in round-robin order.
    order: VecDeque<Requester>,
    /// Queued queries, by the hub's id.
    waiting: HashMap<Requester, VecDeque<u64>>,
    running: Vec<Requester>,
}

impl CountQueue {
    /// Queues a query once per requester.
    pub(super) fn push(&mut self, requester: Requester, query: u64) {
        let waiting = self.waiting.entry(requester).or_default();
        if waiting.is_empty() {
            self.order.push_back(requester);
        }
        if waiting.len() < WAITING && !waiting.contains(&query) {
            waiting.push_back(query);
        }
    }

    /// The next requester and query to count. Holds a slot until `ended`.
    pub(super) fn next(&mut self) -> Option<(Requester, u64)> {
        if self.running.len() >= RUNNING {
            return None;
        }
        let at = self.order.iter().position(|requester| !self.running.contains(requester))?;
        let requester = self.order.remove(at)?;
        let waiting = self.waiting.get_mut(&requester)?;
        let query = waiting.pop_front()?;
        if waiting.is_empty() {
            self.waiting.remove(&requester);
        } else {
            self.order.push_back(requester);
        }
        self.running.push(requester);
        Some((requester, query))
    }

    pub(super) fn ended(&mut self, requester: Requester) {
        if let Some(at) = self.running.iter().position(|running| *running == requester) {
            self.running.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Actor, ActorRef, Role, UserId};
    use uuid::Uuid;

    fn requester(n: u128) -> Requester {
        let who = ActorRef::User { id: UserId(Uuid::from_u128(n)), name: String::new() };
        Requester::from(&Actor { who, role: Role::Viewer, ..Actor::system() })
    }

    #[test]
    fn nobody_waits_behind_all_of_anothers() {
        let mut queue = CountQueue::default();
        for query in 0..1_000 {
            queue.push(requester(1), query);
        }
        queue.push(requester(2), 5_000);
        queue.push(requester(2), 5_000);
        assert_eq!(queue.next(), Some((requester(1), 0)));
        assert_eq!(queue.next(), Some((requester(2), 5_000)));
        assert_eq!(queue.next(), None, "two run");
        queue.ended(requester(2));
        assert_eq!(queue.next(), None, "one of each");
        queue.ended(requester(1));
        for query in 1..WAITING as u64 {
            assert_eq!(queue.next(), Some((requester(1), query)));
            queue.ended(requester(1));
        }
        assert_eq!(queue.next(), None);
        assert!(queue.waiting.is_empty() && queue.order.is_empty() && queue.running.is_empty());
    }
}

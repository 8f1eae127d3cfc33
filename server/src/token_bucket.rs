//! Token buckets: what a client may ask for in a burst, and from then on.

use std::time::Duration;
use tokio::time::Instant;

pub struct TokenBucket {
    rate: Rate,
    left: u32,
    /// Tokens were added up to this time.
    since: Instant,
}

/// The size of a bucket, and the time in which one token is added.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub most: u32,
    pub each: Duration,
}

impl Rate {
    /// The messages of one socket: a burst of 1,000, then 50 per second. A click sends a few, never thousands.
    pub const MESSAGES: Self = Self { most: 1_000, each: Duration::from_millis(20) };
}

impl TokenBucket {
    #[must_use]
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, left: rate.most, since: now }
    }

    fn grow(&mut self, now: Instant) {
        let Rate { most, each } = self.rate;
        let grown = (now.duration_since(self.since).as_millis() / each.as_millis()).min(u128::from(most)) as u32;
        self.since = if grown == most { now } else { self.since + each * grown };
        self.left = self.left.saturating_add(grown).min(most);
    }

    /// Takes `cost` tokens. `false` when there are fewer.
    pub fn spend(&mut self, cost: u32, now: Instant) -> bool {
        self.grow(now);
        let Some(left) = self.left.checked_sub(cost) else { return false };
        self.left = left;
        true
    }

    /// Nothing is missing: it is as good as a new one.
    pub fn is_full(&mut self, now: Instant) -> bool {
        self.grow(now);
        self.left == self.rate.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_used_up_and_grows_again() {
        let Rate { most, each } = Rate::MESSAGES;
        let start = Instant::now();
        let mut budget = TokenBucket::new(Rate::MESSAGES, start);
        assert!((0..most).all(|_| budget.spend(1, start)));
        assert!(!budget.spend(1, start + each / 2));
        assert!(budget.spend(1, start + each));
        assert!(!budget.spend(1, start + each + each / 2));
        assert!(budget.spend(1, start + each * 2));
        let later = start + Duration::from_hours(1);
        assert!((0..most).all(|_| budget.spend(1, later)));
        assert!(!budget.spend(1, later) && !budget.is_full(later));
        let later = later + each * 3;
        assert!(!budget.spend(4, later), "all or nothing");
        assert!(budget.spend(3, later) && budget.is_full(later + each * most));
    }
}

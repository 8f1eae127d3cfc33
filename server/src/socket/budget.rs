//! Token bucket for the messages of one socket. A click sends a few, never thousands.

use std::time::Duration;
use tokio::time::Instant;

/// Bucket size: 1,000 messages.
const MOST: u32 = 1_000;
/// One token per 20 ms (50 messages per second).
const EACH: Duration = Duration::from_millis(20);

pub struct TokenBucket {
    left: u32,
    /// Tokens were added up to this time.
    since: Instant,
}

impl TokenBucket {
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { left: MOST, since: now }
    }

    /// Takes one token. `false` when there is none.
    pub fn spend(&mut self, now: Instant) -> bool {
        let grown = (now.duration_since(self.since).as_millis() / EACH.as_millis()).min(u128::from(MOST)) as u32;
        self.since = if grown == MOST { now } else { self.since + EACH * grown };
        self.left = self.left.saturating_add(grown).min(MOST);
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_used_up_and_grows_again() {
        let start = Instant::now();
        let mut budget = TokenBucket::new(start);
        assert!((0..MOST).all(|_| budget.spend(start)));
        assert!(!budget.spend(start + EACH / 2));
        assert!(budget.spend(start + EACH));
        assert!(!budget.spend(start + EACH + EACH / 2));
        assert!(budget.spend(start + EACH * 2));
        let later = start + Duration::from_hours(1);
        assert!((0..MOST).all(|_| budget.spend(later)));
        assert!(!budget.spend(later));
    }
}

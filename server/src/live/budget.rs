//! How many messages one socket may send: a handful at every click, and never thousands.

use std::time::Duration;
use tokio::time::Instant;

/// Messages at once.
const MOST: u32 = 1_000;
/// After this long there is room for one more.
const EACH: Duration = Duration::from_millis(20);

pub(super) struct Budget {
    left: u32,
    /// Room was added up to here.
    since: Instant,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: MOST, since: now }
    }

    /// False when it is used up.
    pub(super) fn spend(&mut self, now: Instant) -> bool {
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
        let mut budget = Budget::new(start);
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

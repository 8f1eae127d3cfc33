//! Interrupts a statement on SQLite when its time limit is over, or when its caller is gone.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// SQLite VM instructions between two calls of the progress handler: well below 1 ms, except for the slowest functions.
pub(super) const INSTRUCTIONS: i32 = 10_000;

/// The deadline of one connection, shared with its progress handler.
pub(super) struct Deadline {
    opened: Instant,
    /// Milliseconds since `opened` after which statements stop; 0 stops them at once.
    until: AtomicU64,
}

impl Deadline {
    pub(super) fn new() -> Self {
        Self { opened: Instant::now(), until: AtomicU64::new(0) }
    }

    /// Lets statements run for `time` from now.
    pub(super) fn release(&self, time: Duration) {
        let until = self.opened.elapsed().saturating_add(time).as_millis();
        self.until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Stops the running statement at the next call of the progress handler.
    pub(super) fn pull(&self) {
        self.until.store(0, Ordering::Relaxed);
    }

    /// Whether statements may continue; called by the progress handler.
    pub(super) fn may_continue(&self) -> bool {
        self.opened.elapsed().as_millis() < u128::from(self.until.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_until_released_and_again_once_pulled() {
        let brake = Deadline::new();
        assert!(!brake.may_continue());
        brake.release(Duration::from_mins(1));
        assert!(brake.may_continue());
        brake.release(Duration::MAX);
        assert!(brake.may_continue());
        brake.pull();
        assert!(!brake.may_continue());
        brake.release(Duration::ZERO);
        assert!(!brake.may_continue());
    }
}

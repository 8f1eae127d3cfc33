//! Whether committed changes get their numbers, as one node sees it. It compares no clocks: those of nodes and database may differ.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A change that has no number for this long means that the node that should number it stands still.
const STUCK: Duration = Duration::from_secs(10);

/// The oldest change without a `seq`, by its `pos`, and since when it has been that. Changes are numbered in this order.
#[derive(Clone, Default)]
pub(super) struct Backlog(Arc<Mutex<Option<(i64, Instant)>>>);

impl Backlog {
    pub(super) fn see(&self, oldest: Option<i64>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.map(|(pos, _)| pos) != oldest {
            *seen = oldest.map(|pos| (pos, Instant::now()));
        }
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|(_, since)| since.elapsed() >= STUCK)
    }
}

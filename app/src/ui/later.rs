//! What waits until one stops typing.

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use std::time::Duration;

/// Between the last letter and the question.
const PAUSE: Duration = Duration::from_millis(180);

/// Does the last of what it was asked to do, once nothing more was asked for a moment. Ends with its owner.
#[derive(Debug, Clone, Copy)]
pub struct Later(StoredValue<Option<TimeoutHandle>>);

impl Later {
    pub fn new() -> Self {
        let later = Self(StoredValue::new(None));
        on_cleanup(move || later.stop());
        later
    }

    pub fn run(self, act: impl FnOnce() + 'static) {
        self.stop();
        self.0.set_value(set_timeout_with_handle(act, PAUSE).ok());
    }

    pub fn stop(self) {
        if let Some(before) = self.0.try_get_value().flatten() {
            before.clear();
        }
    }
}

impl Default for Later {
    fn default() -> Self {
        Self::new()
    }
}

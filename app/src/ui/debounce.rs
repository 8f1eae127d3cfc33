//! Debounce for typing.

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use std::time::Duration;

/// Time between the last keystroke and the call.
const PAUSE: Duration = Duration::from_millis(180);

/// Debounce: runs the last of the given closures, after a pause without a new one. Stops with its owner.
#[derive(Debug, Clone, Copy)]
pub struct Debounce(StoredValue<Option<TimeoutHandle>>);

impl Debounce {
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

impl Default for Debounce {
    fn default() -> Self {
        Self::new()
    }
}

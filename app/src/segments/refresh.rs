//! Limits how often a page reads again what changed: once a second, after the first of the changes.

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy)]
pub struct Refresh(StoredValue<Option<TimeoutHandle>>);

impl Refresh {
    /// Stops with the current owner.
    pub fn new() -> Self {
        let waiting = StoredValue::new(None::<TimeoutHandle>);
        on_cleanup(move || {
            if let Some(timer) = waiting.try_get_value().flatten() {
                timer.clear();
            }
        });
        Self(waiting)
    }

    /// Calls `read` in a second, unless a call is already waiting.
    pub fn ask(self, read: impl FnOnce() + 'static) {
        if self.0.with_value(Option::is_some) {
            return;
        }
        let timer = set_timeout_with_handle(
            move || {
                self.0.try_set_value(None);
                read();
            },
            PAUSE,
        );
        self.0.set_value(timer.ok());
    }
}

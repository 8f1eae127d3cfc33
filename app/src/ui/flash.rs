//! A row that someone else changed is tinted once. Where too much changes at a time, nothing is.

use leptos::prelude::*;
use std::time::Duration;

const LASTS: Duration = Duration::from_millis(1_400);
/// More changes than this in a second, and none flashes.
const MOST: u32 = 20;

/// The second of the last flash, and how many it had.
#[derive(Debug, Clone, Copy)]
pub struct Flashes(StoredValue<(i64, u32)>);

impl Flashes {
    pub fn new() -> Self {
        Self(StoredValue::new((0, 0)))
    }

    /// Calls `on` now and `off` when it is over, or neither.
    pub fn flash(self, on: impl FnOnce(), off: impl FnOnce() + 'static) {
        let second = (js_sys::Date::now() / 1_000.0) as i64;
        let (last, count) = self.0.get_value();
        let count = if last == second { count + 1 } else { 1 };
        self.0.set_value((second, count));
        if count <= MOST {
            on();
            set_timeout(off, LASTS);
        }
    }
}

impl Default for Flashes {
    fn default() -> Self {
        Self::new()
    }
}

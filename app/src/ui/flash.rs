//! Tints a row once when someone else changed it, unless too many rows change.

use leptos::prelude::*;
use std::time::Duration;

const LASTS: Duration = Duration::from_millis(1_400);
/// Most flashes per second; further changes in that second do not flash.
const MOST: u32 = 20;

/// Second of the last flash, and the number of changes in it.
#[derive(Debug, Clone, Copy)]
pub struct Flashes(StoredValue<(i64, u32)>);

impl Flashes {
    pub fn new() -> Self {
        Self(StoredValue::new((0, 0)))
    }

    /// Calls `on` now and `off` after the flash, or neither.
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

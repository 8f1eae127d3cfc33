//! Where in the page an event began.

use wasm_bindgen::JsCast;

/// Whether the event's target, or what it is in, matches one of the selectors.
pub fn is_inside(event: &web_sys::Event, selectors: &str) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|target| target.closest(selectors).is_ok_and(|hit| hit.is_some()))
}

//! Finds the element in which an event began.

use wasm_bindgen::JsCast;

/// The event's target or its nearest ancestor that matches one of the selectors.
pub fn inside(event: &web_sys::Event, selectors: &str) -> Option<web_sys::Element> {
    event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()).and_then(|target| target.closest(selectors).ok().flatten())
}

pub fn is_inside(event: &web_sys::Event, selectors: &str) -> bool {
    inside(event, selectors).is_some()
}

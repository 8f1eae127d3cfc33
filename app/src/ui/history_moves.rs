//! Back and Forward: how far the browser moved in the history, so that the move can be taken back without losing any entry.
//! By the browser's Navigation API; where that is missing, distances are unknown.

use leptos::prelude::window;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::EventTarget;

thread_local! {
    static LAST: Cell<Option<Move>> = const { Cell::new(None) };
    /// The entry that the browser is on its way back to.
    static RETURN_TO: Cell<Option<i32>> = const { Cell::new(None) };
}

#[derive(Debug, Clone, Copy)]
struct Move {
    from: i32,
    to: i32,
}

/// Starts to watch, once for the page.
pub fn watch() {
    let Some(navigation) = navigation() else { return };
    let moved = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        LAST.set(get(&event, "from").zip(current()).and_then(|(from, to)| Some(Move { from: index(&from)?, to })));
    });
    _ = navigation.add_event_listener_with_callback("currententrychange", moved.into_js_value().unchecked_ref());
}

/// Takes the newest Back or Forward back, whose `popstate` is heard now. False where its distance is unknown.
pub fn take_back() -> bool {
    let Some(Move { from, to }) = LAST.get().filter(|last| last.from != last.to) else { return false };
    RETURN_TO.set(Some(from));
    go(from - to)
}

/// Whether this `popstate` belongs to a move that is being taken back.
pub fn is_returning() -> bool {
    let Some(home) = RETURN_TO.get() else { return false };
    match current() {
        // Pressed again in the meantime.
        Some(here) if here != home => _ = go(home - here),
        _ => RETURN_TO.set(None),
    }
    true
}

fn go(distance: i32) -> bool {
    window().history().and_then(|history| history.go_with_delta(distance)).is_ok()
}

fn navigation() -> Option<EventTarget> {
    get(&window(), "navigation")?.dyn_into().ok()
}

fn current() -> Option<i32> {
    let navigation = navigation()?;
    index(&get(&navigation, "currentEntry")?)
}

/// Where an entry stands in the history; none for one that is no longer in it.
fn index(entry: &JsValue) -> Option<i32> {
    get(entry, "index")?.as_f64().map(|index| index as i32).filter(|index| *index >= 0)
}

fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

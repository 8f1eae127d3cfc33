//! How far Back and Forward moved in the history, so that a move can be reversed without losing entries.
//! Uses the Navigation API; in browsers without it the distance is unknown.

use leptos::prelude::window;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::EventTarget;

thread_local! {
    static LAST: Cell<Option<Move>> = const { Cell::new(None) };
    /// Index of the entry that the browser is returning to.
    static RETURN_TO: Cell<Option<i32>> = const { Cell::new(None) };
}

#[derive(Debug, Clone, Copy)]
struct Move {
    from: i32,
    to: i32,
}

/// Starts to listen, once per page.
pub fn watch() {
    let Some(navigation) = navigation() else { return };
    let moved = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        LAST.set(get(&event, "from").zip(current()).and_then(|(from, to)| Some(Move { from: index(&from)?, to })));
    });
    _ = navigation.add_event_listener_with_callback("currententrychange", moved.into_js_value().unchecked_ref());
}

/// Reverses the Back or Forward whose `popstate` event is being handled. False if its distance is unknown.
pub fn reverse_move() -> bool {
    let Some(Move { from, to }) = LAST.get().filter(|last| last.from != last.to) else { return false };
    RETURN_TO.set(Some(from));
    go(from - to)
}

/// Whether this `popstate` belongs to the reversal of a move.
pub fn is_returning() -> bool {
    let Some(home) = RETURN_TO.get() else { return false };
    match current() {
        // Back or Forward was pressed again in the meantime.
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

/// Index of an entry in the history; `None` if the entry was removed.
fn index(entry: &JsValue) -> Option<i32> {
    get(entry, "index")?.as_f64().map(|index| index as i32).filter(|index| *index >= 0)
}

fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

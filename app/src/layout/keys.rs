//! Single-key shortcuts, outside fields. A page binds its keys while it is shown; the newest binding handles a key first.

use crate::ui::is_inside;
use leptos::{ev, prelude::*};
use std::sync::Arc;

/// A key as the browser names it (`j`, `J` with shift, `Enter`, `?`), and whether the press before it was `G`. There is no time limit: while
/// a page is being built, the browser may deliver both keys late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    pub after_g: bool,
}

impl Key {
    /// Ctrl K or ⌘ K.
    pub const PALETTE: &'static str = "palette";
}

type Handler = Arc<dyn Fn(&Key) -> bool + Send + Sync>;

#[derive(Debug, Clone, Copy)]
pub struct Keys {
    bound: StoredValue<Bound>,
    /// Whether single-key shortcuts are on; saved in this browser.
    single: RwSignal<bool>,
}

const OFF: &str = "single-keys-off";

#[derive(Default)]
struct Bound {
    next: u32,
    handlers: Vec<(u32, Handler)>,
    after_g: bool,
}

impl Keys {
    pub fn new() -> Self {
        Self { bound: StoredValue::new(Bound::default()), single: RwSignal::new(true) }
    }

    /// Binds `handle`, which returns whether it handled the key. Unbound when the current owner is cleaned up.
    pub fn bind(self, handle: impl Fn(&Key) -> bool + Send + Sync + 'static) {
        let id = self.bound.try_update_value(|bound| {
            bound.next += 1;
            bound.handlers.push((bound.next, Arc::new(handle)));
            bound.next
        });
        on_cleanup(move || {
            self.bound.try_update_value(|bound| bound.handlers.retain(|(one, _)| Some(*one) != id));
        });
    }

    pub fn single(self) -> bool {
        self.single.get()
    }

    pub fn set_single(self, on: bool) {
        self.single.set(on);
        if let Some(kept) = storage() {
            _ = if on { kept.remove_item(OFF) } else { kept.set_item(OFF, "1") };
        }
    }

    /// Starts to listen; called by the frame.
    pub fn listen(self) {
        Effect::new(move |_| {
            self.single.set(!storage().is_some_and(|kept| kept.get_item(OFF).is_ok_and(|off| off.is_some())));
            let listener = window_event_listener(ev::keydown, move |event| self.press(&event));
            // After a click the next key begins anew.
            let clicked = window_event_listener(ev::pointerdown, move |_| self.bound.update_value(|bound| bound.after_g = false));
            on_cleanup(move || {
                listener.remove();
                clicked.remove();
            });
        });
    }

    fn press(self, event: &web_sys::KeyboardEvent) {
        if event.default_prevented() || event.alt_key() || event.is_composing() {
            return;
        }
        let single = event.key().chars().count() == 1;
        let name = match event.ctrl_key() || event.meta_key() {
            // Works everywhere, also while typing.
            true if event.key() == "k" && !event.shift_key() => Key::PALETTE.to_owned(),
            false if !in_field(event) && (!single || self.single.get_untracked()) => event.key(),
            _ => return,
        };
        let after_g = self.bound.try_update_value(|bound| std::mem::replace(&mut bound.after_g, name == "g"));
        let key = Key { name, after_g: after_g.unwrap_or_default() };
        let handlers: Vec<Handler> = self
            .bound
            .try_with_value(|bound| bound.handlers.iter().rev().map(|(_, handler)| handler.clone()).collect())
            .unwrap_or_default();
        if handlers.iter().any(|handle| handle(&key)) {
            event.prevent_default();
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Whether the key belongs to the focused element, such as a field. Enter and Space also belong to a focused button or link.
fn in_field(event: &web_sys::KeyboardEvent) -> bool {
    // What has just closed keeps the focus until the next frame.
    if is_inside(event, "dialog:not([open]), [popover]:not(:popover-open)") {
        return false;
    }
    match event.key().as_str() {
        // The browser closes dialogs and popovers first.
        "Escape" => document().query_selector("dialog[open], :popover-open").is_ok_and(|hit| hit.is_some()),
        "Enter" | " " if is_inside(event, "a, button, summary, input") => true,
        _ => is_inside(event, "input:not([type=checkbox]), textarea, select, [contenteditable], dialog, [popover]"),
    }
}

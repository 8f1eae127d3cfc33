//! Asks before typed text is lost: one guard for all forms that post, whether a person leaves by link, by Back, or to another site.
//! Unsaved text is a field whose value differs from its default value, which the browser tracks.

use super::{history_moves, inside};
use leptos::{ev, prelude::*};
use leptos_router::NavigateOptions;
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{HtmlAnchorElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement};

const QUESTION: &str = "Leave without saving? Your changes on this page will be lost.";

thread_local! {
    static LISTENING: Cell<bool> = const { Cell::new(false) };
    /// A form is being submitted, which leaves the page.
    static SENT: Cell<bool> = const { Cell::new(false) };
    /// The person agreed to lose the typed text. Reset when more is typed.
    static AGREED: Cell<bool> = const { Cell::new(false) };
    /// Address of the page, without `#…`, where text was last typed.
    static TYPED_AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Whether the page may be left: nothing would be lost, or the person agrees.
pub fn may_leave() -> bool {
    if !AGREED.get() && has_typed_text() {
        AGREED.set(window().confirm_with_message(QUESTION).unwrap_or(true));
        return AGREED.get();
    }
    true
}

/// Navigates by a key or command. Links and Back have guards of their own.
pub fn leave_for(go: &impl Fn(&str, NavigateOptions), href: &str) {
    if may_leave() {
        go(href, NavigateOptions::default());
    }
}

/// Marks the fields of a form that stays open as saved.
pub fn typed_is_saved(form: &HtmlFormElement) {
    each_text(form, |field| match field {
        Text::Line(input) => input.set_default_value(&input.value()),
        Text::Area(area) => _ = area.set_default_value(&area.value()),
    });
}

enum Text {
    Line(HtmlInputElement),
    Area(HtmlTextAreaElement),
}

fn each_text(form: &HtmlFormElement, mut each: impl FnMut(Text)) {
    let Ok(fields) = form.query_selector_all("input, textarea") else { return };
    for at in 0..fields.length() {
        let Some(field) = fields.get(at) else { continue };
        match field.dyn_into::<HtmlInputElement>() {
            Ok(input) if !matches!(input.type_().as_str(), "hidden" | "password" | "checkbox" | "radio" | "file" | "submit") => {
                each(Text::Line(input));
            }
            Ok(_) => {}
            Err(field) => {
                if let Ok(area) = field.dyn_into() {
                    each(Text::Area(area));
                }
            }
        }
    }
}

/// Whether a visible form that posts has unsaved text; `data-unsaved` marks other unsaved input. Passwords do not count: browsers fill
/// them in.
pub fn has_typed_text() -> bool {
    let Ok(forms) = document().query_selector_all("form[method=post]") else { return false };
    (0..forms.length()).filter_map(|at| forms.get(at)?.dyn_into::<HtmlFormElement>().ok()).any(|form| {
        let mut typed = form.has_attribute("data-unsaved");
        each_text(&form, |field| {
            typed |= match field {
                Text::Line(input) => input.value() != input.default_value(),
                Text::Area(area) => area.default_value().is_ok_and(|start| area.value() != start),
            };
        });
        typed && form.get_client_rects().length() > 0
    })
}

/// Starts to listen, once per page. In the browser only.
pub fn guard_typed_text() {
    Effect::new(|_| {
        if LISTENING.replace(true) {
            return;
        }
        drop(window_event_listener(ev::input, |_| {
            SENT.set(false);
            AGREED.set(false);
            TYPED_AT.set(page());
        }));
        drop(window_event_listener(ev::submit, |event| SENT.set(!event.default_prevented())));
        drop(window_event_listener(ev::beforeunload, |event| {
            if !SENT.get() && has_typed_text() {
                event.prevent_default();
            }
        }));
        // Runs before the router's handler.
        capture("click", |event| {
            if leaves(event) && !may_leave() {
                event.prevent_default();
                event.stop_immediate_propagation();
            }
        });
    });
}

/// Starts to listen for Back and Forward, once per page. In the browser only, and before the router is created: listeners of `popstate`
/// run in the order in which they were added.
pub fn guard_history() {
    history_moves::watch();
    capture("popstate", |event| {
        let stays = TYPED_AT.with_borrow(|typed| *typed == page());
        if history_moves::is_returning() {
            event.stop_immediate_propagation();
        } else if !stays && !may_leave() {
            event.stop_immediate_propagation();
            // The distance is unknown: push a new entry, which drops the entries after it.
            if !history_moves::reverse_move()
                && let Ok(history) = window().history()
            {
                _ = TYPED_AT.with_borrow(|typed| history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(typed)));
            }
        }
    });
}

/// The page's path and query, without `#…`.
fn page() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Whether a click follows one of our links in the router, without loading a page.
fn leaves(event: &web_sys::Event) -> bool {
    let Some(mouse) = event.dyn_ref::<web_sys::MouseEvent>() else { return false };
    if mouse.button() != 0 || mouse.ctrl_key() || mouse.meta_key() || mouse.shift_key() || mouse.alt_key() {
        return false;
    }
    let Some(link) = inside(event, "a[href]").and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return false };
    let ours = window().location().origin().is_ok_and(|origin| origin == link.origin());
    let within_page = link.get_attribute("href").is_some_and(|href| href.starts_with('#'));
    ours && !within_page && link.target() != "_blank" && !link.has_attribute("download") && link.rel() != "external"
}

fn capture(name: &str, hear: impl Fn(&web_sys::Event) + 'static) {
    let hear = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| hear(&event)).into_js_value();
    _ = window().add_event_listener_with_callback_and_bool(name, hear.unchecked_ref(), true);
}

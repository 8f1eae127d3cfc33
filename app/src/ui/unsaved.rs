//! Asks before typed text is lost: one guard for every form that posts, whether the page is left by a link, by Back, or for another site.
//! What is typed and not sent is what differs from a field's default value, which the browser itself keeps.

use super::{history_moves, inside};
use leptos::{ev, prelude::*};
use leptos_router::NavigateOptions;
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{HtmlAnchorElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement};

const QUESTION: &str = "Leave without saving? What you typed on this page will be lost.";

thread_local! {
    static LISTENING: Cell<bool> = const { Cell::new(false) };
    /// A form leaves the page by being sent.
    static SENT: Cell<bool> = const { Cell::new(false) };
    /// The person agreed to lose what was typed; asked again once more is typed.
    static AGREED: Cell<bool> = const { Cell::new(false) };
    /// The page, without `#…`, where text was typed last.
    static TYPED_AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Whether the page may be left: nothing would be lost, or the person says so.
pub fn may_leave() -> bool {
    if !AGREED.get() && has_typed_text() {
        AGREED.set(window().confirm_with_message(QUESTION).unwrap_or(true));
        return AGREED.get();
    }
    true
}

/// Goes to another page by a key or a command: links and Back are asked about by themselves.
pub fn leave_for(go: &impl Fn(&str, NavigateOptions), href: &str) {
    if may_leave() {
        go(href, NavigateOptions::default());
    }
}

/// What stands in the fields of a form was saved, and the form stays.
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

/// In a form that posts and is on the screen; `data-unsaved` says it of what is no text. Passwords are typed again, and filled in by browsers.
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

/// Starts to listen, once for the page. In the browser only.
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
        // Before the router hears of it.
        capture("click", |event| {
            if leaves(event) && !may_leave() {
                event.prevent_default();
                event.stop_immediate_propagation();
            }
        });
    });
}

/// Starts to listen for Back and Forward, once for the page. In the browser only, and before there is a router: those who listen for
/// `popstate` hear it in the order in which they began to.
pub fn guard_history() {
    history_moves::watch();
    capture("popstate", |event| {
        let stays = TYPED_AT.with_borrow(|typed| *typed == page());
        if history_moves::is_returning() {
            event.stop_immediate_propagation();
        } else if !stays && !may_leave() {
            event.stop_immediate_propagation();
            // Where the distance is unknown, a new entry takes the place of those after it.
            if !history_moves::take_back()
                && let Ok(history) = window().history()
            {
                _ = TYPED_AT.with_borrow(|typed| history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(typed)));
            }
        }
    });
}

/// The address without `#…`.
fn page() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// A link of ours that the router follows without loading a page.
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

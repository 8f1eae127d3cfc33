//! What opens beside its button: menus and small forms. The browser's own popover opens and closes it, keeps it on top and restores the
//! focus, also without scripts. `style/popover.css` places it beside the button that opened it. Any button with the panel's id in
//! `popovertarget` opens it.

use super::Deferred;
use super::is_inside;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The panel alone, for buttons elsewhere that refer to its id.
#[component]
pub fn Popover(
    /// Unique on the page.
    id: &'static str,
    /// `menu`: arrow keys move between entries. `dialog`: holds a form.
    #[prop(default = "dialog")]
    role: &'static str,
    #[prop(into, optional)] label: Signal<String>,
    /// Edge of the button that the panel aligns with; the other edge where there is no room.
    #[prop(default = "start")]
    from: &'static str,
    /// Called after it has closed.
    #[prop(into, optional)]
    closed: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let is_menu = role == "menu";
    let toggled = move |event: ev::Event| {
        let Some(panel) = event.current_target().and_then(|panel| panel.dyn_into::<HtmlElement>().ok()) else { return };
        if is_open(&panel) {
            enter(&panel);
        } else if let Some(closed) = closed {
            closed.run(());
        }
    };
    let toggles = move |event: ev::Event| {
        let panel = event.current_target().and_then(|panel| panel.dyn_into::<HtmlElement>().ok());
        if let Some(panel) = panel.filter(is_open) {
            leave(id, &panel);
        }
    };
    // A press on a link or menu entry closes this panel and the panel that it was opened from.
    let pressed = move |event: ev::MouseEvent| {
        if is_inside(&event, "a[href], [role=menuitem]") {
            close_popovers();
        }
    };
    let keys = move |event: ev::KeyboardEvent| {
        if is_menu {
            walk(event);
        }
    };
    view! {
        <div
            id=id
            popover="auto"
            class=if is_menu { "popover menu" } else { "popover pop" }
            role=role
            aria-label=move || label.with(|label| (!label.is_empty()).then(|| label.clone()))
            data-from=from
            on:toggle=toggled
            on:beforetoggle=toggles
            on:click=pressed
            on:keydown=keys
        >
            {children()}
        </div>
    }
    .into_any()
}

/// A button and the menu that it opens.
#[component]
pub fn Menu(
    /// Unique on the page.
    id: &'static str,
    #[prop(default = "btn ghost")] class: &'static str,
    /// Accessible name of a button that shows only an icon.
    #[prop(optional)]
    label: &'static str,
    /// As in `Popover`.
    #[prop(default = "start")]
    from: &'static str,
    /// Content of the button.
    button: ViewFn,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=class popovertarget=id aria-haspopup="menu" aria-label=(!label.is_empty()).then_some(label)>{button.run()}</button>
        <Deferred><Popover id role="menu" from label=label>{children()}</Popover></Deferred>
    }
    .into_any()
}

/// A button and the panel that it opens.
#[component]
pub fn Pop(
    /// Unique on the page.
    id: &'static str,
    #[prop(default = "btn ghost")] class: &'static str,
    /// Accessible name of the panel, and of a button that shows only an icon.
    label: &'static str,
    /// Whether the button shows only an icon.
    #[prop(optional)]
    bare: bool,
    /// As in `Popover`.
    #[prop(default = "start")]
    from: &'static str,
    /// Content of the button.
    button: ViewFn,
    /// Called on a press of the button, before the panel opens or closes.
    #[prop(into, optional)]
    pressed: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let name = bare.then_some(label);
    let press = move |_| {
        if let Some(pressed) = pressed {
            pressed.run(());
        }
    };
    view! {
        <button type="button" class=class popovertarget=id aria-haspopup="dialog" aria-label=name title=name on:click=press>{button.run()}</button>
        <Deferred><Popover id from label=label>{children()}</Popover></Deferred>
    }
    .into_any()
}

/// Closes a popover after its action is done. The focus returns to its button.
pub fn close_popover(id: &str) {
    if let Some(panel) = document().get_element_by_id(id).filter(|panel| panel.matches(":popover-open").unwrap_or_default()) {
        hide(&panel);
    }
}

/// Closes all open popovers: closing the first also closes those opened from it.
fn close_popovers() {
    if let Some(panel) = document().query_selector("[popover=auto]:popover-open").ok().flatten() {
        hide(&panel);
        close_popovers();
    }
}

fn hide(panel: &web_sys::Element) {
    // `web_sys` has no bindings for popovers yet.
    let hide = js_sys::Reflect::get(panel, &"hidePopover".into()).ok().and_then(|hide| hide.dyn_into::<js_sys::Function>().ok());
    if let Some(hide) = hide {
        let _ = hide.call0(panel);
    }
}

/// Moves the focus into the opened panel: to the checked entry, else to the first focusable element.
fn enter(panel: &HtmlElement) {
    let is_in = document().active_element().is_some_and(|focused| panel.contains(Some(&focused)) && !focused.is_same_node(Some(panel)));
    let wanted = ["[aria-checked=true]", "[role^=menuitem]", "input:not([type=hidden]), select, textarea, button, a[href]"];
    if !is_in {
        focus(wanted.iter().find_map(|one| panel.query_selector(one).ok().flatten()).and_then(|one| one.dyn_into().ok()));
    }
}

/// Moves the focus back to the button if the button itself is in a popover, which the browser does not do. This runs before the panel
/// closes: a second Escape closes the outer popover, which gives its focus back only if the focus is inside.
fn leave(id: &str, panel: &HtmlElement) {
    let is_in = document().active_element().is_some_and(|focused| panel.contains(Some(&focused)));
    if is_in && let Ok(Some(button)) = document().query_selector(&format!(":popover-open [popovertarget={id}]")) {
        focus(button.dyn_into().ok());
    }
}

fn is_open(panel: &HtmlElement) -> bool {
    panel.matches(":popover-open").unwrap_or_default()
}

/// Arrow keys move between entries, and wrap around.
fn walk(event: ev::KeyboardEvent) {
    let by = match event.key().as_str() {
        "ArrowDown" | "j" => 1,
        "ArrowUp" | "k" => -1,
        _ => return,
    };
    let Some(menu) = event.current_target().and_then(|menu| menu.dyn_into::<web_sys::Element>().ok()) else { return };
    let Some(focused) = document().active_element().filter(|focused| focused.matches("[role^=menuitem]").unwrap_or_default()) else {
        return;
    };
    let Ok(entries) = menu.query_selector_all("[role^=menuitem]") else { return };
    let at = (0..entries.length()).find(|at| entries.get(*at).is_some_and(|entry| entry.is_same_node(Some(&focused))));
    let next = at.map(|at| (i64::from(at) + by).rem_euclid(i64::from(entries.length().max(1))) as u32);
    focus(next.and_then(|next| entries.get(next)).and_then(|next| next.dyn_into().ok()));
    event.prevent_default();
    event.stop_propagation();
}

fn focus(element: Option<HtmlElement>) {
    if let Some(element) = element {
        let _ = element.focus();
    }
}

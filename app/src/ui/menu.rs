//! A menu under its button. The browser's own popover opens it, closes it and puts it on top, also without scripts.

use crate::takeover::Part;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn Menu(
    /// Unique on the page.
    id: &'static str,
    #[prop(default = "btn ghost")] class: &'static str,
    /// For a button that shows only an icon.
    #[prop(optional)]
    label: &'static str,
    /// The side the menu hangs from: `span-inline-end` grows to the right, `span-inline-start` to the left.
    #[prop(default = "span-inline-end")]
    grows: &'static str,
    /// What stands on the button.
    button: ViewFn,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=class popovertarget=id aria-haspopup="menu" aria-label=(!label.is_empty()).then_some(label)>{button.run()}</button>
        {Part::of(view! { <div
            id=id
            popover="auto"
            class="popover menu"
            role="menu"
            on:keydown=walk
            on:toggle=enter
            style=format!("position:fixed;inset:auto;margin-block:4px;position-area:block-end {grows};position-try-fallbacks:flip-block")
        >
            {children()}
        </div> })}
    }
    .into_any()
}

/// Arrows go from entry to entry, around.
pub fn walk(event: ev::KeyboardEvent) {
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

/// Whoever opens a menu with the keyboard goes on in it.
fn enter(event: ev::Event) {
    let menu = event.current_target().and_then(|menu| menu.dyn_into::<web_sys::Element>().ok());
    let open = menu.filter(|menu| menu.matches(":popover-open").unwrap_or_default());
    focus(open.and_then(|menu| menu.query_selector("[role^=menuitem]").ok().flatten()).and_then(|entry| entry.dyn_into().ok()));
}

fn focus(element: Option<web_sys::HtmlElement>) {
    if let Some(element) = element {
        let _ = element.focus();
    }
}

//! A small panel under its button, for a form. The browser opens and closes it, also without scripts.

use leptos::prelude::*;

#[component]
pub fn Pop(
    /// Unique on the page.
    id: &'static str,
    #[prop(default = "btn ghost")] class: &'static str,
    /// For the panel, and for a button that shows only an icon.
    label: &'static str,
    /// The side it hangs from, as of a `Menu`.
    #[prop(default = "span-inline-end")]
    grows: &'static str,
    /// What stands on the button.
    button: ViewFn,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=class popovertarget=id aria-haspopup="dialog" aria-label=label title=label>{button.run()}</button>
        <div
            id=id
            popover="auto"
            class="popover pop"
            role="dialog"
            aria-label=label
            style=format!("position:fixed;inset:auto;margin-block:4px;position-area:block-end {grows};position-try-fallbacks:flip-block")
        >
            {children()}
        </div>
    }
    .into_any()
}

/// Closes it after what it was for is done.
pub fn close(id: &str) {
    if let Some(pop) = document().get_element_by_id(id) {
        let hide = js_sys::Reflect::get(&pop, &"hidePopover".into()).ok();
        if let Some(hide) = hide.and_then(|hide| wasm_bindgen::JsCast::dyn_into::<js_sys::Function>(hide).ok()) {
            // Refused when it is closed already.
            let _ = hide.call0(&pop);
        }
    }
}

//! A menu under its button. The browser's own popover opens it, closes it and puts it on top, also without scripts.

use leptos::prelude::*;

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
        <div
            id=id
            popover="auto"
            class="popover menu"
            role="menu"
            style=format!("position:fixed;inset:auto;margin-block:4px;position-area:block-end {grows};position-try-fallbacks:flip-block")
        >
            {children()}
        </div>
    }
    .into_any()
}

//! Modal dialogs, by the browser's `<dialog>`.

use super::Icon;
use leptos::{ev, html, prelude::*};

/// Shows the dialog while `open`; the rest of the page is inert meanwhile. Returns the handler of its events `cancel` (the person closes it)
/// and `close` (it has closed; the browser tells so later, when it may be open again).
pub fn modal(node: NodeRef<html::Dialog>, open: RwSignal<bool>) -> impl Fn(ev::Event) + Copy {
    Effect::new(move |_| {
        if let Some(dialog) = node.get() {
            if open.get() && !dialog.open() {
                let _ = dialog.show_modal();
            } else if !open.get() && dialog.open() {
                dialog.close();
            }
        }
    });
    move |event| {
        // A file input inside has a `cancel` of its own.
        let own = event.target() == event.current_target();
        if own && (event.type_() == "cancel" || node.get_untracked().is_some_and(|dialog| !dialog.open())) {
            open.set(false);
        }
    }
}

#[component]
pub fn Dialog(
    #[prop(into)] open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    /// Buttons at the bottom.
    #[prop(optional)]
    footer: Option<ViewFn>,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let closing = modal(node, open);
    let content = move || {
        open.get().then(|| {
            view! {
                <header class="row between">
                    <h2>{move || title.get()}</h2>
                    <button type="button" class="btn ghost icon sm" aria-label="Close" on:click=move |_| open.set(false)><Icon name="x"/></button>
                </header>
                <div class="body">{children()}</div>
                {footer.as_ref().map(|footer| view! { <footer>{footer.run()}</footer> })}
            }
        })
    };
    view! {
        <dialog node_ref=node class="dialog" aria-label=move || title.get() on:cancel=closing on:close=closing>
            {content}
        </dialog>
    }
    .into_any()
}

//! The box that narrows a list: as one types with scripts, by its button without.

use super::{Icon, Later};
use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

#[component]
pub fn Search(
    /// What is searched.
    label: &'static str,
    /// Where the form goes without scripts; `children` are what else it says there, and its button.
    #[prop(into)]
    action: String,
    #[prop(default = "q")] name: &'static str,
    #[prop(default = "Search")] placeholder: &'static str,
    #[prop(optional)] id: Option<&'static str>,
    #[prop(into)] text: Signal<String>,
    /// The address of the list for a text.
    href: Callback<String, String>,
    #[prop(optional)] node: NodeRef<html::Input>,
    children: Children,
) -> impl IntoView {
    let (go, later) = (use_navigate(), Later::new());
    let typed = move |text: String| {
        let go = go.clone();
        later.run(move || go(&href.run(text), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
    };
    // A memo: what else changes in the address must not overwrite what is being typed.
    let text = Memo::new(move |_| text.get());
    let start = typed.clone();
    Effect::new(move |known: Option<()>| {
        let text = text.get();
        match node.get() {
            // Typed before the program ran.
            Some(input) if known.is_none() && input.value() != text => start(input.value()),
            Some(input) => input.set_value(&text),
            None => {}
        }
    });
    view! {
        <form class="search" role="search" action=action method="get" on:submit=|event| event.prevent_default()>
            <Icon name="search" small=true/>
            <input
                node_ref=node
                id=id
                class="input"
                type="search"
                dir="auto"
                name=name
                placeholder=placeholder
                aria-label=label
                autocomplete="off"
                value=text.get_untracked()
                on:input=move |event| typed(event_target_value(&event))
            />
            {children()}
        </form>
    }
    .into_any()
}

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
    let typed = move |event| {
        let (go, text) = (go.clone(), event_target_value(&event));
        later.run(move || go(&href.run(text), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
    };
    view! {
        <form class="search" role="search" action=action method="get" on:submit=|event| event.prevent_default()>
            <Icon name="search" small=true/>
            <input
                node_ref=node
                id=id
                class="input"
                type="search"
                name=name
                placeholder=placeholder
                aria-label=label
                autocomplete="off"
                value=text.get_untracked()
                prop:value=text
                on:input=typed
            />
            {children()}
        </form>
    }
    .into_any()
}

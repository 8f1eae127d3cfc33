//! Search box of a list: searches while typing with scripts, by its button without.

use super::{Debounce, Icon};
use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

#[component]
pub fn Search(
    /// Accessible name: what is searched.
    label: &'static str,
    /// The form's action without scripts. `children` are its other fields and its button.
    #[prop(into)]
    action: String,
    #[prop(default = "q")] name: &'static str,
    #[prop(default = "Search")] placeholder: &'static str,
    #[prop(optional)] id: Option<&'static str>,
    #[prop(into)] text: Signal<String>,
    /// Address of the list for a search text.
    href: Callback<String, String>,
    #[prop(optional)] node: NodeRef<html::Input>,
    children: Children,
) -> impl IntoView {
    let (go, later) = (use_navigate(), Debounce::new());
    let typed = move |text: String| {
        let go = go.clone();
        later.run(move || go(&href.run(text), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
    };
    // A memo, so that other changes of the address do not overwrite what is being typed.
    let text = Memo::new(move |_| text.get());
    let start = typed.clone();
    Effect::new(move |known: Option<()>| {
        let text = text.get();
        match node.get() {
            // Typed before hydration.
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

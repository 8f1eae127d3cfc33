//! Icons come from one sprite, `/icons.svg`, so that the browser keeps them.

use leptos::prelude::*;

/// Decoration only; the words beside it say what it means.
#[component]
pub fn Icon(name: &'static str, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "i sm" } else { "i" };
    view! {
        <svg class=class aria-hidden="true">
            <use_ href=format!("/icons.svg#{name}")></use_>
        </svg>
    }
}

#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <use_ href="/icons.svg#linnet"></use_>
        </svg>
    }
}

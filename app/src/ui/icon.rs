//! Icons come from one sprite. It stands in the document: from a file of its own, each use would ask for that file.

use super::Inert;
use leptos::prelude::*;
use maud::{Markup, html};

/// At the end of the document, where hydration does not look for what the app renders.
#[component]
pub fn Sprite() -> impl IntoView {
    view! { <div hidden inner_html=include_str!("icons.svg")></div> }
}

/// Decoration only; the words beside it say what it means.
#[component]
pub fn Icon(name: &'static str, #[prop(optional)] small: bool) -> impl IntoView {
    Inert::from(icon(name, small))
}

pub fn icon(name: &str, small: bool) -> Markup {
    html! { svg class=(if small { "i sm" } else { "i" }) aria-hidden="true" { use href={ "#i-" (name) } {} } }
}

#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <use_ href="#i-linnet"></use_>
        </svg>
    }
}

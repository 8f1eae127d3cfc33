//! Icons come from one sprite inside the document: a sprite in a file of its own would be requested at each use.

use super::static_markup::StaticMarkup;
use leptos::prelude::*;
use maud::{Markup, html};

/// Goes at the end of the document, past what hydration walks over.
#[component]
pub fn Sprite() -> impl IntoView {
    view! { <div hidden inner_html=include_str!("icons.svg")></div> }
}

/// Decorative: the text beside it carries the meaning.
#[component]
pub fn Icon(name: &'static str, #[prop(optional)] small: bool) -> impl IntoView {
    StaticMarkup::from(icon(name, small))
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

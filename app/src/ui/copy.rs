//! A button that copies a text. Without scripts it is hidden; the text can be selected.

use super::Icon;
use leptos::prelude::*;

#[component]
pub fn CopyButton(
    #[prop(into)] text: String,
    /// What it copies, for screen readers.
    #[prop(into, optional)]
    of: Option<String>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        // Where the browser refuses, the text can be selected.
        drop(window().navigator().clipboard().write_text(&text));
        copied.set(true);
    };
    view! {
        <button class="btn sm scripts-only" type="button" on:click=copy>
            <Icon name="copy"/>{move || if copied.get() { "Copied" } else { "Copy" }}{of.map(|of| view! { <span class="sr">{format!(" {of}")}</span> })}
        </button>
    }
    .into_any()
}

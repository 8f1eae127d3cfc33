//! A link or key that is shown once.

use crate::ui::Icon;
use leptos::prelude::*;

#[component]
pub fn Secret(#[prop(into)] title: String, value: String) -> impl IntoView {
    let copied = RwSignal::new(false);
    let text = value.clone();
    let copy = move |_| {
        // Where the browser refuses, the text can be selected.
        drop(window().navigator().clipboard().write_text(&text));
        copied.set(true);
    };
    view! {
        <div class="callout secret" data-tone="success" role="status">
            <Icon name="key"/>
            <div>
                <p><b>{title}</b>" Copy it now; it is not shown again."</p>
                <code>{value}</code>
            </div>
            <button class="btn sm scripts-only" type="button" on:click=copy><Icon name="copy"/>{move || if copied.get() { "Copied" } else { "Copy" }}</button>
        </div>
    }
    .into_any()
}

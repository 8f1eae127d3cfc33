//! A link or key that is shown once.

use crate::ui::{CopyButton, Icon};
use leptos::prelude::*;

#[component]
pub fn Secret(#[prop(into)] title: String, value: String) -> impl IntoView {
    view! {
        <div class="callout secret" data-tone="success" role="status">
            <Icon name="key"/>
            <div>
                <p><b>{title}</b>" Copy it now; it is not shown again."</p>
                <code>{value.clone()}</code>
            </div>
            <CopyButton text=value/>
        </div>
    }
    .into_any()
}

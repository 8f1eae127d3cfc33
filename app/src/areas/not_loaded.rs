//! What a person sees when an area cannot be loaded.

use crate::{layout::Topbar, ui::Icon};
use leptos::prelude::*;

/// In place of the page.
#[component]
pub(super) fn NotLoadedPage() -> impl IntoView {
    view! {
        <Topbar title="Not loaded"/>
        <div class="page"><NotLoaded class="callout"/></div>
    }
    .into_any()
}

#[component]
pub(super) fn NotLoaded(class: &'static str) -> impl IntoView {
    view! {
        <div class=class data-tone="danger" role="alert">
            <Icon name="warn"/>
            <p><b>"This part of Linnet could not be loaded. "</b>"Check the connection, then reload."</p>
            <div class="end"><button type="button" class="btn primary" on:click=|_| _ = window().location().reload()>"Reload"</button></div>
        </div>
    }
    .into_any()
}

//! The page for addresses that lead nowhere.

use crate::{AppError, ui::Empty};
use domain::Error;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFound() -> impl IntoView {
    // For its status.
    let _ = AppError::from(Error::not_found("Page", ""));
    view! {
        <Title text="Not found"/>
        <main class="main" id="main">
            <Empty icon="help" title="There is nothing at this address" text="It may have been moved or deleted.">
                <a class="btn primary" href="/leads">"Go to leads"</a>
            </Empty>
        </main>
    }
}

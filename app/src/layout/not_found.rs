//! The page for unknown addresses.

use super::{PageFrame, Topbar};
use crate::{AppError, ui::Empty};
use domain::Error;
use leptos::prelude::*;

#[component]
pub fn NotFound() -> impl IntoView {
    // Sets the HTTP status 404.
    let _ = AppError::from(Error::not_found("Page", ""));
    view! {
        <PageFrame>
            <Topbar title="Not found"/>
            <Empty icon="help" title="This page does not exist" text="It may have been moved or deleted.">
                <a class="btn primary" href="/leads">"Go to leads"</a>
            </Empty>
        </PageFrame>
    }
}

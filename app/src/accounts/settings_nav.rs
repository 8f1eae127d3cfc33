//! Navigation between the sections of settings.

use crate::{layout::IfAllowed, ui::Icon};
use domain::Permission;
use leptos::prelude::*;

#[component]
pub fn SettingsNav(
    /// Path of the page that shows it.
    here: &'static str,
) -> impl IntoView {
    let section = move |id: &str| if here == "/settings" { format!("#{id}") } else { format!("/settings#{id}") };
    let current = |page: &str| (here == page).then_some("page");
    view! {
        <nav class="subnav" aria-label="Settings">
            <h2>"You"</h2>
            <a href=section("profile")><Icon name="user"/>"Profile"</a>
            <a href=section("appearance")><Icon name="moon"/>"Appearance"</a>
            <a href=section("sessions")><Icon name="laptop"/>"Sessions"</a>
            <h2>"Workspace"</h2>
            <a href=section("general")><Icon name="building"/>"General"</a>
            <a href="/settings/fields" aria-current=current("/settings/fields")><Icon name="columns"/>"Custom fields"</a>
            <a href="/settings/tags" aria-current=current("/settings/tags")><Icon name="pin"/>"Tags"</a>
            <IfAllowed to=Permission::Administer>
                <a href=section("people")><Icon name="leads"/>"People and roles"</a>
            </IfAllowed>
            <h2>"Connect"</h2>
            <a href="/settings/api" aria-current=current("/settings/api")><Icon name="plug"/>"API"</a>
            <a href="/settings/ingestion" aria-current=current("/settings/ingestion")><Icon name="inbox"/>"Ingestion"</a>
        </nav>
    }
    .into_any()
}

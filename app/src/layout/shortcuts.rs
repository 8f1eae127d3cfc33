//! The list of shortcuts, opened by `?`.

use super::{frame::use_permission, nav_pages::main_nav_pages};
use crate::ui::Dialog;
use domain::Permission;
use leptos::prelude::*;

/// Keys, description, and the permission that they need.
const SHORTCUTS: [(&[&str], &str, Permission); 19] = [
    (&["Ctrl", "K"], "Search or jump to anything", Permission::Read),
    (&["/"], "Search", Permission::Read),
    (&["F"], "Add a filter", Permission::Read),
    (&["J", "↓"], "Next row; the panel follows", Permission::Read),
    (&["K", "↑"], "Previous row", Permission::Read),
    (&["Space"], "Preview", Permission::Read),
    (&["Enter"], "Open the page", Permission::Read),
    (&["E"], "Edit the stage", Permission::WriteLeads),
    (&["X"], "Select the row", Permission::WriteLeads),
    (&["⇧", "J"], "Extend the selection: J down, K up", Permission::WriteLeads),
    (&["S"], "Set the stage", Permission::WriteLeads),
    (&["A"], "Assign an owner", Permission::WriteLeads),
    (&["T"], "Add a tag", Permission::WriteLeads),
    (&["C"], "New lead, or campaign", Permission::WriteLeads),
    (&["Z"], "Undo the last action", Permission::Read),
    (&["P"], "Pause or resume live updates", Permission::Read),
    (&["["], "Collapse the sidebar", Permission::Read),
    (&["]"], "Close the panel", Permission::Read),
    (&["Esc"], "Close, then clear the selection", Permission::Read),
];

#[component]
pub fn Shortcuts(open: RwSignal<bool>) -> impl IntoView {
    let row = |(keys, does): (&'static [&'static str], String)| {
        view! {
            <dt class="row g-s1">{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dt>
            <dd>{does}</dd>
        }
    };
    let rows = move || {
        let pages = main_nav_pages().map(|page| (page.keys, format!("Go to {}", page.name.to_lowercase())));
        let mine = SHORTCUTS.iter().filter(|(.., needs)| use_permission(*needs).get_untracked());
        mine.map(|(keys, does, _)| (*keys, (*does).to_owned())).chain(pages).map(row).collect_view()
    };
    view! {
        <Dialog open title="Keyboard shortcuts">
            <dl class="facts">{rows()}</dl>
        </Dialog>
    }
    .into_any()
}

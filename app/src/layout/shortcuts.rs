//! `?`: what the keys do.

use super::places::main_places;
use crate::ui::Dialog;
use leptos::prelude::*;

const SHORTCUTS: [(&[&str], &str); 19] = [
    (&["Ctrl", "K"], "Search or jump to anything"),
    (&["/"], "Search"),
    (&["F"], "Add a filter"),
    (&["J", "↓"], "Next row; the panel follows"),
    (&["K", "↑"], "Previous row"),
    (&["Space"], "Peek"),
    (&["Enter"], "Open the page"),
    (&["E"], "Edit the stage"),
    (&["X"], "Select the row"),
    (&["⇧", "J"], "Select onwards, with K backwards"),
    (&["S"], "Set the stage of what is selected"),
    (&["A"], "Assign it"),
    (&["T"], "Tag it"),
    (&["C"], "New lead, or campaign"),
    (&["Z"], "Undo the last thing"),
    (&["P"], "Pause or resume live changes"),
    (&["["], "Fold the sidebar"),
    (&["]"], "Close the panel"),
    (&["Esc"], "Close, then clear the selection"),
];

#[component]
pub fn Shortcuts(open: RwSignal<bool>) -> impl IntoView {
    let row = |(keys, does): (&'static [&'static str], String)| {
        view! {
            <dt class="row" style="--g:.25rem">{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dt>
            <dd>{does}</dd>
        }
    };
    let rows = move || {
        let places = main_places().map(|place| (place.keys, format!("Go to {}", place.name.to_lowercase())));
        SHORTCUTS.iter().map(|(keys, does)| (*keys, (*does).to_owned())).chain(places).map(row).collect_view()
    };
    view! {
        <Dialog open title="Keyboard">
            <dl class="facts">{rows()}</dl>
        </Dialog>
    }
    .into_any()
}

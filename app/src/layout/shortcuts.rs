//! `?`: what the keys do.

use crate::ui::Dialog;
use leptos::prelude::*;

const SHORTCUTS: [(&[&str], &str); 24] = [
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
    (&["G", "D"], "Go to the dashboard"),
    (&["G", "L"], "Go to leads"),
    (&["G", "C"], "Go to campaigns"),
    (&["G", "I"], "Go to imports"),
    (&["G", "A"], "Go to the activity log"),
    (&["Esc"], "Close, then clear the selection"),
];

#[component]
pub fn Shortcuts(open: RwSignal<bool>) -> impl IntoView {
    let row = |(keys, does): (&'static [&'static str], &'static str)| {
        view! {
            <dt class="row" style="--g:.25rem">{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dt>
            <dd>{does}</dd>
        }
    };
    view! {
        <Dialog open title="Keyboard">
            <dl class="facts">{SHORTCUTS.map(row).collect_view()}</dl>
        </Dialog>
    }
    .into_any()
}

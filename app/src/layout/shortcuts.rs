//! `?`: what the keys do.

use crate::ui::Dialog;
use leptos::prelude::*;

const SHORTCUTS: [(&[&str], &str); 16] = [
    (&["/"], "Search"),
    (&["F"], "Add a filter"),
    (&["J", "↓"], "Next row; the panel follows"),
    (&["K", "↑"], "Previous row"),
    (&["Space"], "Peek"),
    (&["Enter"], "Open the page"),
    (&["E"], "Edit the stage"),
    (&["C"], "New lead"),
    (&["Z"], "Undo the last thing"),
    (&["P"], "Pause or resume live changes"),
    (&["["], "Fold the sidebar"),
    (&["]"], "Close the panel"),
    (&["G", "L"], "Go to leads"),
    (&["G", "C"], "Go to campaigns"),
    (&["G", "I"], "Go to imports"),
    (&["Esc"], "Close"),
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

//! Dialog for an edit conflict: the values before, theirs and yours side by side, and a choice.

use super::edit::{Conflict, Editing};
use crate::ui::Dialog;
use domain::leads::{Lead, label, shown};
use leptos::prelude::*;

#[component]
pub fn ConflictDialog() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let open = RwSignal::new(false);
    // The browser closes the dialog on Esc; then their values stay.
    Effect::new(move |_| open.set(editing.conflict.with(Option::is_some)));
    let title = Signal::derive(move || {
        editing
            .conflict
            .with(|conflict| conflict.as_ref().map(|one| format!("{} was changed meanwhile", one.theirs.name)))
            .unwrap_or_default()
    });
    let close = move || {
        open.set(false);
        editing.conflict.set(None);
    };
    let use_mine = move |_| {
        if let Some(Conflict { row, set, .. }) = editing.conflict.get_untracked() {
            close();
            editing.edit(row, set);
        }
    };
    let footer = ViewFn::from(move || {
        view! {
            <button type="button" class="btn" on:click=move |_| close()>"Keep theirs"</button>
            <button type="button" class="btn primary" on:click=use_mine>"Use mine"</button>
        }
    });
    view! {
        <Dialog open title footer>
            {move || editing.conflict.get().map(|conflict| view! { <Versions conflict/> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Versions(conflict: Conflict) -> impl IntoView {
    let mut mine = conflict.theirs.clone();
    conflict.set.set_on(&mut mine);
    let row = |field: &String| {
        let value = |lead: &Lead| shown(field, lead).unwrap_or_else(|| "–".to_owned());
        view! {
            <tr>
                <th scope="row">{label::of(field).unwrap_or_default()}</th>
                <td class="sub as-typed" dir="auto">{value(&conflict.before)}</td>
                <td class="as-typed" dir="auto">{value(&conflict.theirs)}</td>
                <td class="as-typed" dir="auto"><b>{value(&mine)}</b></td>
            </tr>
        }
    };
    view! {
        <table class="table plain">
            <thead><tr><th scope="col">"Field"</th><th scope="col">"Before"</th><th scope="col">"Theirs"</th><th scope="col">"Yours"</th></tr></thead>
            <tbody>{conflict.fields.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

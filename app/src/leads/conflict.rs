//! Two people changed the same field: before, theirs and yours side by side, and a choice.

use super::edit::{Conflict, Editing};
use crate::ui::Dialog;
use domain::leads::Lead;
use leptos::prelude::*;

#[component]
pub fn ConflictDialog() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let open = RwSignal::new(false);
    // The dialog is the browser's: it closes itself on Esc, and then the conflict is settled in their favour.
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
        let value = |lead: &Lead| field_text(field, lead);
        view! {
            <tr>
                <th scope="row">{field_label(field)}</th>
                <td class="sub" dir="auto">{value(&conflict.before)}</td>
                <td dir="auto">{value(&conflict.theirs)}</td>
                <td dir="auto"><b>{value(&mine)}</b></td>
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

/// `linkedinUrl` is `Linkedin url`.
fn field_label(field: &str) -> String {
    let mut words = String::new();
    for (at, letter) in field.chars().enumerate() {
        if letter.is_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else if at == 0 {
            words.extend(letter.to_uppercase());
        } else {
            words.push(letter);
        }
    }
    words
}

/// One field as it is on the wire, without quotes.
fn field_text(field: &str, lead: &Lead) -> String {
    let all = serde_json::to_value(lead).unwrap_or_default();
    match all.get(field) {
        None | Some(serde_json::Value::Null) => "–".to_owned(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

//! Conflict in the lead form: for each field the values before, theirs and yours, to choose from.

use super::fields::{LeadFields, input_of, inputs};
use crate::ui::{Icon, fill};
use domain::{
    UserId,
    fields::Fields,
    leads::{Consent, Stage, Status, label},
};
use leptos::prelude::*;

#[component]
pub fn Conflict(
    mut fields: Vec<String>,
    before: LeadFields,
    theirs: LeadFields,
    mine: LeadFields,
    owners: Vec<(UserId, String)>,
    /// Definitions of custom fields.
    known: Fields,
) -> impl IntoView {
    let custom = known.clone();
    let shown = move |field: &str, value: &str| match value {
        "" => "empty".to_owned(),
        value if custom.named(field).is_some() => custom.named(field).map(|known| known.shown(value)).unwrap_or_default(),
        id if field == "owner" => {
            owners.iter().find(|(one, _)| one.to_string() == id).map_or_else(|| id.to_owned(), |(_, name)| name.clone())
        }
        word => label_of(field, word).map_or_else(|| word.to_owned(), str::to_owned),
    };
    let row = |field: String| {
        let custom = known.named(&field);
        let label = custom.map_or_else(|| label::of(&field).unwrap_or(&field).to_owned(), |custom| custom.label.clone());
        let name = input_of(&field);
        let (was, their, my) = (before.get(&name), theirs.get(&name).to_owned(), mine.get(&name).to_owned());
        let (was, their_shown, my_shown) = (shown(&field, was), shown(&field, &their), shown(&field, &my));
        let taken = RwSignal::new(false);
        let input = custom.map_or(field, |custom| custom.id.to_string());
        let take = move |value: String, theirs: bool| {
            let input = input.clone();
            move |_| {
                fill(&input, &value);
                taken.set(theirs);
            }
        };
        let (take_theirs, keep_mine) = (take.clone()(their, true), take(my, false));
        view! {
            <tr>
                <th scope="row">{label}</th>
                <td class="sub as-typed" dir="auto">{was}</td>
                <td class="as-typed" dir="auto">{their_shown}</td>
                <td class="as-typed" dir="auto">{my_shown}</td>
                <td class="end-align">
                    <span class="seg">
                        <button type="button" aria-pressed=move || taken.get().to_string() on:click=take_theirs>"Take theirs"</button>
                        <button type="button" aria-pressed=move || (!taken.get()).to_string() on:click=keep_mine>"Keep mine"</button>
                    </span>
                </td>
            </tr>
        }
    };
    // In the order of the form.
    let place = |field: &String| inputs().position(|(name, _)| name == field).unwrap_or(usize::MAX);
    fields.sort_by_key(place);
    let rows = fields.into_iter().map(row).collect_view();
    view! {
        <section class="card" role="alert" aria-labelledby="h-conflict">
            <header><Icon name="warn" /><h2 id="h-conflict">"Someone else changed this lead meanwhile"</h2></header>
            <div class="table-wrap"><table class="table min-w-160">
                <caption class="sr">"Fields that two people changed"</caption>
                <colgroup><col class="w-32" /><col /><col /><col /><col class="w-52" /></colgroup>
                <thead><tr>
                    <th scope="col">"Field"</th><th scope="col">"Before"</th><th scope="col">"Theirs"</th><th scope="col">"Yours"</th>
                    <th scope="col"><span class="sr">"Choose"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
            <footer>"Nothing was saved yet. Save again to keep the values in the fields below."</footer>
        </section>
    }
    .into_any()
}

/// Label of a choice.
fn label_of(field: &str, word: &str) -> Option<&'static str> {
    match field {
        "stage" => word.parse().ok().map(Stage::label),
        "status" => word.parse().ok().map(Status::label),
        "consent" => word.parse().ok().map(Consent::label),
        _ => None,
    }
}

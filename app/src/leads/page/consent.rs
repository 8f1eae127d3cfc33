//! Consent of a lead, edited in place with permission.

use crate::{
    leads::{
        edit::{Editing, may_write},
        store::{Row, field},
    },
    ui::Icon,
};
use domain::leads::{Consent, LeadPatch, label};
use leptos::{ev, prelude::*};

#[component]
pub fn ConsentChoice(row: Row) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let may_write = may_write();
    let now = field(&row, |lead| lead.consent);
    let now = Memo::new(move |_| now.get());
    let row = StoredValue::new(row);
    let choose = move |event: ev::Event| {
        if let Ok(consent) = event_target_value(&event).parse::<Consent>() {
            editing.edit(row.get_value(), LeadPatch { consent: Some(consent), ..LeadPatch::default() });
        }
    };
    let option = move |consent: &Consent| {
        let consent = *consent;
        view! { <option value=consent.as_str() selected=move || now.get() == consent>{consent.label()}</option> }
    };
    view! {
        <Show when=move || may_write.get() fallback=move || now.get().label()>
            // Read-only without scripts; the lead's form edits it.
            <span class="select scripts-only">
                <select aria-label=label::CONSENT prop:value=move || now.get().as_str() on:change=choose>{Consent::ALL.iter().map(option).collect_view()}</select>
                <Icon name="chev-down"/>
            </span>
            <span class="noscript-only">{move || now.get().label()}</span>
        </Show>
    }
    .into_any()
}

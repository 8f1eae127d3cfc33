//! The input of a custom field in the form of a lead.

use crate::ui::{Field, SelectField};
use domain::{
    fields::CustomField,
    rule::{CustomKind, NO, YES},
};
use leptos::prelude::*;

#[component]
pub fn CustomInput(
    field: CustomField,
    /// Name of the input, with the lead's spelling of the key.
    name: String,
    value: String,
    error: Signal<Option<String>>,
) -> impl IntoView {
    let id = format!("f-{}", field.id);
    let fits = value.is_empty() || field.fits(&value);
    let hint = match (fits, field.required) {
        (false, _) => format!("“{value}” does not fit; it stays until you change it"),
        (true, true) => "Required".to_owned(),
        (true, false) => String::new(),
    };
    let label = field.label.clone();
    let choices = match field.kind {
        CustomKind::Choice => Some(field.choices.iter().map(|choice| (choice.clone(), choice.clone())).collect::<Vec<_>>()),
        CustomKind::YesNo => Some([(YES, "Yes"), (NO, "No")].map(|(value, label)| (value.to_owned(), label.to_owned())).into()),
        CustomKind::Text | CustomKind::Number | CustomKind::Date => None,
    };
    let Some(mut choices) = choices else {
        // A date input would empty what is no date.
        let kind = if field.kind == CustomKind::Date && fits { "date" } else { "text" };
        return view! { <Field label name id value kind error hint required=field.required autocomplete="off"/> }.into_any();
    };
    // As the choices spell it.
    let value = if fits { field.read(&value).unwrap_or(value) } else { value };
    if !fits {
        choices.insert(0, (value.clone(), value.clone()));
    }
    choices.insert(0, (String::new(), "No value".to_owned()));
    view! { <SelectField label name id options=choices value error hint/> }.into_any()
}

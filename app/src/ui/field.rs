//! A labelled input with its error beside it. The browser holds the typed text, also before hydration: `value` is only the initial value.

use super::{Icon, TextArea};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

#[component]
pub fn Field(
    #[prop(into)] label: String,
    /// Also the key of its error and, with the prefix `f-`, its id.
    #[prop(into)]
    name: String,
    /// An id to use instead, on pages with several forms.
    #[prop(into, optional)]
    id: String,
    #[prop(into, optional)] value: String,
    /// The input's `type`, or `textarea`. `email` and `url` become text inputs: browsers rewrite the domain in an e-mail input, which turns
    /// the `ß` of one domain into the `ss` of another, and URL inputs refuse `linkedin.com/in/name`.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(into, optional)] hint: String,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] large: bool,
    /// Id of a `<datalist>` with suggestions.
    #[prop(optional)]
    list: Option<&'static str>,
) -> impl IntoView {
    let id = if id.is_empty() { format!("f-{name}") } else { id };
    let about = format!("{id}-about");
    let described = about.clone();
    let has_hint = !hint.is_empty();
    let described_by = move || (error.with(Option::is_some) || has_hint).then(|| described.clone());
    let invalid = move || error.with(Option::is_some).then_some("true");
    let address = matches!(kind, "email" | "url").then_some(kind);
    let input = if kind == "textarea" {
        view! {
            <TextArea
                name value id=id.clone() required
                invalid=Signal::derive(move || error.with(Option::is_some)) described_by=Signal::derive(described_by)
            />
        }
        .into_any()
    } else {
        view! {
            <input
                class=if large { "input lg" } else { "input" }
                type=if address.is_some() { "text" } else { kind }
                inputmode=address
                autocapitalize=address.map(|_| "none")
                spellcheck=address.map(|_| "false")
                dir=(kind == "text").then_some("auto")
                id=id.clone()
                name=name
                value=value
                required=required
                autofocus=autofocus
                list=list
                autocomplete=(!autocomplete.is_empty()).then_some(autocomplete)
                aria-invalid=invalid
                aria-describedby=described_by
            />
        }
        .into_any()
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {input}
            <FieldNote id=about error hint/>
        </div>
    }
    .into_any()
}

#[component]
pub fn SelectField(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    /// An id to use instead, on pages with several forms.
    #[prop(into, optional)]
    id: String,
    /// Pairs of value and label.
    options: Vec<(String, String)>,
    #[prop(into, optional)] value: String,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(into, optional)] hint: String,
) -> impl IntoView {
    let id = if id.is_empty() { format!("f-{name}") } else { id };
    let about = format!("{id}-about");
    let described = about.clone();
    let has_hint = !hint.is_empty();
    let options = options
        .into_iter()
        .map(|(word, label)| {
            let selected = word == value;
            view! { <option value=word selected=selected>{label}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <span class="select">
                <select
                    id=id
                    name=name
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=move || (error.with(Option::is_some) || has_hint).then(|| described.clone())
                >
                    {options}
                </select>
                <Icon name="chev-down"/>
            </span>
            <FieldNote id=about error hint/>
        </div>
    }
    .into_any()
}

#[component]
fn FieldNote(id: String, error: Signal<Option<String>>, hint: String) -> impl IntoView {
    move || match error.get() {
        Some(error) => Some(view! { <p class="error" id=id.clone()><Icon name="warn" small=true/>{error}</p> }.into_any()),
        None => (!hint.is_empty()).then(|| view! { <p class="hint" id=id.clone()>{hint.clone()}</p> }.into_any()),
    }
}

/// Sets the value of a field (input, select or text area) by its name, as if it was typed. In the browser only.
pub fn fill(name: &str, value: &str) {
    if let Some(input) = document().get_element_by_id(&format!("f-{name}")) {
        _ = js_sys::Reflect::set(&input, &JsValue::from_str("value"), &JsValue::from_str(value));
    }
}

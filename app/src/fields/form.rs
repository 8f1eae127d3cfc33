//! `/settings/fields/new` and `/settings/fields/{id}`: defines a field, or edits it, says where it is used, and deletes it.

use super::{
    api::uses_of,
    remove::Remove,
    save::{LIST, SaveField},
    use_fields,
};
use crate::{
    accounts::{SettingsNav, elsewhere, on_field},
    address::use_query,
    layout::{AllowedPage, Missing, Topbar},
    live::reading,
    ui::{Field, ReadProblem, SelectField, Skeleton, Toasts, suspend},
    undo::{after_save, offer_undo},
};
use domain::{
    FieldId, Permission,
    fields::{CustomField, EditedField, FieldUse},
    rule::CustomKind,
    text::grouped,
};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

#[component]
pub fn FieldPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").map(str::to_owned)).unwrap_or_default());
    let content = move || {
        let id = id.get();
        if id == "new" {
            return view! { <Page title="New field"><EditField field=None/></Page> }.into_any();
        }
        let known = id.parse::<FieldId>().ok().and_then(|id| use_fields().with_untracked(|fields| fields.get(id).cloned()));
        match known {
            Some(field) => view! { <Page title="Edit field"><div class="row"><Uses id=field.id/><span class="push"></span><Remove field=field.clone()/></div><EditField field=Some(field)/></Page> }.into_any(),
            None => view! { <Missing what="Custom field" icon="columns" home=(LIST, "Custom fields")/> }.into_any(),
        }
    };
    view! { <AllowedPage to=Permission::EditFields title="Custom field" home=(LIST, "Custom fields")>{content}</AllowedPage> }.into_any()
}

#[component]
fn Page(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <Topbar title crumb=(LIST, "Custom fields")/>
        <div class="split">
            <SettingsNav here=LIST/>
            <div class="scroll grow"><div class="page top-s6"><div class="settings"><div class="stack g-s4">{children()}</div></div></div></div>
        </div>
    }
    .into_any()
}

#[component]
fn EditField(field: Option<CustomField>) -> impl IntoView {
    let save = ServerAction::<SaveField>::new();
    let value = save.value();
    let is_new = field.is_none();
    let (toasts, go) = (expect_context::<Toasts>(), use_navigate());
    after_save(save, move |EditedField { field, undo }| {
        if let Some(change) = undo {
            offer_undo(toasts, change, format!("Saved {}", field.label));
        }
        go(LIST, NavigateOptions::default());
    });
    // Without scripts, refused values come back in the address.
    let (query, shown) = (use_query().get_untracked(), field.clone());
    let typed =
        move |name: &str, saved: fn(&CustomField) -> String| query.get(name).or_else(|| shown.as_ref().map(saved)).unwrap_or_default();
    let kinds = CustomKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.label().to_owned())).collect();
    let required = typed("required", |field| field.required.to_string()) == "true";
    let misfits = move || {
        !is_new
            && value.with(|value| matches!(value, Some(Err(error)) if error.0.on_field("kind").or(error.0.on_field("choices")).is_some()))
    };
    view! {
        <ActionForm action=save attr:class="card stack g-s35" attr:novalidate="" attr:aria-label="Custom field">
            {field.as_ref().map(|field| view! {
                <input type="hidden" name="id" value=field.id.to_string()/>
                <input type="hidden" name="revision" value=field.revision.to_string()/>
            })}
            {elsewhere(value, &["label", "kind", "choices"])}
            <div class="grid">
                <div class="span-6"><Field label="Label" name="label" value=typed("label", |field| field.label.clone()) error=on_field(value, "label") required=true autofocus=is_new autocomplete="off" hint="Its key in the API, rules and files is the first label, and stays"/></div>
                <div class="span-6"><SelectField label="Type" name="kind" options=kinds value=typed("kind", |field| field.kind.as_str().to_owned()) error=on_field(value, "kind")/></div>
                <div class="span-12"><Field label="Choices" name="choices" kind="textarea" value=typed("choices", |field| field.choices.join("\n")) error=on_field(value, "choices") hint="Of the type Choice, one a line, in this order"/></div>
            </div>
            <label class="row"><input type="checkbox" name="required" value="true" checked=required/>"Required when people add a lead"</label>
            <Show when=misfits>
                <label class="row"><input type="checkbox" name="keep_misfits" value="true"/>"Save, and keep the values that do not fit as they are"</label>
            </Show>
            <div class="row">
                <button class="btn primary" type="submit" data-state=move || save.pending().get().then_some("busy")>
                    {if is_new { "Add field" } else { "Save field" }}
                </button>
                <a class="btn ghost" href=LIST>"Cancel"</a>
            </div>
        </ActionForm>
    }
    .into_any()
}

#[component]
fn Uses(id: FieldId) -> impl IntoView {
    let uses = reading(Resource::new(move || id, uses_of));
    view! {
        <Transition fallback=|| view! { <Skeleton rows=1/> }>
            {move || suspend(async move {
                match uses.await {
                    Ok(uses) => view! { <p class="muted">{sentence(&uses)}</p> }.into_any(),
                    Err(error) => view! { <ReadProblem error/> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// `12 leads have a value; 2 do not fit. Segments: Regulars. Views: Mine.`
fn sentence(uses: &FieldUse) -> String {
    let mut said = match uses.leads {
        0 => "No lead has a value".to_owned(),
        1 => "1 lead has a value".to_owned(),
        many => format!("{} leads have a value", grouped(many)),
    };
    match uses.misfits {
        0 => {}
        1 => said.push_str("; 1 does not fit"),
        many => said = format!("{said}; {} do not fit", grouped(many)),
    }
    for (what, names) in [("Segments", &uses.segments), ("Views", &uses.views), ("Imports", &uses.imports)] {
        if !names.is_empty() {
            said = format!("{said}. {what}: {}", names.join(", "));
        }
    }
    said + "."
}

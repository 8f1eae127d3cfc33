//! `/leads/new` and `/leads/{id}/edit`: one form. Its inputs keep the typed text; errors are shown at their fields, with and without
//! scripts.

mod conflict;
mod fields;

pub use fields::{LeadFields, tags};

use crate::{
    address::use_query,
    fields::{CustomInput, use_fields},
    layout::{AllowedPage, Missing, Topbar},
    leads::{
        api::{load_lead, owners},
        save::SaveLead,
    },
    live::reading,
    ui::{Field, Icon, ReadProblem, SelectField, Skeleton, Toasts, suspend},
    undo::{after_save, offer_undo},
};
use conflict::Conflict;
use domain::{
    Error, LeadId, Permission,
    accounts::Colleague,
    fields::CustomField,
    leads::{Consent, Lead, SavedLead, Stage, Status, TextField, label},
    text::same,
};
use fields::{inputs, name_of_custom};
use leptos::{ev, form::ActionForm, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};
use wasm_bindgen::JsCast;

type Owners = Vec<Colleague>;

#[component]
pub fn NewLeadPage() -> impl IntoView {
    let owners = reading(Resource::new(|| (), |()| owners()));
    let typed = LeadFields::of_query(&use_query().get_untracked()).unwrap_or_default();
    let form = move || {
        let typed = typed.clone();
        suspend(async move {
            match owners.await {
                Ok(owners) => view! { <LeadForm base=LeadFields::default() typed owners /> }.into_any(),
                Err(error) => view! { <ReadProblem error /> }.into_any(),
            }
        })
    };
    view! {
        <AllowedPage to=Permission::WriteLeads title="New lead" home=("/leads", "Leads")>
            <Topbar title="New lead" crumb=("/leads", "Leads") />
            <div class="scroll"><div class="page"><div class="settings"><Transition fallback=|| view! { <Skeleton /> }>{form}</Transition></div></div></div>
        </AllowedPage>
    }
    .into_any()
}

#[component]
pub fn EditLeadPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").and_then(|id| id.parse::<LeadId>().ok())));
    let query = use_query().get_untracked();
    let loaded = reading(Resource::new(
        move || id.get(),
        |id| async move {
            let Some(id) = id else { return Err(Error::not_found("Lead", "").into()) };
            Ok::<_, crate::AppError>((load_lead(id, None).await?.data.detail.lead, owners().await?))
        },
    ));
    let form = move || {
        let query = query.clone();
        suspend(async move {
            match loaded.await {
                Ok((lead, owners)) => {
                    let base = query.get("base").and_then(|base| serde_json::from_str(&base).ok()).unwrap_or_else(|| LeadFields::of(&lead));
                    let typed = LeadFields::of_query(&query).unwrap_or_else(|| LeadFields::of(&lead));
                    view! {
                        <Topbar title="Edit lead" crumb=("/leads", "Leads") />
                        <div class="scroll"><div class="page"><div class="settings"><LeadForm lead base typed owners /></div></div></div>
                    }
                    .into_any()
                }
                Err(error) if matches!(error.0, Error::NotFound { .. }) => {
                    view! { <Missing what="Lead" icon="leads" home=("/leads", "Leads")/> }.into_any()
                }
                Err(error) => {
                    view! { <Topbar title="Edit lead" crumb=("/leads", "Leads") /><div class="page"><ReadProblem error /></div> }.into_any()
                }
            }
        })
    };
    view! {
        <AllowedPage to=Permission::WriteLeads title="Edit lead" home=("/leads", "Leads")>
            <Transition fallback=|| view! { <Topbar title="Edit lead" crumb=("/leads", "Leads") /><Skeleton /> }>{form}</Transition>
        </AllowedPage>
    }
}

/// Adds a lead, or edits `lead`. `typed` are the initial values of the inputs, `base` the values that the editor saw first.
#[component]
pub fn LeadForm(#[prop(optional)] lead: Option<Lead>, base: LeadFields, typed: LeadFields, owners: Owners) -> impl IntoView {
    let save = ServerAction::<SaveLead>::new();
    let id = lead.as_ref().map(|lead| lead.id);
    let seen = RwSignal::new(base.clone());
    let submitted = StoredValue::new(typed.clone());
    // Errors found in the browser before sending.
    let wrong = RwSignal::new(None::<Error>);
    let refused = Memo::new(move |_| wrong.get().or_else(|| save.value().get().and_then(Result::err).map(|error| error.0)));
    let on =
        move |field: &'static str| Signal::derive(move || refused.with(|error| error.as_ref().and_then(|error| error.on_field(field))));

    let on_custom =
        move |name: String| Signal::derive(move || refused.with(|error| error.as_ref().and_then(|error| error.on_field(&name))));
    let known = use_fields();
    let before_custom = StoredValue::new(lead.map(|lead| lead.custom).unwrap_or_default());

    let check = move |event: ev::SubmitEvent| {
        let Ok(SaveLead { fields, .. }) = SaveLead::from_event(&event) else { return };
        let checked = match id {
            Some(_) => seen.with_untracked(|seen| fields.edit(seen).map(drop)),
            None => fields.new_lead().and_then(|new| known.with_untracked(|known| known.check_new(new.custom, true))).map(drop),
        };
        if checked.is_err() {
            event.prevent_default();
            event.stop_immediate_propagation();
        }
        submitted.set_value(fields);
        wrong.set(checked.err());
    };
    let (toasts, go) = (expect_context::<Toasts>(), use_navigate());
    after_save(save, move |SavedLead { lead, undo }| {
        if let Some(change) = undo {
            offer_undo(toasts, change, format!("{} {}", if id.is_some() { "Saved" } else { "Added" }, lead.name));
        }
        go(&format!("/leads/{}", lead.id), NavigateOptions::default());
    });
    // Moves the focus to the first field with an error, in the order of the form.
    Effect::new(move |_| {
        let first = refused.with(|error| {
            let error = error.as_ref()?;
            let input = inputs().map(|(name, _)| name).find(|name| error.on_field(name).is_some()).map(str::to_owned);
            let custom =
                || known.with(|known| known.iter().find(|field| error.on_field(&field.name()).is_some()).map(|field| field.id.to_string()));
            input.or_else(custom)
        });
        if let Some(input) = first.and_then(|name| document().get_element_by_id(&format!("f-{name}")))
            && let Some(input) = input.dyn_ref::<web_sys::HtmlElement>()
        {
            _ = input.focus();
        }
    });
    // On a conflict the inputs keep the typed values. The base of the conflicting fields becomes theirs, so saving again overwrites them.
    let conflict = Memo::new(move |_| match refused.get() {
        Some(Error::Stale { fields, theirs }) => theirs.as_lead().map(|theirs| (fields, LeadFields::of(theirs))),
        _ => None,
    });
    let before = StoredValue::new(base);
    let owner_names = StoredValue::new(owners.iter().map(|one| (one.id, one.name.clone())).collect::<Vec<_>>());
    let mend = move |fields: &[String], theirs: &LeadFields| {
        seen.update(|seen| fields.iter().for_each(|field| seen.take(field, theirs)));
    };
    conflict.with_untracked(|conflict| {
        if let Some((fields, theirs)) = conflict {
            mend(fields, theirs);
        }
    });
    Effect::new(move |_| {
        conflict.with(|conflict| {
            if let Some((fields, theirs)) = conflict {
                mend(fields, theirs);
            }
        });
    });

    let summary = move || {
        match refused.get() {
        Some(Error::Duplicate { existing, .. }) => Some(
            view! {
                <div class="callout" data-tone="warning" role="alert">
                    <Icon name="dup" />
                    <p><b>{existing.name.clone()}</b>" has this e-mail already. "<a class="link" href=format!("/leads/{}", existing.id)>"Open this lead"</a></p>
                </div>
            }
            .into_any(),
        ),
        Some(Error::Invalid(errors)) => {
            let unseen: Vec<_> = errors
                .into_iter()
                .filter(|error| inputs().all(|(name, _)| name != error.field) && known.with(|known| known.named(&error.field).is_none()))
                .map(|error| error.message)
                .collect();
            (!unseen.is_empty()).then(|| view! { <div class="callout" data-tone="danger" role="alert"><Icon name="warn" /><p>{unseen.join("; ")}</p></div> }.into_any())
        }
        Some(Error::Stale { .. }) | None => None,
        Some(other) => Some(view! { <div class="callout" data-tone="danger" role="alert"><Icon name="warn" /><p>{other.to_string()}</p></div> }.into_any()),
    }
    };
    let conflicts = move || {
        conflict.get().map(|(fields, theirs)| {
            view! { <Conflict fields theirs before=before.get_value() mine=submitted.get_value() owners=owner_names.get_value() known=known.get_untracked() /> }
        })
    };

    let words = |known: Vec<(&'static str, &'static str)>| {
        known.into_iter().map(|(word, label)| (word.to_owned(), label.to_owned())).collect::<Vec<_>>()
    };
    let stages = words(Stage::ALL.iter().map(|stage| (stage.as_str(), stage.label())).collect());
    let statuses = words(Status::ALL.iter().map(|status| (status.as_str(), status.label())).collect());
    let consents = words(Consent::ALL.iter().map(|consent| (consent.as_str(), consent.label())).collect());
    // A deactivated owner is offered only where already selected.
    let offered = |one: &Colleague| one.active || one.id.to_string() == typed.get("owner");
    let people: Vec<_> = std::iter::once((String::new(), "No owner".to_owned()))
        .chain(owners.into_iter().filter(offered).map(|one| (one.id.to_string(), one.name)))
        .collect();
    let typed = StoredValue::new(typed);
    let start = move |name: &str| typed.with_value(|typed| typed.get(name).to_owned());
    let texts = |lines: bool| {
        let fields = TextField::ALL.into_iter().filter(|field| field.has_lines() == lines);
        let field = |field: TextField| {
            let (name, (kind, span)) = (field.name(), look(field));
            view! { <div class=span><Field label=field.label() name=name kind=kind value=start(name) error=on(name) autocomplete="off" /></div> }
        };
        fields.map(field).collect_view()
    };
    let (short_texts, long_texts) = (texts(false), texts(true));
    let custom = move |field: CustomField| {
        // As the lead spells the key.
        let spelled = before_custom.with_value(|custom| custom.keys().find(|key| same(key, &field.key)).cloned());
        let name = name_of_custom(spelled.as_ref().unwrap_or(&field.key));
        let (value, error) = (start(&name), on_custom(field.name()));
        view! { <div class="span-6"><CustomInput field name value error/></div> }
    };
    let all_custom = move || known.with(|known| known.iter().cloned().collect::<Vec<_>>());
    let back = id.map_or_else(|| "/leads".to_owned(), |id| format!("/leads/{id}"));

    view! {
        <ActionForm action=save attr:class="stack g-s4" attr:novalidate="" on:submit:capture=check>
            {id.map(|id| view! { <input type="hidden" name="id" value=id.to_string() /> })}
            <input type="hidden" name="base" value=move || seen.with(|seen| serde_json::to_string(seen).unwrap_or_default()) />
            {summary}
            {conflicts}
            <div class="grid">
                <div class="span-6"><Field label=label::NAME name="name" value=start("name") error=on("name") required=true autofocus=true autocomplete="off" /></div>
                <div class="span-6"><Field label=label::EMAIL name="email" kind="email" value=start("email") error=on("email") required=true autocomplete="off" /></div>
                {short_texts}
                <div class="span-6"><SelectField label=label::STAGE name="stage" options=stages value=start("stage") error=on("stage") /></div>
                <div class="span-6"><SelectField label=label::STATUS name="status" options=statuses value=start("status") error=on("status") /></div>
                <div class="span-6"><SelectField label=label::CONSENT name="consent" options=consents value=start("consent") error=on("consent") hint="Only subscribed leads can be added to campaigns" /></div>
                <div class="span-6"><Field label=label::VALUE name="value" value=start("value") error=on("value") hint="Expected revenue in the currency of the workspace, such as 24,000" autocomplete="off" /></div>
                <div class="span-6"><SelectField label=label::OWNER name="owner" options=people value=start("owner") error=on("owner") /></div>
                <div class="span-12"><Field label=label::TAGS name="tags" value=start("tags") error=on("tags") hint="Separated by commas" autocomplete="off" /></div>
                // An input is built again when its definition changes.
                <For each=all_custom key=|field| (field.id, field.label.clone(), field.kind, field.required, field.choices.clone()) let(field)>{custom(field)}</For>
                {long_texts}
            </div>
            <div class="row">
                <button class="btn primary" type="submit" data-state=move || save.pending().get().then_some("busy")>
                    {if id.is_some() { "Save" } else { "Add lead" }}
                </button>
                <a class="btn ghost" href=back>"Cancel"</a>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// Type of a text's input, and its width in the form.
fn look(field: TextField) -> (&'static str, &'static str) {
    match field {
        TextField::Phone => ("tel", "span-6"),
        TextField::LinkedinUrl => ("url", "span-12"),
        field if field.has_lines() => ("textarea", "span-12"),
        _ => ("text", "span-6"),
    }
}

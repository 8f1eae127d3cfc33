//! `/campaigns/new`, and the same form in a campaign's settings. Inputs keep the typed text; errors are shown at their fields, with and
//! without scripts.

use super::save::SaveCampaign;
use crate::address::use_query;
use crate::{
    layout::{AllowedPage, Topbar},
    ui::{Field, Icon, Problem, Toasts, fill, has_typed_text, typed_is_saved},
    undo::{after_save, offer_undo},
};
use domain::{
    Error, Permission,
    campaigns::{Campaign, CampaignPatch, EditedCampaign},
};
use leptos::{form::ActionForm, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn NewCampaignPage() -> impl IntoView {
    view! {
        <AllowedPage to=Permission::WriteCampaigns title="New campaign" home=("/campaigns", "Campaigns")>
            <Topbar title="New campaign" crumb=("/campaigns", "Campaigns")/>
            <div class="scroll"><div class="page"><div class="settings"><TextsForm/></div></div></div>
        </AllowedPage>
    }
    .into_any()
}

/// The values that the editor sees, as base to detect conflicts.
fn seen(campaign: &Campaign) -> CampaignPatch {
    CampaignPatch { name: Some(campaign.name.clone()), description: Some(campaign.description.clone()), ..CampaignPatch::default() }
}

#[component]
pub fn TextsForm(
    /// The campaign to edit; `None` to create one.
    #[prop(optional)]
    campaign: Option<RwSignal<Campaign>>,
    /// Called with the saved campaign.
    #[prop(into, optional)]
    take: Option<Callback<Campaign>>,
) -> impl IntoView {
    let save = ServerAction::<SaveCampaign>::new();
    let id = campaign.map(|campaign| campaign.with_untracked(|campaign| campaign.id));
    let base = RwSignal::new(campaign.map(|campaign| campaign.with_untracked(seen)).unwrap_or_default());
    let toasts = expect_context::<Toasts>();
    // Without scripts, refused text comes back in the address.
    let typed = use_query().get_untracked();
    let start = |name: &str, kept: fn(&Campaign) -> &String| {
        typed
            .get(name)
            .unwrap_or_else(|| campaign.map(|campaign| campaign.with_untracked(|campaign| kept(campaign).clone())).unwrap_or_default())
    };
    let (name, description) = (start("name", |campaign| &campaign.name), start("description", |campaign| &campaign.description));
    let refused = Memo::new(move |_| save.value().get().and_then(Result::err));
    let on =
        move |field: &'static str| Signal::derive(move || refused.with(|error| error.as_ref().and_then(|error| error.0.on_field(field))));
    let form = || document().query_selector("form:has(#f-description)").ok().flatten().and_then(|form| form.dyn_into().ok());
    after_save(save, move |EditedCampaign { campaign, undo }| {
        base.set(seen(&campaign));
        if id.is_some()
            && let Some(form) = form()
        {
            typed_is_saved(&form);
        }
        if let Some(change) = undo {
            offer_undo(toasts, change, format!("Saved {}", campaign.name));
        }
        if let Some(take) = take {
            let _ = take.try_run(campaign);
        }
    });
    // Shows the texts after an undo, or as someone else changed them, unless something is typed.
    Effect::new(move |_| {
        let Some(now) = campaign.map(|campaign| campaign.with(seen)) else { return };
        if base.get_untracked() != now
            && !has_typed_text()
            && let Some(form) = form()
        {
            fill("name", now.name.as_deref().unwrap_or_default());
            fill("description", now.description.as_deref().unwrap_or_default());
            typed_is_saved(&form);
            base.set(now);
        }
    });
    Effect::new(move |_| {
        // The conflict has been shown, so saving again overwrites their values.
        if let Some(Err(error)) = save.value().get() {
            if let Error::Stale { theirs, .. } = &error.0
                && let Some(theirs) = theirs.as_campaign()
            {
                base.set(seen(theirs));
            }
            let first = ["name", "description"].into_iter().find(|field| error.0.on_field(field).is_some());
            if let Some(input) = first.and_then(|field| document().get_element_by_id(&format!("f-{field}")))
                && let Some(input) = input.dyn_ref::<web_sys::HtmlElement>()
            {
                _ = input.focus();
            }
        }
    });
    let other = move || {
        refused.get().filter(|error| ["name", "description"].iter().all(|field| error.0.on_field(field).is_none())).map(
            |error| match &error.0 {
                Error::Stale { theirs, .. } => view! { <Theirs theirs=theirs.as_campaign().cloned()/> }.into_any(),
                _ => view! { <Problem error/> }.into_any(),
            },
        )
    };
    let existing = move || match refused.get().map(|error| error.0) {
        Some(Error::Duplicate { existing, .. }) => Some(
            view! { <p class="small"><a class="link" href=format!("/campaigns/{}", existing.id)>"Open "{existing.name.clone()}</a></p> },
        ),
        _ => None,
    };
    view! {
        <ActionForm action=save attr:class="stack g-s4" attr:novalidate="">
            {id.map(|id| view! { <input type="hidden" name="id" value=id.to_string()/> })}
            <input type="hidden" name="base" value=move || base.with(|base| serde_json::to_string(base).unwrap_or_default())/>
            {other}
            <Field label="Name" name="name" value=name error=on("name") required=true autofocus=id.is_none() autocomplete="off"/>
            {existing}
            <Field label="Description" name="description" kind="textarea" value=description error=on("description")/>
            {id.is_none().then(|| view! {
                <p class="small muted">"It starts as a draft with a connection request and two follow-ups, which you can change."</p>
            })}
            <div class="row">
                <button class="btn primary" type="submit" data-state=move || save.pending().get().then_some("busy")>
                    {if id.is_some() { "Save" } else { "Add campaign" }}
                </button>
                {id.is_none().then(|| view! { <a class="btn ghost" href="/campaigns">"Cancel"</a> })}
            </div>
        </ActionForm>
    }
    .into_any()
}

/// Someone else changed the same fields first: shows their values.
#[component]
fn Theirs(theirs: Option<Campaign>) -> impl IntoView {
    view! {
        <div class="callout" data-tone="warning" role="alert">
            <Icon name="dup"/>
            <p>
                <b>"Someone else changed this campaign meanwhile. "</b>
                {theirs.map(|theirs| format!("It is now called “{}”. ", theirs.name))}
                "Save again to replace theirs with yours."
            </p>
        </div>
    }
    .into_any()
}

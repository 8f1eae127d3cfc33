//! Toolbar of bulk actions on the selected leads. Actions start at once; the toast offers “Undo”.

use super::{context::ListContext, delete_many::DeleteMany};
use crate::{
    bulk::Bulks,
    campaigns::api::open_campaigns,
    exports::ExportPicked,
    leads::store::Picked,
    live::reading_local,
    ui::{Avatar, Icon, Menu, Pop, StageBadge, StatusPill},
};
use domain::{
    Permission,
    bulk::BulkAction,
    leads::{Consent, Stage, Status},
    text::grouped,
};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn BulkBar(picked: Picked) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let empty = Memo::new(move |_| picked.is_empty());
    let words = Memo::new(move |_| match picked.count() {
        Some(0) => String::new(),
        Some(count) => format!("{} selected", grouped(count)),
        None => "All matching leads selected".to_owned(),
    });
    view! {
        // Always present, so that screen readers announce changes of its content.
        <span class="sr" role="status">{words}</span>
        <Show when=move || context.may_write.get() && !empty.get()><Bar picked words/></Show>
    }
    .into_any()
}

#[component]
fn Bar(picked: Picked, words: Memo<String>) -> impl IntoView {
    let bulks = expect_context::<Bulks>();
    let context = expect_context::<ListContext>();
    let act = Callback::new(move |action: BulkAction| {
        bulks.start(action, picked.selection());
        picked.clear();
        focus_list(context);
    });
    let more = move || {
        picked.could_pick().map(|total| {
            view! {
                <button type="button" class="link px-s15" on:click=move |_| picked.pick_all()>
                    "Select all "{grouped(total)}" matching"
                </button>
            }
        })
    };
    // Deleting several leads needs a confirmation: typing their number.
    let asking = RwSignal::new(false);
    let delete = move |_| {
        if untrack(|| picked.count()) == Some(1) { act.run(BulkAction::Delete {}) } else { asking.set(true) }
    };
    let clear = move |_| {
        picked.clear();
        focus_list(context);
    };
    view! {
        <div class="bulkbar" role="toolbar" aria-label="Actions on selected leads">
            <output aria-live="off">{words}</output>
            {more}
            <StageMenu act/>
            <StatusMenu act/>
            <ConsentMenu act/>
            <OwnerMenu act/>
            <TagMenu act/>
            <CampaignMenu act/>
            <ExportPicked listing=context.listing selection=Callback::new(move |()| picked.selection())/>
            <button type="button" class="btn ghost icon" aria-label="Delete" title="Delete" on:click=delete><Icon name="trash"/></button>
            <span class="vr"></span>
            <button type="button" class="btn ghost icon" aria-label="Clear selection" title="Clear selection (Esc)" on:click=clear><Icon name="x"/></button>
        </div>
        <DeleteMany picked open=asking act/>
    }
    .into_any()
}

/// Moves the focus to the active row or the list, because the toolbar disappears.
fn focus_list(context: ListContext) {
    let row = context.active.get_untracked().map(|id| format!("[data-id='{id}']"));
    request_animation_frame(move || {
        let find = |selector: &str| document().query_selector(selector).ok().flatten()?.dyn_into::<web_sys::HtmlElement>().ok();
        if let Some(element) = row.and_then(|row| find(&row)).or_else(|| find("[role=region][aria-label=Leads], .board")) {
            let _ = element.focus();
        }
    });
}

fn face(icon: &'static str, label: &'static str, key: &'static str) -> ViewFn {
    ViewFn::from(move || {
        view! { <Icon name=icon/>{label}{(!key.is_empty()).then(|| view! { <kbd class="wide-only" aria-hidden="true">{key}</kbd> })} }
    })
}

/// A menu entry.
fn item(act: Callback<BulkAction>, action: BulkAction, inside: AnyView) -> AnyView {
    view! { <button type="button" role="menuitem" on:click=move |_| act.run(action.clone())>{inside}</button> }.into_any()
}

#[component]
fn StageMenu(act: Callback<BulkAction>) -> impl IntoView {
    let one = move |stage: &Stage| item(act, BulkAction::SetStage { stage: *stage }, view! { <StageBadge stage=*stage/> }.into_any());
    view! { <Menu id="bulk-stage" button=face("st-qualified", "Set stage", "S")>{Stage::ALL.iter().map(one).collect_view()}</Menu> }
        .into_any()
}

#[component]
fn StatusMenu(act: Callback<BulkAction>) -> impl IntoView {
    let one = move |status: &Status| {
        item(act, BulkAction::SetStatus { status: *status }, view! { <StatusPill status=*status bare=true/> }.into_any())
    };
    view! { <Menu id="bulk-status" button=face("reply", "Set status", "")>{Status::ALL.iter().map(one).collect_view()}</Menu> }.into_any()
}

#[component]
fn ConsentMenu(act: Callback<BulkAction>) -> impl IntoView {
    let one = move |consent: &Consent| item(act, BulkAction::SetConsent { consent: *consent }, consent.label().into_any());
    view! { <Menu id="bulk-consent" button=face("mail", "Set consent", "")>{Consent::ALL.iter().map(one).collect_view()}</Menu> }.into_any()
}

#[component]
fn OwnerMenu(act: Callback<BulkAction>) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let owners = move || {
        let one = |(owner, name): (_, String)| {
            item(
                act,
                BulkAction::SetOwner { owner: Some(owner) },
                view! { <Avatar name=name.clone()/><span class="trunc" dir="auto">{name}</span> }.into_any(),
            )
        };
        context.assignable_owners.get().into_iter().map(one).collect_view()
    };
    view! {
        <Menu id="bulk-owner" button=face("assign", "Assign", "A")>
            {owners}
            {item(act, BulkAction::SetOwner { owner: None }, view! { <Icon name="x"/>"No owner" }.into_any())}
        </Menu>
    }
    .into_any()
}

#[component]
fn CampaignMenu(act: Callback<BulkAction>) -> impl IntoView {
    let may = crate::layout::use_permission(Permission::WriteCampaigns);
    let campaigns = reading_local(LocalResource::new(open_campaigns));
    let choices = move || match campaigns.get() {
        None => view! { <span class="muted small">"Loading"</span> }.into_any(),
        Some(Ok(open)) if !open.is_empty() => {
            let one = |campaign: domain::error::CampaignRef| {
                let inside = view! { <Icon name="campaigns"/><span class="trunc" dir="auto">{campaign.name}</span> }.into_any();
                item(act, BulkAction::Enroll { campaign_id: campaign.id }, inside)
            };
            open.into_iter().map(one).collect_view().into_any()
        }
        Some(Ok(_)) => view! { <a role="menuitem" href="/campaigns/new"><Icon name="plus"/>"Create the first campaign"</a> }.into_any(),
        Some(Err(error)) => view! { <span class="small">{error.to_string()}</span> }.into_any(),
    };
    view! {
        <Show when=move || may.get()>
            <Menu id="bulk-campaign" button=face("campaigns", "Add to campaign", "")>{choices}</Menu>
        </Show>
    }
    .into_any()
}

/// A tag to add or remove.
#[component]
fn TagMenu(act: Callback<BulkAction>) -> impl IntoView {
    let tag = RwSignal::new(String::new());
    let refused = RwSignal::new(None::<String>);
    let run = move |make: fn(String) -> BulkAction| match make(tag.get_untracked()).check() {
        Ok(action) => act.run(action),
        Err(error) => refused.set(Some(error.on_field("tag").unwrap_or_else(|| error.to_string()))),
    };
    let add = move |event: ev::SubmitEvent| {
        event.prevent_default();
        run(|tag| BulkAction::AddTag { tag });
    };
    view! {
        <Pop id="bulk-tag" label="Tag" button=face("pin", "Tag", "T")>
            <form class="stack g-s2" on:submit=add>
                <div class="field">
                    <label for="bulk-tag-text">"Tag"</label>
                    <input
                        class="input" id="bulk-tag-text" autocomplete="off" autofocus maxlength="60"
                        aria-invalid=move || refused.with(Option::is_some).then_some("true") aria-describedby="bulk-tag-note"
                        on:input=move |event| tag.set(event_target_value(&event))
                    />
                    <p class="error" id="bulk-tag-note" role="alert">{refused}</p>
                </div>
                <div class="row">
                    <button class="btn primary" type="submit">"Add tag"</button>
                    <button class="btn" type="button" on:click=move |_| run(|tag| BulkAction::RemoveTag { tag })>"Remove tag"</button>
                </div>
            </form>
        </Pop>
    }
    .into_any()
}

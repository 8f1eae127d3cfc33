//! `/campaigns/{id}`: one campaign in live tabs.

use super::{
    activity_tab::{ActivityTab, Log},
    add::Adding,
    api::load_campaign,
    ending::Ending,
    enrolled::{EnrolledList, read_query},
    leads_tab::LeadsTab,
    overview::Overview,
    sequence::Sequence,
    settings::Settings,
    status_actions::StatusActions,
    tab::{Tab, use_tab},
};
use crate::address::use_query;
use crate::{
    activity::{View, api::list_activities},
    layout::{Missing, Topbar},
    live::{Live, LiveEvent, reading},
    ui::{Icon, ReadProblem, Skeleton, suspend},
};
use domain::{
    CampaignId, Error, Record, Snapshot,
    campaigns::{Campaign, EnrollmentPage, EnrollmentQuery},
    live::{DeltaOp, Query},
    text::grouped,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn CampaignPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").and_then(|id| id.parse::<CampaignId>().ok())));
    let query = use_query();
    let which = Memo::new(move |_| query.with(read_query));
    // One `Resource` for all tabs: tabs switch without a wait, and one created after a wait would get different hydration ids.
    let loaded = reading(Resource::new(
        move || (id.get(), which.get()),
        |(id, which)| async move {
            match id {
                Some(id) => load_campaign(id, which).await,
                None => Err(Error::not_found("Campaign", "").into()),
            }
        },
    ));
    let (adding, ending) = (Adding::new(), Ending::new(id));
    let tab = use_tab();
    let activity = Memo::new(move |_| query.with(|query| View::read(query, id.get())));
    let log: Log = reading(Resource::new(
        move || (tab.get() == Tab::Activity).then(|| activity.with(View::query)),
        |asked| async move {
            match asked {
                Some(query) => list_activities(query).await.map(Some),
                None => Ok(None),
            }
        },
    ));
    let content = move || {
        suspend(async move {
            match loaded.await {
                Ok((campaign, leads)) => {
                    view! { <Follow campaign leads which=which.get_untracked() tab activity log adding ending refetch=move || loaded.refetch()/> }
                        .into_any()
                }
                Err(error) if matches!(error.0, Error::NotFound { .. }) => {
                    view! { <Missing what="Campaign" icon="campaigns" home=("/campaigns", "Campaigns")/> }.into_any()
                }
                Err(error) => {
                    view! { <Topbar title="Campaign" crumb=("/campaigns", "Campaigns")/><div class="page"><ReadProblem error/></div> }
                        .into_any()
                }
            }
        })
    };
    view! {
        <Transition fallback=|| view! { <Topbar title="Campaign" crumb=("/campaigns", "Campaigns")/><Skeleton rows=6/> }>{content}</Transition>
    }
    .into_any()
}

/// The campaign, kept up to date by deltas.
#[component]
fn Follow(
    campaign: Snapshot<Campaign>,
    leads: Snapshot<EnrollmentPage>,
    which: EnrollmentQuery,
    tab: Memo<Tab>,
    activity: Memo<View>,
    log: Log,
    adding: Adding,
    ending: Ending,
    refetch: impl Fn() + Send + Sync + 'static,
) -> impl IntoView {
    let Snapshot { as_of, data: campaign, .. } = campaign;
    let id = campaign.id;
    let campaign = RwSignal::new(campaign);
    let gone = RwSignal::new(false);
    let list = EnrolledList::new(id, which, leads);
    let take = Callback::new(move |newer: Campaign| {
        if campaign.with_untracked(|known| known.id == newer.id && newer.revision > known.revision) {
            // A change of the steps moves enrollments without deltas of their own.
            let some = list.rows.with_untracked(|rows| !rows.is_empty());
            if some && campaign.with_untracked(|known| known.steps != newer.steps) {
                list.read_again();
            }
            campaign.set(newer);
        }
    });
    let live = expect_context::<Live>();
    live.presence("campaign", Some(id.0));
    live.subscribe(Query::Campaign { id }, as_of, move |event| match event {
        LiveEvent::Deltas { seq, items, .. } => {
            list.hear(seq);
            for delta in items {
                let whole = delta.id == id.0;
                match (delta.op, delta.record) {
                    (DeltaOp::Bulk, _) => list.read_again(),
                    (op, Some(Record::Enrollment(enrollment))) => list.take(op, enrollment),
                    (_, Some(Record::Figures(figures))) => campaign.maybe_update(|known| known.take(&figures)),
                    (DeltaOp::Leave, _) if whole => gone.set(true),
                    (_, Some(Record::Campaign(newer))) => {
                        gone.set(false);
                        take.run(*newer);
                    }
                    _ => {}
                }
            }
        }
        LiveEvent::Reset => refetch(),
        LiveEvent::Total(_) => {}
    });

    let content = move || match tab.get() {
        Tab::Overview => view! { <Overview campaign/> }.into_any(),
        Tab::Leads => view! { <LeadsTab campaign list adding/> }.into_any(),
        Tab::Sequence => view! { <Sequence campaign take/> }.into_any(),
        Tab::Activity => view! { <ActivityTab view=activity log/> }.into_any(),
        Tab::Settings => view! { <Settings campaign take/> }.into_any(),
    };
    view! {
        <Topbar title=Signal::derive(move || campaign.with(|campaign| campaign.name.clone())) crumb=("/campaigns", "Campaigns")/>
        <Tabs campaign tab/>
        <div class="scroll"><div class="page">
            {move || gone.get().then(|| view! { <Gone/> })}
            <Show when=move || !gone.get()><StatusActions campaign tab ending take/></Show>
            {content}
        </div></div>
    }
    .into_any()
}

#[component]
fn Gone() -> impl IntoView {
    view! {
        <div class="callout" data-tone="warning" role="status">
            <Icon name="trash"/>
            <p><b>"This campaign was deleted. "</b>"This page shows its last state. Its leads were not deleted."</p>
            <div class="end"><a class="btn" href="/campaigns">"Go to campaigns"</a></div>
        </div>
    }
    .into_any()
}

#[component]
fn Tabs(campaign: RwSignal<Campaign>, tab: Memo<Tab>) -> impl IntoView {
    let id = campaign.with_untracked(|campaign| campaign.id);
    let count = move |this: Tab| {
        move || match this {
            Tab::Leads => Some(campaign.with(|campaign| campaign.counts.total_leads)),
            Tab::Sequence => Some(campaign.with(|campaign| campaign.steps.len() as i64)),
            Tab::Overview | Tab::Activity | Tab::Settings => None,
        }
    };
    let link = move |this: Tab| {
        let count = count(this);
        view! {
            <a href=this.href(id) aria-current=move || (tab.get() == this).then_some("page")>
                {this.label()}{move || count().map(|count| view! { " "<span class="num">{grouped(count)}</span> })}
            </a>
        }
    };
    view! { <nav class="tabs" aria-label="Campaign">{Tab::ALL.map(link).collect_view()}</nav> }.into_any()
}

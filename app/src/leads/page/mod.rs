//! `/leads/{id}`: everything about one lead, live, and its sections, which the panel beside the list shows, too.

mod campaigns;
mod consent;
mod facts;
mod history;
mod note;
mod note_form;
mod stages;
mod tasks;
mod timeline;
mod ways;

pub use campaigns::LeadCampaigns;
pub use facts::{Facts, tel};
pub use note_form::NoteForm;
pub use stages::StageStepper;
pub use tasks::LeadTasks;
pub use timeline::Timeline;
pub use ways::LeadWays;

use crate::{
    address::use_query,
    layout::{IfAllowed, Missing, Topbar},
    leads::{
        api::{Sheet, load_lead},
        edit::{Editing, may_write},
        save::{RemoveLead, UndoLeadChange},
        store::{Row, field},
    },
    live::{Live, LiveEvent, reading},
    orders::LeadOrders,
    ui::{Avatar, Icon, Problem, ReadProblem, Skeleton, suspend},
};
use domain::{
    CampaignId, ChangeId, Error, LeadId, Permission, Snapshot,
    leads::{Lead, LeadDetail, TimelineItem, TimelineKind},
    live::{DeltaOp, Query},
};
use history::History;
use leptos::{ev, form::ActionForm, prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;
use server_fn::ServerFn;

#[component]
pub fn LeadPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").and_then(|id| id.parse::<LeadId>().ok())));
    let query = use_query();
    let deleted = Memo::new(move |_| query.with(|query| query.get_str("deleted").and_then(|change| change.parse::<ChangeId>().ok())));
    let after = Memo::new(move |_| query.with(|query| query.get_str("campaigns").and_then(|id| id.parse::<CampaignId>().ok())));
    let back = ServerAction::<UndoLeadChange>::new();
    let loaded = reading(Resource::new(
        move || (id.get(), after.get(), back.version().get()),
        |(id, after, _)| async move {
            match id {
                Some(id) => load_lead(id, after).await,
                None => Err(Error::not_found("Lead", "").into()),
            }
        },
    ));
    let content = move || {
        suspend(async move {
            match loaded.await {
                Ok(snapshot) => view! { <Follow snapshot after=after.get_untracked() deleted back refetch=move || loaded.refetch() /> }.into_any(),
                Err(error) if matches!(error.0, Error::NotFound { .. }) => match (id.get_untracked(), deleted.get_untracked()) {
                    (Some(id), Some(change)) => {
                        view! { <Topbar title="Deleted lead" crumb=("/leads", "Leads") /><div class="page"><Deleted id change back /></div> }.into_any()
                    }
                    _ => view! { <Missing what="Lead" icon="leads" home=("/leads", "Leads")/> }.into_any(),
                },
                Err(error) => view! { <Topbar title="Lead" crumb=("/leads", "Leads") /><div class="page"><ReadProblem error /></div> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Topbar title="Lead" crumb=("/leads", "Leads") /><Skeleton /> }>{content}</Transition> }
}

/// Says that the lead was deleted, and offers to restore it.
#[component]
fn Deleted(id: LeadId, change: ChangeId, back: ServerAction<UndoLeadChange>) -> impl IntoView {
    view! {
        <div class="callout" data-tone="warning" role="status">
            <Icon name="trash" />
            <p><b>"This lead was deleted. "</b>"It can be restored with its notes and history."
                {undo_error(back)}
            </p>
            <div class="end">{undo_form(id, change, back)}</div>
        </div>
    }
    .into_any()
}

/// Offers “Undo” for a change made by a form, for browsers without scripts.
#[component]
fn Undoable(id: LeadId, change: ChangeId, back: ServerAction<UndoLeadChange>) -> impl IntoView {
    view! {
        <div class="callout" role="status">
            <Icon name="ok"/>
            <p>"Your last change was saved."
                {undo_error(back)}
            </p>
            <div class="end">{undo_form(id, change, back)}</div>
        </div>
    }
    .into_any()
}

/// Undoes a change of the lead.
fn undo_form(id: LeadId, change: ChangeId, back: ServerAction<UndoLeadChange>) -> impl IntoView {
    view! {
        <IfAllowed to=Permission::WriteLeads>
            <ActionForm action=back>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="change" value=change.to_string()/>
                <button class="btn" type="submit"><Icon name="undo"/>"Undo"</button>
            </ActionForm>
        </IfAllowed>
    }
}

fn undo_error(back: ServerAction<UndoLeadChange>) -> impl IntoView {
    move || match back.value().get() {
        Some(Err(error)) => Some(view! { <br/><b role="alert">{format!("Not undone. {error}")}</b> }),
        _ => None,
    }
}

/// Content of a lead's page, updated in place so that a half-written note stays.
#[component]
fn Follow(
    snapshot: Snapshot<Sheet>,
    after: Option<CampaignId>,
    deleted: Memo<Option<ChangeId>>,
    back: ServerAction<UndoLeadChange>,
    refetch: impl Fn() + Send + Sync + 'static,
) -> impl IntoView {
    let Snapshot { as_of, data: Sheet { detail, ways, campaigns }, .. } = snapshot;
    let id = detail.lead.id;
    let row = Row::new(detail.lead.clone());
    let (detail, campaigns) = (RwSignal::new(detail), RwSignal::new(campaigns));
    let ways = LeadWays::new(id, ways, after);
    let gone = RwSignal::new(None::<ChangeId>);
    let shown = StoredValue::new(as_of);
    let (known, read_ways) = (row.lead.clone(), ways.clone());
    let again = Callback::new(move |()| {
        let (known, read_ways) = (known.clone(), read_ways.clone());
        spawn_local(async move {
            let Ok(newer) = load_lead(id, after).await else { return };
            // Answers may come in another order than they were asked for.
            if detail.is_disposed() || newer.as_of < shown.get_value() {
                return;
            }
            shown.set_value(newer.as_of);
            let Sheet { detail: newer, ways: now, campaigns: open } = newer.data;
            read_ways.take(now);
            campaigns.set(open);
            let lead = newer.lead.clone();
            if known.with_untracked(|known| lead.revision > known.revision) {
                known.set(lead);
            }
            detail.set(newer);
        });
    });
    let live = expect_context::<Live>();
    live.presence("lead", Some(id.0));
    let known = row.lead.clone();
    live.subscribe(Query::Lead { id }, as_of, move |event| match event {
        LiveEvent::Deltas { items, .. } => {
            for delta in items {
                // This subscription also brings the lead's notes.
                if delta.id == id.0 {
                    gone.set((delta.op == DeltaOp::Leave).then_some(delta.change));
                    if delta.op == DeltaOp::Leave {
                        continue;
                    }
                }
                if let Some(lead) = delta.record.as_ref().and_then(|record| record.as_lead())
                    && known.with_untracked(|known| lead.revision > known.revision)
                {
                    known.set(lead.clone());
                }
                // Timeline and owner's name are not in the delta, so read them again.
                again.run(());
            }
        }
        LiveEvent::Reset => refetch(),
        LiveEvent::Total(_) => {}
    });

    let name = field(&row, |lead| lead.name.clone());
    let role = field(&row, role);
    let notes = field(&row, |lead| lead.notes.clone());
    let may_write = may_write();
    let editing = expect_context::<Editing>();
    let query = use_query();
    let undoable = Memo::new(move |_| query.with(|query| query.get_str("undo").and_then(|change| change.parse::<ChangeId>().ok())));
    let undoable = move || undoable.get().map(|change| view! { <Undoable id change back/> });
    let deleted = move || gone.get().map(|change| deleted.get().unwrap_or(change)).map(|change| view! { <Deleted id change back/> });
    let gone_row = row.clone();
    let remove = move |event: ev::SubmitEvent| {
        event.prevent_default();
        editing.delete(gone_row.clone());
    };
    let working = LeadTasks::new(row.clone(), ways, again);
    let removing = ServerAction::<RemoveLead>::new();
    let (facts_row, sums) = (row.clone(), field(&row, |lead| (lead.total_spend, lead.visits)));
    let owner = Memo::new(move |_| detail.with(|detail| detail.owner_name.clone()));
    let known_part = view! {
                <div class="stack span-5 g-s4">
                    <section class="card" aria-labelledby="h-facts">
                        <header><h2 id="h-facts">"Details"</h2></header>
                        <div class="body">{move || view! { <Facts row=facts_row.clone() owner_name=owner.get()/> }}</div>
                        {move || notes.get().map(|notes| view! {
                            <div class="body"><p class="quote as-typed" dir="auto">{notes}</p></div>
                        })}
                    </section>
                    <LeadCampaigns working campaigns/>
                    <LeadOrders lead=id sums/>
                    <History detail/>
                </div>
    }
    .into_any();
    let told_part = view! {
                <section class="card span-7" aria-labelledby="h-timeline">
                    <header><h2 id="h-timeline">"Timeline"</h2><div class="end"><Shows id/></div></header>
                    <div class="body stack g-s3">
                        <Show when=move || may_write.get()><NoteForm id written=again/></Show>
                        <Happened detail/>
                    </div>
                </section>
    }
    .into_any();
    view! {
        <Topbar title=name crumb=("/leads", "Leads")>
            <span class="row g-s15" hidden=move || gone.get().is_some() || !may_write.get()>
                <a class="btn" href=format!("/leads/{id}/edit")><Icon name="note"/>"Edit"</a>
                <form method="post" action=RemoveLead::url() on:submit=remove>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button class="btn danger" type="submit"><Icon name="trash"/>"Delete"</button>
                </form>
            </span>
        </Topbar>
        <div class="scroll"><div class="page">
            {deleted}
            {undoable}
            {move || removing.value().get().and_then(Result::err).map(|error| view! { <Problem error/> })}
            <div class="row g-s3">
                {move || view! { <Avatar name=name.get() size="2.5rem"/> }}
                <div class="grow">
                    <h2 class="trunc title" dir="auto">{name}</h2>
                    <p class="soft trunc" dir="auto">{role}</p>
                </div>
            </div>
            <StageStepper row=row.clone()/>
            <div class="grid">
                {known_part}
                {told_part}
            </div>
        </div></div>
    }
    .into_any()
}

/// Filters of the timeline. In the address, so that they work without scripts and survive a reload.
const SHOWS: [(&str, &str); 3] = [("", "All"), ("notes", "Notes"), ("changes", "Changes")];

fn shown() -> Memo<String> {
    let query = use_query();
    Memo::new(move |_| query.with(|query| query.get("show").unwrap_or_default()))
}

#[component]
fn Shows(id: LeadId) -> impl IntoView {
    let shown = shown();
    let choice = move |(word, label): (&'static str, &'static str)| {
        let href = if word.is_empty() { format!("/leads/{id}") } else { format!("/leads/{id}?show={word}") };
        view! { <a href=href aria-current=move || (shown.get() == word).then_some("true")>{label}</a> }
    };
    view! { <nav class="seg" aria-label="Show">{SHOWS.map(choice)}</nav> }
}

#[component]
fn Happened(detail: RwSignal<LeadDetail>) -> impl IntoView {
    let shown = shown();
    let items = Memo::new(move |_| {
        let shown = shown.get();
        let kept = |item: &TimelineItem| match (shown.as_str(), &item.kind) {
            ("notes", kind) => matches!(kind, TimelineKind::Noted { .. }),
            ("changes", kind) => !matches!(kind, TimelineKind::Noted { .. }),
            _ => true,
        };
        detail.with(|detail| detail.timeline.iter().filter(|item| kept(item)).cloned().collect::<Vec<_>>())
    });
    view! {
        <Timeline items older=Signal::derive(move || detail.with(|detail| detail.older))/>
        {move || items.with(Vec::is_empty).then(|| view! { <p class="muted">"No entries yet."</p> })}
    }
    .into_any()
}

/// `Head of Operations, Halden Freight`
fn role(lead: &Lead) -> String {
    let known: Vec<&str> = [lead.title.as_deref(), lead.company.as_deref()].into_iter().flatten().collect();
    if known.is_empty() { lead.email.clone() } else { known.join(", ") }
}

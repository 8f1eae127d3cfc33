//! The panel beside the list: one lead at a glance, live.

use super::{context::ListContext, row::is_row_click};
use crate::{
    ask,
    leads::{
        api::{Sheet, load_lead},
        edit::Editing,
        page::{Facts, LeadCampaigns, LeadTasks, LeadWays, NoteForm, StageStepper, Timeline, tel},
        store::Row,
    },
    live::{Live, reading},
    ui::{Avatar, Icon, ReadProblem, Skeleton, suspend},
};
use domain::{LeadId, Snapshot, leads::LeadDetail, live::Query, text::grouped};
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

type Detail = Resource<Option<ask::Result<Snapshot<Sheet>>>>;

#[component]
pub fn Peek() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let live = expect_context::<Live>();
    let peeked = Memo::new(move |_| context.listing.with(|listing| listing.peek));
    let detail: Detail = reading(Resource::new(
        move || peeked.get(),
        |id| async move {
            match id {
                Some(id) => Some(load_lead(id, None).await),
                None => None,
            }
        },
    ));
    Effect::new(move |_| {
        if let Some(Some(Ok(known))) = detail.get() {
            live.subscribe(Query::Lead { id: known.data.detail.lead.id }, known.as_of, move |event| {
                if !matches!(event, crate::live::LiveEvent::Total(_)) {
                    detail.refetch();
                }
            });
        }
    });
    // When the panel closes, the focus returns to its row.
    Effect::new(move |before: Option<Option<LeadId>>| {
        let now = peeked.get();
        if let (Some(Some(was)), None) = (before, now) {
            request_animation_frame(move || focus_row(was));
        }
        now
    });
    Effect::new(move |_| live.presence("/leads", peeked.get().map(|id| id.0)));
    move || peeked.get().map(|_| view! { <Panel detail peeked/> })
}

/// Moves the focus to the row or card.
pub fn focus_row(id: LeadId) {
    let row = document().query_selector(&format!("[data-id='{id}']")).ok().flatten();
    if let Some(row) = row.and_then(|row| row.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = row.focus();
    }
}

#[component]
fn Panel(detail: Detail, peeked: Memo<Option<LeadId>>) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let node = NodeRef::<html::Aside>::new();
    Effect::new(move |_| {
        // In the next frame: focusing at once would force a layout of the whole page inside the click handler.
        if let Some(panel) = node.get() {
            request_animation_frame(move || _ = panel.focus());
        }
    });
    let where_ = move || {
        let list = context.list.get()?;
        let at = peeked.get().and_then(|id| list.rows.with(|rows| rows.iter().position(|row| row.id == id)))?;
        let total = list.total.get().map_or_else(String::new, |total| format!(" of {}", grouped(total)));
        Some(format!("{}{total}", grouped(at as i64 + 1)))
    };
    let reload = Callback::new(move |()| detail.refetch());
    let content = move || {
        suspend(async move {
            match detail.await {
                Some(Ok(known)) => view! { <Content sheet=known.data reload/> }.into_any(),
                Some(Err(error)) => view! { <section><ReadProblem error/></section> }.into_any(),
                None => ().into_any(),
            }
        })
    };
    view! {
        <aside class="panel" data-overlay="" aria-label="Lead" tabindex="-1" node_ref=node>
            <header>
                <button type="button" class="btn ghost icon sm" aria-label="Previous lead" on:click=move |_| _ = context.step(-1)><Icon name="chev-up"/></button>
                <button type="button" class="btn ghost icon sm" aria-label="Next lead" on:click=move |_| _ = context.step(1)><Icon name="chev-down"/></button>
                <span class="muted small num">{where_}</span>
                <span class="row push g-s0">
                    <a
                        class="btn ghost icon sm"
                        aria-label="Open full page"
                        href=move || peeked.get().map(|id| format!("/leads/{id}"))
                    >
                        <Icon name="expand"/>
                    </a>
                    <a
                        class="btn ghost icon sm"
                        aria-label="Close panel"
                        href=move || context.listing.with(|listing| listing.with_peek(None).href())
                        on:click=move |event| {
                            // With a modifier key held it is an ordinary link.
                            if is_row_click(&event) {
                                event.prevent_default();
                                context.peek(None);
                            }
                        }
                    >
                        <Icon name="x"/>
                    </a>
                </span>
            </header>
            <Transition fallback=|| view! { <Skeleton rows=12/> }>{content}</Transition>
            // Outside the part that is read again at every change, so that a half-written note stays; each lead has a form of its own.
            <For each=move || peeked.get().filter(|_| context.may_write.get()) key=|id| *id let(id)>
                <footer><NoteForm id written=reload/></footer>
            </For>
        </aside>
    }
    .into_any()
}

#[component]
fn Content(sheet: Sheet, reload: Callback<()>) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let editing = expect_context::<Editing>();
    let Sheet { detail, ways, campaigns } = sheet;
    let LeadDetail { lead, owner_name, timeline, older, .. } = detail;
    let (id, name, email, phone) = (lead.id, lead.name.clone(), lead.email.clone(), lead.phone.clone());
    let about = [lead.title.clone(), lead.company.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let row = Row::new(lead);
    let gone = row.clone();
    let working = LeadTasks::new(row.clone(), LeadWays::new(id, ways, None), reload);
    let delete = move |_| {
        // Marks the list's own row as deleted.
        let row = context.list.get_untracked().and_then(|list| list.row(id)).unwrap_or_else(|| gone.clone());
        editing.delete(row);
        context.peek(None);
    };
    view! {
        <div class="scroll">
            <section class="stack g-s3">
                <div class="row g-s3">
                    <Avatar name=name.clone() size="2.5rem"/>
                    <div class="grow">
                        <h2 class="trunc title" dir="auto">{name}</h2>
                        <p class="soft trunc" dir="auto">{about}</p>
                    </div>
                </div>
                <div class="row g-s15">
                    <a class="btn" href=format!("mailto:{email}")><Icon name="mail"/>"Email"</a>
                    {phone.map(|phone| view! { <a class="btn" href=tel(&phone)><Icon name="phone"/>"Call"</a> })}
                    <Show when=move || context.may_write.get()>
                        <a class="btn" href=format!("/leads/{id}/edit")><Icon name="note"/>"Edit"</a>
                        <button type="button" class="btn icon danger push" aria-label="Delete lead" on:click=delete.clone()><Icon name="trash"/></button>
                    </Show>
                </div>
                <StageStepper row=row.clone()/>
            </section>
            <section><LeadCampaigns working campaigns=RwSignal::new(campaigns) bare=true/></section>
            <section><Facts row owner_name/></section>
            <section class="stack g-s3">
                <h3 class="label">"Timeline"</h3>
                <Timeline items=timeline older/>
            </section>
        </div>
    }
    .into_any()
}

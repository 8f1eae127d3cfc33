//! `/imports`: all imports, newest first, live.

use super::{api::list_imports, words};
use crate::{
    layout::{IfAllowed, Topbar},
    live::{Live, LiveEvent, reading},
    ui::{Empty, Icon, ReadProblem, Skeleton, TimeAgo, suspend},
};
use domain::{
    Entity, ImportId, Permission, Record, Snapshot,
    imports::Import,
    live::{DeltaOp, Query},
    text::grouped,
};
use leptos::prelude::*;

#[component]
pub fn ImportList() -> impl IntoView {
    let imports = reading(Resource::new(|| (), |()| list_imports()));
    view! {
        <Topbar title="Imports">
            <IfAllowed to=Permission::Import><a class="btn primary" href="/imports/new"><Icon name="plus" />"Import a file"</a></IfAllowed>
        </Topbar>
        <div class="scroll"><div class="page">
            <Transition fallback=|| view! { <Skeleton rows=6 /> }>
                {move || suspend(async move {
                    match imports.await {
                        Ok(snapshot) => view! { <Table snapshot refetch=move || imports.refetch() /> }.into_any(),
                        Err(error) => view! { <ReadProblem error /> }.into_any(),
                    }
                })}
            </Transition>
        </div></div>
    }
    .into_any()
}

#[component]
fn Table(snapshot: Snapshot<Vec<Import>>, refetch: impl Fn() + Clone + Send + Sync + 'static) -> impl IntoView {
    let rows = RwSignal::new(snapshot.data.into_iter().map(|import| (import.id, RwSignal::new(import))).collect::<Vec<_>>());
    let live = expect_context::<Live>();
    live.subscribe(Query::list(Entity::Import), snapshot.as_of, move |event| match event {
        LiveEvent::Deltas { items, .. } => {
            for delta in items {
                let id = ImportId(delta.id);
                match delta.record {
                    Some(Record::Import(import)) if delta.op != DeltaOp::Leave => {
                        let known = rows.with_untracked(|rows| rows.iter().find(|row| row.0 == id).map(|row| row.1));
                        match known {
                            Some(row) => row.set(*import),
                            None => rows.update(|rows| rows.insert(0, (id, RwSignal::new(*import)))),
                        }
                    }
                    _ => rows.update(|rows| rows.retain(|row| row.0 != id)),
                }
            }
        }
        LiveEvent::Reset => refetch(),
        LiveEvent::Total(_) => {}
    });
    view! {
        <Show
            when=move || rows.with(|rows| !rows.is_empty())
            fallback=|| view! {
                <Empty icon="inbox" title="No imports yet" text="Bring your leads and orders in from a spreadsheet: save it as CSV or TSV and upload it here.">
                    <IfAllowed to=Permission::Import><a class="btn primary" href="/imports/new"><Icon name="import" />"Import a file"</a></IfAllowed>
                </Empty>
            }
        >
            <section class="card" aria-label="Imports"><div class="table-wrap">
                <table class="table rows-11">
                    <caption class="sr">"Imports, newest first"</caption>
                    <colgroup>
                        <col /><col class="w-28" data-prio="2" /><col class="w-44" /><col class="w-32" data-prio="2" />
                        <col class="w-32" data-prio="3" /><col class="w-40" data-prio="3" /><col class="w-28" data-prio="2" />
                    </colgroup>
                    <thead><tr>
                        <th scope="col">"File"</th><th scope="col" data-prio="2">"Holds"</th><th scope="col">"Status"</th><th scope="col" class="num" data-prio="2">"New"</th>
                        <th scope="col" class="num" data-prio="3">"Rejected"</th><th scope="col" data-prio="3">"By"</th>
                        <th scope="col" data-prio="2">"When"</th>
                    </tr></thead>
                    <tbody>
                        <For each=move || rows.get() key=|row| row.0 let((_, import))><Row import /></For>
                    </tbody>
                </table>
            </div></section>
        </Show>
    }
    .into_any()
}

#[component]
fn Row(import: RwSignal<Import>) -> impl IntoView {
    let progress = expect_context::<Live>().import_progress(import.with_untracked(|import| import.id));
    let counts = move || {
        let kept = import.with(|import| import.counts);
        progress.get().map(|progress| progress.counts).filter(|counts| counts.rows > kept.rows).unwrap_or(kept)
    };
    view! {
        <tr>
            <th scope="row">
                <a class="trunc" dir="auto" href=move || format!("/imports/{}", import.with(|import| import.id))>{move || import.with(|import| import.file.clone())}</a>
            </th>
            <td class="sub" data-prio="2">{move || import.with(|import| import.kind().label())}</td>
            <td>{move || view! { <StatusOf status=import.with(|import| import.status) /> }}</td>
            <td class="num" data-prio="2">{move || grouped(counts().new_records(import.with(Import::kind)))}</td>
            <td class="num sub" data-prio="3">{move || grouped(counts().rejected)}</td>
            <td class="sub trunc" dir="auto" data-prio="3">{move || import.with(|import| import.created_by.clone())}</td>
            <td class="sub" data-prio="2">{move || view! { <TimeAgo at=import.with(|import| import.created_at) /> }}</td>
        </tr>
    }
    .into_any()
}

#[component]
pub fn StatusOf(status: domain::imports::ImportStatus, #[prop(optional)] pill: bool) -> impl IntoView {
    let (tone, icon) = words::look(status);
    view! { <span class=if pill { "pill" } else { "status" } data-tone=tone><Icon name=icon />{status.label()}</span> }
}

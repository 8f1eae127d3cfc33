//! `/exports`: this person's exports, newest first, live.

use super::api::{DeleteExport, list_exports};
use crate::{
    imports::bytes,
    layout::{AllowedPage, Topbar},
    live::{Live, LiveEvent, reading},
    ui::{Empty, Icon, ReadProblem, Skeleton, TimeAgo, suspend},
};
use domain::{
    Entity, ExportId, Permission, Record, Snapshot,
    exports::{Export, ExportStatus},
    live::{DeltaOp, Query},
    text::grouped,
};
use leptos::{form::ActionForm, prelude::*};

#[component]
pub fn ExportList() -> impl IntoView {
    view! { <AllowedPage to=Permission::Export title="Exports" home=("/leads", "Leads")><Page/></AllowedPage> }.into_any()
}

#[component]
fn Page() -> impl IntoView {
    let exports = reading(Resource::new(|| (), |()| list_exports()));
    view! {
        <Topbar title="Exports"/>
        <div class="scroll"><div class="page">
            <Transition fallback=|| view! { <Skeleton rows=6/> }>
                {move || suspend(async move {
                    match exports.await {
                        Ok(snapshot) => view! { <Table snapshot refetch=move || exports.refetch()/> }.into_any(),
                        Err(error) => view! { <ReadProblem error/> }.into_any(),
                    }
                })}
            </Transition>
        </div></div>
    }
    .into_any()
}

#[component]
fn Table(snapshot: Snapshot<Vec<Export>>, refetch: impl Fn() + Clone + Send + Sync + 'static) -> impl IntoView {
    let rows = RwSignal::new(snapshot.data.into_iter().map(|export| (export.id, RwSignal::new(export))).collect::<Vec<_>>());
    expect_context::<Live>().subscribe(Query::list(Entity::Export), snapshot.as_of, move |event| match event {
        LiveEvent::Deltas { items, .. } => {
            for delta in items {
                let id = ExportId(delta.id);
                match delta.record {
                    Some(Record::Export(export)) if delta.op != DeltaOp::Leave => {
                        let known = rows.with_untracked(|rows| rows.iter().find(|row| row.0 == id).map(|row| row.1));
                        match known {
                            Some(row) => row.update(|row| {
                                if export.revision > row.revision {
                                    *row = *export;
                                }
                            }),
                            None => rows.update(|rows| rows.insert(0, (id, RwSignal::new(*export)))),
                        }
                    }
                    _ => rows.update(|rows| rows.retain(|row| row.0 != id)),
                }
            }
        }
        LiveEvent::Reset => refetch(),
        LiveEvent::Total(_) => {}
    });
    // Without scripts, it holds the error of a form.
    let delete = ServerAction::<DeleteExport>::new();
    view! {
        {move || delete.value().get().and_then(Result::err).map(|error| view! {
            <div class="callout" data-tone="danger" role="alert"><Icon name="warn"/><p>{error.to_string()}</p></div>
        })}
        <Show
            when=move || rows.with(|rows| !rows.is_empty())
            fallback=|| view! {
                <Empty icon="export" title="No exports yet" text="Open a list of leads, a segment or the orders, and choose Export there.">
                    <a class="btn primary" href="/leads"><Icon name="leads"/>"Go to leads"</a>
                </Empty>
            }
        >
            <section class="card" aria-label="Exports">
                <div class="table-wrap"><table class="table rows-11">
                    <caption class="sr">"Your exports, newest first"</caption>
                    <colgroup><col/><col class="w-44"/><col class="w-32" data-prio="2"/><col class="w-32" data-prio="3"/><col class="w-28" data-prio="3"/><col class="w-44"/></colgroup>
                    <thead><tr>
                        <th scope="col">"File"</th><th scope="col">"Status"</th><th scope="col" class="num" data-prio="2">"Rows"</th>
                        <th scope="col" class="num" data-prio="3">"Size"</th><th scope="col" data-prio="3">"When"</th>
                        <th scope="col"><span class="sr">"Actions"</span></th>
                    </tr></thead>
                    <tbody><For each=move || rows.get() key=|row| row.0 let((_, export))><Row export delete/></For></tbody>
                </table></div>
                <footer class="noscript-only"><a class="link" href="/exports">"Refresh"</a></footer>
            </section>
        </Show>
    }
    .into_any()
}

#[component]
fn Row(export: RwSignal<Export>, delete: ServerAction<DeleteExport>) -> impl IntoView {
    let id = export.with_untracked(|export| export.id);
    let progress = expect_context::<Live>().export_progress(id);
    // Rows and bytes; the progress is ahead of the record while it runs.
    let now = Memo::new(move |_| {
        let kept = export.with(|export| (export.rows, export.bytes));
        progress.get().map(|progress| (progress.rows, progress.bytes)).filter(|now| now.0 > kept.0).unwrap_or(kept)
    });
    let status = Memo::new(move |_| export.with(|export| export.status));
    let share = move || {
        let total = export.with(|export| export.total).max(1);
        format!("{}%", (now.get().0 * 100 / total).min(99))
    };
    let name = move || export.with(|export| export.file.clone());
    let why = move || export.with(|export| export.error.clone());
    let label = move || if status.get() == ExportStatus::Running { "Stop" } else { "Delete" };
    view! {
        <tr>
            <th scope="row"><span class="trunc">{name}</span></th>
            <td title=why>
                {move || {
                    let (tone, icon) = look(status.get());
                    view! { <span class="status" data-tone=tone><Icon name=icon/>{status.get().label()}</span> }
                }}
                <Show when=move || status.get() == ExportStatus::Running><span class="num muted small">" "{share}</span></Show>
            </td>
            <td class="num" data-prio="2">{move || grouped(now.get().0)}</td>
            <td class="num sub" data-prio="3">{move || bytes(now.get().1)}</td>
            <td class="sub" data-prio="3">{move || view! { <TimeAgo at=export.with(|export| export.created_at)/> }}</td>
            <td>
                <div class="row end">
                    <Show when=move || status.get() == ExportStatus::Done>
                        <a class="btn sm" href=format!("/api/exports/{id}/file") rel="external" download><Icon name="download"/>"Download"</a>
                    </Show>
                    <ActionForm action=delete>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <button class="btn ghost icon" type="submit" aria-label=move || format!("{} {}", label(), name()) title=label>
                            {move || view! { <Icon name=if status.get() == ExportStatus::Running { "stop" } else { "trash" }/> }}
                        </button>
                    </ActionForm>
                </div>
            </td>
        </tr>
    }
    .into_any()
}

/// Tone and icon of a status.
fn look(status: ExportStatus) -> (&'static str, &'static str) {
    match status {
        ExportStatus::Running => ("info", "sending"),
        ExportStatus::Done => ("success", "ok"),
        ExportStatus::Failed => ("danger", "fail"),
        ExportStatus::Expired => ("neutral", "clock"),
    }
}

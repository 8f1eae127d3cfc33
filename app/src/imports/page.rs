//! `/imports/{id}`: one page, whose content depends on the import's status.

use super::{
    api::{get_import, rejected_rows},
    done::Done,
    list::StatusOf,
    mapping::Mapping,
    progress::Running,
    rejected::{SHOWN, follow_rejected},
    words,
};
use crate::{
    AppError,
    address::use_query,
    layout::{Missing, Topbar, use_permission},
    live::{Live, LiveEvent, reading},
    ui::{Empty, Icon, ReadProblem, Skeleton, suspend},
};
use domain::{
    Entity, Error, ImportId, Permission, Record, Snapshot,
    imports::{Import, ImportKind, ImportStatus, OnDuplicate, RejectedRow, Target},
    live::{DeltaOp, Query},
    text::grouped,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};

#[component]
pub fn ImportPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").and_then(|id| id.parse::<ImportId>().ok())));
    // What the person takes the file for.
    let query = use_query();
    let kind = Memo::new(move |_| query.with(|query| query.get_str("kind").and_then(|kind| kind.parse::<ImportKind>().ok())));
    let import = reading(Resource::new(
        move || (id.get(), kind.get()),
        |(id, kind)| async move {
            match id {
                // Both in one `Resource`: one created after a wait would get different hydration ids on the two sides.
                Some(id) => Ok::<_, AppError>((get_import(id, kind).await?, rejected_rows(id, SHOWN).await?)),
                None => Err(Error::not_found("Import", "").into()),
            }
        },
    ));
    view! {
        <Transition fallback=|| view! { <Topbar title="Import" crumb=("/imports", "Imports") /><Skeleton rows=6 /> }>
            {move || suspend(async move {
                match import.await {
                    Ok((snapshot, rejected)) => view! { <Follow snapshot rejected refetch=move || import.refetch() /> }.into_any(),
                    Err(error) if matches!(error.0, Error::NotFound { .. }) => view! { <Missing what="Import" icon="import" home=("/imports", "Imports") gone="discarded"/> }.into_any(),
                    Err(error) => view! { <Topbar title="Import" crumb=("/imports", "Imports") /><div class="page"><ReadProblem error /></div> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// The import, kept up to date by deltas.
#[component]
fn Follow(snapshot: Snapshot<Import>, rejected: Vec<RejectedRow>, refetch: impl Fn() + Send + Sync + 'static) -> impl IntoView {
    let id = snapshot.data.id;
    let import = RwSignal::new(snapshot.data);
    let rejected = follow_rejected(import, rejected);
    let navigate = use_navigate();
    expect_context::<Live>().subscribe(Query::One { kind: Entity::Import, id: id.0 }, snapshot.as_of, move |event| match event {
        LiveEvent::Deltas { items, .. } => {
            for delta in items {
                match (delta.op, delta.record) {
                    (DeltaOp::Leave, _) => navigate("/imports", leptos_router::NavigateOptions::default()),
                    (_, Some(Record::Import(newer))) => import.update(|import| {
                        if newer.revision > import.revision {
                            *import = *newer;
                        }
                    }),
                    _ => {}
                }
            }
        }
        LiveEvent::Reset => refetch(),
        LiveEvent::Total(_) => {}
    });

    let status = Memo::new(move |_| import.with(|import| import.status));
    let may = use_permission(Permission::Import);
    let content = move || {
        match status.get() {
        // Without the permission to import there is no form.
        ImportStatus::Uploaded if !may.get_untracked() => {
            view! { <Empty icon="import" title="Not started yet" text="The person who uploaded this file still has to match its columns to fields."/> }.into_any()
        }
        ImportStatus::Uploaded => view! { <Mapping import /> }.into_any(),
        ImportStatus::Running | ImportStatus::Paused => view! { <Running import rejected/> }.into_any(),
        _ => view! { <Done import rejected/> }.into_any(),
    }
    };
    view! {
        <Topbar title=Signal::derive(move || import.with(|import| import.file.clone())) crumb=("/imports", "Imports")>
            {move || (status.get() != ImportStatus::Uploaded).then(|| view! { <StatusOf status=status.get() pill=true /> })}
        </Topbar>
        <Steps at=Signal::derive(move || if status.get() == ImportStatus::Uploaded { 2 } else { 3 }) note=Signal::derive(move || import.with(about)) />
        <div class="scroll"><div class="page">
            {move || import.with(|import| import.remark.clone()).map(|remark| view! {
                <div class="callout" data-tone="warning" role="status"><Icon name="warn" /><p>{remark}</p></div>
            })}
            {content}
        </div></div>
    }
    .into_any()
}

/// Summary: `84.1 MB · 14 columns · 12 mapped · update on same e-mail`.
fn about(import: &Import) -> String {
    let mut parts = vec![words::bytes(import.size), format!("{} columns", grouped(import.columns.len() as i64))];
    if import.status == ImportStatus::Uploaded {
        parts.push(import.encoding.clone());
    } else {
        let targets: Vec<&Target> = if import.options.mapping.is_empty() {
            import.columns.iter().map(|column| &column.target).collect()
        } else {
            import.options.mapping.iter().collect()
        };
        parts.push(format!("{} mapped", targets.iter().filter(|target| ***target != Target::Skip).count()));
        parts.push(match (import.kind(), import.options.on_duplicate) {
            (ImportKind::Orders, _) => "orders".to_owned(),
            (ImportKind::Leads, OnDuplicate::Skip) => "keep on same e-mail".to_owned(),
            (ImportKind::Leads, OnDuplicate::Update) => "update on same e-mail".to_owned(),
        });
    }
    parts.join(" · ")
}

/// The steps upload, map, result, with the current one marked.
#[component]
pub fn Steps(#[prop(into)] at: Signal<usize>, #[prop(into, optional)] note: Signal<String>) -> impl IntoView {
    let step = move |(number, word): (usize, &'static str)| {
        let done = move || at.get() > number;
        view! {
            <li data-state=move || done().then_some("done") aria-current=move || (at.get() == number).then_some("step")>
                <span>{move || if done() { view! { <Icon name="check" small=true /> }.into_any() } else { number.into_any() }}</span>
                {word}
            </li>
        }
    };
    view! {
        <div class="viewbar min-h-12 page-inline">
            <ol class="stepper" aria-label="Steps of the import">{[(1, "Upload"), (2, "Map columns"), (3, "Result")].map(step)}</ol>
            <div class="end"><span class="small muted num wide-only">{move || note.get()}</span></div>
        </div>
    }
    .into_any()
}

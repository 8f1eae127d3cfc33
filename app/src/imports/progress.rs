//! A running import: progress, speed, and the check that its counts add up.

use super::{
    api::{CancelImport, ContinueImport},
    rejected::Rejected,
    words::{bytes, parts, rows_left, span},
};
use crate::{layout::IfAllowed, live::Live, ui::Icon};
use domain::{
    ImportId, Permission,
    imports::{Import, ImportCounts, ImportKind, ImportProgress, ImportStatus, RejectedRow},
    text::grouped,
};
use leptos::{form::ActionForm, prelude::*};

#[component]
pub fn Running(import: RwSignal<Import>, rejected: RwSignal<Vec<RejectedRow>>) -> impl IntoView {
    let (id, kind) = import.with_untracked(|import| (import.id, import.kind()));
    let told = expect_context::<Live>().import_progress(id);
    let now = Memo::new(move |_| {
        let kept = import.with(|import| ImportProgress {
            id,
            status: import.status,
            read: import.read,
            size: import.size,
            counts: import.counts,
            rows_per_second: 0.0,
        });
        told.get().filter(|told| told.read >= kept.read).map_or(kept.clone(), |told| {
            // On a full disk the pause cannot be stored, so the progress message reports it before the record does.
            let status = if told.status == ImportStatus::Paused { told.status } else { kept.status };
            ImportProgress { status, ..told }
        })
    });
    let paused = Memo::new(move |_| now.with(|now| now.status == ImportStatus::Paused));
    let why = move || import.with(|import| import.error.clone()).unwrap_or_else(|| domain::Error::DiskFull.to_string());
    let stop = ServerAction::<CancelImport>::new();
    let stopping = move || stop.pending().get();
    let left = move || now.with(|now| rows_left(&now.counts, now.read, now.size));
    let speed = move || now.with(|now| now.rows_per_second);
    let time_left = move || if speed() >= 1.0 { span((left() as f64 / speed()).ceil() as i64) } else { "–".to_owned() };

    view! {
        {move || paused.get().then(|| view! { <Paused id why=why() /> })}
        <section class="card" aria-labelledby="h-p">
            <div class="row between wrap count-head">
                <h2 id="h-p" class="value big">
                    {move || now.with(|now| format!("{:.1}%", if now.size > 0 { now.read as f64 * 100.0 / now.size as f64 } else { 0.0 }))}
                    <span class="sr">" of the file read"</span>
                </h2>
                <dl class="row stat wrap g-spread">
                    <div><dt>"Speed"</dt><dd>{move || if speed() >= 1.0 { grouped(speed() as i64) } else { "–".to_owned() }}" "<small>"rows per second"</small></dd></div>
                    <div><dt>"Time left"</dt><dd>{time_left}</dd></div>
                    <div><dt>"Rows left (about)"</dt><dd>{move || grouped(left())}" "<small>"rows"</small></dd></div>
                    <div><dt>"Read"</dt><dd>{move || now.with(|now| bytes(now.read))}" "<small>{move || now.with(|now| format!("of {}", bytes(now.size)))}</small></dd></div>
                </dl>
            </div>
            <div class="body stack g-s35">
                <Bar kind counts=Signal::derive(move || now.with(|now| now.counts)) left=Signal::derive(left) />
                <div class="row between wrap g-s4 top-align">
                    <CheckLine kind counts=Signal::derive(move || now.with(|now| now.counts)) />
                    <IfAllowed to=Permission::Import>
                        <ActionForm action=stop>
                            <input type="hidden" name="id" value=id.to_string() />
                            <button class="btn danger" type="submit" disabled=stopping data-state=move || stopping().then_some("busy")>
                                <Icon name="stop" />{move || if stopping() { "Stopping" } else { "Stop" }}
                            </button>
                        </ActionForm>
                    </IfAllowed>
                </div>
                {move || match stop.value().get() {
                    Some(Err(error)) => Some(view! { <p class="field"><span class="error" role="alert"><Icon name="warn" small=true />{error.to_string()}</span></p> }),
                    _ => None,
                }}
            </div>
        </section>
        <Rejected import rows=rejected/>
    }
    .into_any()
}

/// Why the import paused, and a button to resume it.
#[component]
fn Paused(id: ImportId, why: String) -> impl IntoView {
    let go_on = ServerAction::<ContinueImport>::new();
    view! {
        <div class="callout" data-tone="warning" role="alert">
            <Icon name="warn" />
            <p><b>"The import is paused. "</b>{why}
                {move || match go_on.value().get() {
                    Some(Err(error)) => Some(view! { <br /><b role="alert">{error.to_string()}</b> }),
                    _ => None,
                }}
            </p>
            <div class="end">
                <IfAllowed to=Permission::Import>
                    <ActionForm action=go_on>
                        <input type="hidden" name="id" value=id.to_string() />
                        <button class="btn primary" type="submit" data-state=move || go_on.pending().get().then_some("busy")><Icon name="play" />"Continue"</button>
                    </ActionForm>
                </IfAllowed>
            </div>
        </div>
    }
    .into_any()
}

/// Progress bar with one piece per result. The remaining rows are estimated from the mean row length.
#[component]
pub fn Bar(kind: ImportKind, #[prop(into)] counts: Signal<ImportCounts>, #[prop(into, optional)] left: Signal<i64>) -> impl IntoView {
    let label = move || {
        let mut said: Vec<_> = parts(kind, &counts.get()).iter().map(|part| format!("{} {}", grouped(part.3), part.2)).collect();
        if left.get() > 0 {
            said.push(format!("about {} to read", grouped(left.get())));
        }
        said.join(", ")
    };
    let piece = move |at: usize| {
        let count = move || parts(kind, &counts.get())[at].3;
        let tone = parts(kind, &ImportCounts::default())[at].0;
        view! { <span data-tone=tone style=move || format!("--v:{}", count()) hidden=move || count() == 0 data-state=move || (at == 0 && left.get() > 0).then_some("live")></span> }
    };
    view! {
        <div class="stackbar" role="img" aria-label=label>
            {(0..parts(kind, &ImportCounts::default()).len()).map(piece).collect_view()}
            <span data-tone="quiet" style=move || format!("--v:{}", left.get()) hidden=move || left.get() == 0 && counts.with(|counts| counts.rows > 0)></span>
        </div>
    }
    .into_any()
}

/// The results of all rows add up to the rows read.
#[component]
pub fn CheckLine(kind: ImportKind, #[prop(into)] counts: Signal<ImportCounts>) -> impl IntoView {
    let part = move |at: usize| {
        let (tone, icon, word, _) = parts(kind, &ImportCounts::default())[at];
        view! {
            <li><span>
                <b>{move || grouped(parts(kind, &counts.get())[at].3)}</b>
                <span class="status" data-tone=tone><Icon name=icon />{word}</span>
            </span></li>
        }
    };
    let gap = move || counts.with(|counts| counts.rows - counts.created - counts.updated - counts.duplicates - counts.rejected);
    view! {
        <ul class="checkline" aria-label="Check: all results add up to the rows read">
            {(0..parts(kind, &ImportCounts::default()).len()).map(part).collect_view()}
            <li class="sum"><span>
                <b>{move || grouped(counts.with(|counts| counts.rows))}</b>
                <span class="status" data-tone="neutral"><Icon name="rows" />"rows read"</span>
            </span></li>
        </ul>
        {move || Some(counts.get().incomplete).filter(|count| *count > 0).map(|count| view! {
            <span class="pill" data-tone="warning"><Icon name="warn" small=true />{format!("{} of them with missing cells", grouped(count))}</span>
        })}
        {move || match gap() {
            0 => view! { <span class="pill push" data-tone="success"><Icon name="check" small=true />"All rows counted"</span> }.into_any(),
            gap => view! { <span class="pill push" data-tone="danger"><Icon name="warn" small=true />{format!("{} rows not counted", grouped(gap))}</span> }.into_any(),
        }}
    }
    .into_any()
}

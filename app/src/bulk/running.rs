//! One strip per running bulk action, with progress and “Cancel”.

use super::{
    Bulks,
    api::{cancel_bulk, load_bulk},
};
use crate::live::{Live, LiveEvent};
use domain::{
    BulkId, Entity, Error, Record, Snapshot,
    bulk::{Bulk, BulkProgress, BulkStatus},
    live::Query,
    text::grouped,
};
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn RunningBulks() -> impl IntoView {
    let bulks = expect_context::<Bulks>();
    view! { <For each=move || bulks.running.get() key=|id| *id children=|id| view! { <Running id/> }/> }.into_any()
}

#[component]
fn Running(id: BulkId) -> impl IntoView {
    let bulks = expect_context::<Bulks>();
    let live = expect_context::<Live>();
    let known = RwSignal::new(None::<Snapshot<Bulk>>);
    let load = move || {
        spawn_local(async move {
            match load_bulk(id).await {
                Ok(found) if found.data.status.is_over() => bulks.over(found.data),
                Ok(found) => _ = known.try_set(Some(found)),
                // Another person's action, or it was removed long ago.
                Err(error) if matches!(error.0, Error::NotFound { .. } | Error::Forbidden { .. } | Error::Unauthorized) => bulks.forget(id),
                // After a reconnect the live feed sends it.
                Err(_) => {}
            }
        });
    };
    Effect::new(move |_| load());
    let since = Memo::new(move |_| known.with(|known| known.as_ref().map(|known| known.as_of)));
    Effect::new(move |_| {
        let Some(since) = since.get() else { return };
        live.subscribe(Query::One { kind: Entity::Bulk, id: id.0 }, since, move |event| match event {
            LiveEvent::Deltas { items, .. } => {
                for delta in items {
                    match delta.record {
                        Some(Record::Bulk(bulk)) if bulk.status.is_over() => bulks.over(*bulk),
                        Some(Record::Bulk(bulk)) => known.update(|known| {
                            if let Some(known) = known {
                                known.data = *bulk;
                            }
                        }),
                        _ => {}
                    }
                }
            }
            LiveEvent::Reset => load(),
            LiveEvent::Total(_) => {}
        });
    });
    let progress = live.bulk_progress(id);
    let now = Memo::new(move |_| {
        let progress: Option<BulkProgress> = progress.get();
        known.with(|known| {
            let bulk = &known.as_ref()?.data;
            let progress = progress.filter(|progress| progress.status == bulk.status);
            let (done, total) = progress.map_or((bulk.done, bulk.total), |progress| (progress.done, progress.total));
            Some((bulk.status, done, total))
        })
    });
    let stopping = RwSignal::new(false);
    let stop = move |_| {
        stopping.set(true);
        spawn_local(async move {
            let answer = cancel_bulk(id).await;
            let _ = stopping.try_set(false);
            match answer {
                Ok(bulk) if bulk.status.is_over() => bulks.over(bulk),
                Ok(_) => {}
                Err(error) => bulks.toasts.error(format!("Not stopped. {error}")),
            }
        });
    };
    let inside = move || {
        now.get().map(|(status, done, total)| {
            let word = if status == BulkStatus::Undoing { "Undoing" } else { "Working" };
            view! {
                <span>{word}</span>
                <progress class="progress" max=total.max(1) value=done aria-label=format!("{word} on {} leads", grouped(total))></progress>
                <span class="num muted">{grouped(done)}" of "{grouped(total)}</span>
                {(status == BulkStatus::Running).then(|| view! {
                    <button type="button" class="btn sm" data-state=move || stopping.get().then_some("busy") on:click=stop>"Cancel"</button>
                })}
            }
        })
    };
    view! { <div class="toast running" role="region" aria-label="Bulk action">{inside}</div> }.into_any()
}

//! `/segments`: all segments by name with their sizes, live.

use super::{
    api::{SegmentList, list_segments},
    choices::sentence,
    refresh::Refresh,
};
use crate::{
    fields::use_fields,
    layout::{IfAllowed, Key, Keys, Topbar, use_permission},
    live::{Live, reading},
    ui::{Empty, Icon, ReadProblem, Skeleton, TimeAgo, leave_for, suspend},
};
use domain::{Permission, SegmentId, rule::Named, segments::SizedSegment, text::grouped};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;
use std::time::Duration;

#[component]
pub fn SegmentListPage() -> impl IntoView {
    let loaded = reading(Resource::new(|| (), |()| list_segments()));
    let count = RwSignal::new(None::<i64>);
    bind_keys();
    let rows = move || {
        suspend(async move {
            match loaded.await {
                Ok(list) => view! { <Table list count/> }.into_any(),
                Err(error) => view! { <ReadProblem error/> }.into_any(),
            }
        })
    };
    view! {
        <Topbar title="Segments" count=Signal::derive(move || count.get().map(grouped))>
            <IfAllowed to=Permission::WriteSegments>
                <a class="btn primary" href="/segments/new" aria-keyshortcuts="C">
                    <Icon name="plus"/><span class="wide-text">"New segment"</span><kbd class="wide-only" aria-hidden="true">"C"</kbd>
                </a>
            </IfAllowed>
        </Topbar>
        <div class="scroll"><div class="page"><Transition fallback=|| view! { <Skeleton rows=6/> }>{rows}</Transition></div></div>
    }
    .into_any()
}

/// On this page `C` creates a segment.
fn bind_keys() {
    let (keys, go) = (expect_context::<Keys>(), use_navigate());
    let may_write = use_permission(Permission::WriteSegments);
    keys.bind(move |key: &Key| {
        let new = key.name == "c" && !key.after_g && may_write.get_untracked();
        if new {
            leave_for(&go, "/segments/new");
        }
        new
    });
}

#[component]
fn Table(list: SegmentList, count: RwSignal<Option<i64>>) -> impl IntoView {
    let list = RwSignal::new(list);
    let live = expect_context::<Live>();
    let refresh = Refresh::new();
    let read = move || {
        spawn_local(async move {
            // Answers may come in another order than they were asked for.
            if let Ok(now) = list_segments().await
                && list.try_with_untracked(|list| now.as_of >= list.as_of) == Some(true)
            {
                list.set(now);
            }
        });
    };
    // Each change of a lead may move sizes, and so may each minute that passes.
    Effect::new(move |_| {
        if live.head.get() > list.with_untracked(|list| list.as_of) {
            refresh.ask(read);
        }
    });
    Effect::new(move |_| {
        let timer = set_interval_with_handle(read, Duration::from_mins(1)).ok();
        on_cleanup(move || {
            if let Some(timer) = timer {
                timer.clear();
            }
        });
    });
    Effect::new(move |_| count.set(Some(list.with(|list| list.segments.len() as i64))));
    let ids = Memo::new(move |_| list.with(|list| list.segments.iter().map(|one| one.segment.id).collect::<Vec<_>>()));
    view! {
        <Show
            when=move || ids.with(|ids| !ids.is_empty())
            fallback=|| view! {
                <Empty icon="segments" title="No segments yet" text="A segment is a rule under a name, such as “visited in the last 30 days”. Its leads and their number are always up to date.">
                    <IfAllowed to=Permission::WriteSegments><a class="btn primary" href="/segments/new"><Icon name="plus"/>"New segment"</a></IfAllowed>
                </Empty>
            }
        >
            <section class="card" aria-label="Segments"><div class="table-wrap">
                <table class="table rows-11">
                    <caption class="sr">"Segments, by name"</caption>
                    <colgroup>
                        <col/><col data-prio="2"/><col class="w-28"/><col class="w-40" data-prio="3"/><col class="w-28" data-prio="2"/>
                    </colgroup>
                    <thead><tr>
                        <th scope="col">"Name"</th><th scope="col" data-prio="2">"Leads in it"</th><th scope="col" class="num">"Size"</th>
                        <th scope="col" data-prio="3">"Created by"</th><th scope="col" data-prio="2">"Changed"</th>
                    </tr></thead>
                    <tbody><For each=move || ids.get() key=|id| *id let(id)><Row id list/></For></tbody>
                </table>
            </div></section>
        </Show>
    }
    .into_any()
}

#[component]
fn Row(id: SegmentId, list: RwSignal<SegmentList>) -> impl IntoView {
    let fields = use_fields();
    let row = Memo::new(move |_| list.with(|list| list.segments.iter().find(|one| one.segment.id == id).cloned()));
    // A row that was just deleted is rendered once more.
    let text = move |read: fn(&SizedSegment) -> String| move || row.with(|row| row.as_ref().map(read).unwrap_or_default());
    let about = move || {
        row.with(|row| {
            let Some(SizedSegment { segment, .. }) = row else { return String::new() };
            if segment.description.is_empty() {
                list.with(|list| {
                    let record = |id| list.names.get(&id).cloned();
                    fields.with(|fields| sentence(&segment.rule, Named { record: &record, fields }))
                })
            } else {
                segment.description.clone()
            }
        })
    };
    let size = |one: &SizedSegment| one.size.map_or_else(|| "Counting".to_owned(), grouped);
    view! {
        <tr>
            <th scope="row"><a class="trunc" dir="auto" href=format!("/segments/{id}")>{text(|one| one.segment.name.clone())}</a></th>
            <td class="sub trunc" dir="auto" data-prio="2" title=about>{about}</td>
            <td class="num">{text(size)}</td>
            <td class="sub trunc" dir="auto" data-prio="3">{text(|one| one.segment.created_by.name().to_owned())}</td>
            <td class="sub" data-prio="2">{move || row.with(|row| row.as_ref().map(|one| view! { <TimeAgo at=one.segment.updated_at/> }))}</td>
        </tr>
    }
    .into_any()
}

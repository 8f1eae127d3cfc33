//! The page: the queues, live, and the parked items.

use super::{
    api::{DiscardParked, RetryParked, load_ingest},
    parked::{Asked, ParkedItems},
};
use crate::{
    accounts::SettingsNav,
    address::use_query,
    layout::Topbar,
    live::{Live, LiveEvent, reading},
    ui::{Debounce, Icon, ReadProblem, Skeleton, TimeSince, suspend},
};
use domain::{
    Entity, Snapshot,
    ingest::{BrokerState, IngestState, ParkedCursor, ParkedPage, QueueState, WhichParked},
    live::Query,
    text::grouped,
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

#[component]
pub fn IngestionPage() -> impl IntoView {
    let params = use_query();
    let after = Memo::new(move |_| params.with(|params| params.get("after").and_then(|text| ParkedCursor::try_from(text).ok())));
    let read = reading(Resource::new(move || after.get(), load_ingest));
    let (retry, discard) = (ServerAction::<RetryParked>::new(), ServerAction::<DiscardParked>::new());
    Effect::new(move |_| {
        if [retry.version().get(), discard.version().get()] != [0, 0] {
            read.refetch();
        }
    });
    let which = Memo::new(move |_| params.with(|params| WhichParked::try_from(params.get("sure")?).ok()));
    let asked = Asked { which, after };
    let go = use_navigate();
    Effect::new(move |_| {
        if matches!(discard.value().get(), Some(Ok(_))) && which.get_untracked().is_some() {
            go(&asked.href(None), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        }
    });
    view! {
        <Topbar title="Settings"/>
        <div class="split">
            <SettingsNav here="/settings/ingestion"/>
            <div class="scroll grow"><div class="page top-s6"><div class="settings">
                <Transition fallback=|| view! { <Skeleton rows=6/> }>
                    {move || suspend(async move {
                        match read.await {
                            Ok((state, page)) => view! { <Shown state page asked retry discard refetch=move || read.refetch()/> }.into_any(),
                            Err(error) => view! { <ReadProblem error/> }.into_any(),
                        }
                    })}
                </Transition>
            </div></div></div>
        </div>
    }
    .into_any()
}

#[component]
fn Shown(
    state: Snapshot<IngestState>,
    page: ParkedPage,
    asked: Asked,
    retry: ServerAction<RetryParked>,
    discard: ServerAction<DiscardParked>,
    refetch: impl Fn() + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let Snapshot { as_of, data: kept, .. } = state;
    let live = expect_context::<Live>();
    let again = refetch.clone();
    // Progress comes to whoever follows orders; the orders themselves are not shown here.
    live.subscribe(Query::list(Entity::Order), as_of, move |event| {
        if matches!(event, LiveEvent::Reset) {
            again();
        }
    });
    let told = live.ingest_state();
    let parked = kept.parked();
    let later = Debounce::new();
    // The list is read again when there are more or fewer.
    Effect::new(move |_| {
        if told.with(|told| told.as_ref().is_some_and(|told| told.parked() != parked)) {
            later.run(refetch.clone());
        }
    });
    let now = Memo::new(move |_| told.get().unwrap_or_else(|| kept.clone()));
    // Announced again only when it changed.
    let broker = Memo::new(move |_| now.with(|now| now.broker.clone()));
    view! {
        {move || broker.get().map(|broker| view! { <Broker broker/> })}
        <section class="card" aria-labelledby="h-queues">
            <header><h2 id="h-queues">"Queues"</h2></header>
            <div class="table-wrap"><table class="table">
                <caption class="sr">"Customers and orders that programs sent"</caption>
                <colgroup>
                    <col/><col class="w-24"/><col class="w-32" data-prio="2"/><col class="w-28" data-prio="2"/><col class="w-24"/>
                    <col class="w-18"/>
                </colgroup>
                <thead><tr>
                    <th scope="col">"Queue"</th><th scope="col" class="num">"Waiting"</th><th scope="col" data-prio="2">"Oldest"</th>
                    <th scope="col" class="num" data-prio="2">"Per second"</th><th scope="col" class="num">"Applied"</th>
                    <th scope="col" class="num">"Parked"</th>
                </tr></thead>
                <tbody>{move || now.get().queues.into_iter().map(|queue| view! { <Row queue/> }).collect_view()}</tbody>
            </table></div>
        </section>
        <ParkedItems page count=Signal::derive(move || now.with(IngestState::parked)) asked retry discard/>
    }
    .into_any()
}

/// The server's connection to RabbitMQ.
#[component]
fn Broker(broker: BrokerState) -> impl IntoView {
    let BrokerState { connected, since, reason } = broker;
    if connected {
        return view! { <p class="sub" role="status">"RabbitMQ carries batches, connected "<TimeSince at=since/></p> }.into_any();
    }
    view! {
        <div class="callout" data-tone="warning" role="status">
            <Icon name="warn"/>
            <p>
                "RabbitMQ is away "<TimeSince at=since/>". Batches are accepted and applied from the database."
                {reason.map(|reason| view! { <br/><span dir="auto">{reason}</span> })}
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Row(queue: QueueState) -> impl IntoView {
    let oldest = queue.oldest.map_or_else(|| view! { "–" }.into_any(), |at| view! { <TimeSince at/> }.into_any());
    view! {
        <tr>
            <th scope="row">{queue.queue.label()}</th>
            <td class="num">{grouped(queue.waiting)}</td>
            <td class="sub" data-prio="2">{oldest}</td>
            <td class="num" data-prio="2">{grouped(queue.per_second)}</td>
            <td class="num">{grouped(queue.applied)}</td>
            <td class="num">{grouped(queue.parked)}</td>
        </tr>
    }
}

//! `/orders`: all orders, newest first, live.

use super::{api::list_orders, filter_bar::FilterBar, table::OrderTable, view::View};
use crate::{
    address::use_query,
    layout::Topbar,
    live::{Live, LiveEvent, reading},
    ui::{Debounce, Empty, ReadProblem, Skeleton, suspend},
    workspace::use_workspace,
};
use domain::{Entity, Snapshot, live::Query, orders::OrderPage};
use leptos::prelude::*;

#[component]
pub fn OrderList() -> impl IntoView {
    let params = use_query();
    let view = Memo::new(move |_| params.with(View::read));
    let workspace = use_workspace();
    let asked = move || workspace.with_zone(|zone| view.with(|view| view.query(zone)));
    let page = reading(Resource::new(asked, list_orders));
    let waiting = RwSignal::new(None);
    let rows = move || {
        suspend(async move {
            match page.await {
                Ok(snapshot) => view! { <Shown snapshot view waiting refetch=move || page.refetch()/> }.into_any(),
                Err(error) => view! { <ReadProblem error/> }.into_any(),
            }
        })
    };
    view! {
        <Topbar title="Orders"/>
        <FilterBar view waiting=waiting.into()/>
        <div class="scroll"><div class="page"><Transition fallback=|| view! { <Skeleton rows=10/> }>{rows}</Transition></div></div>
    }
    .into_any()
}

#[component]
fn Shown(
    snapshot: Snapshot<OrderPage>,
    view: Memo<View>,
    waiting: RwSignal<Option<i64>>,
    refetch: impl Fn() + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let Snapshot { as_of, data: OrderPage { orders, next, waiting: count }, .. } = snapshot;
    Effect::new(move |_| waiting.set(Some(count)));
    // Orders come in batches, and each may change what is shown: the page is read again after a pause.
    let later = Debounce::new();
    expect_context::<Live>().subscribe(Query::list(Entity::Order), as_of, move |event| match event {
        LiveEvent::Deltas { .. } | LiveEvent::Reset => later.run(refetch.clone()),
        LiveEvent::Total(_) => {}
    });
    let asked = view.get_untracked();
    if orders.is_empty() {
        return if asked.is_filtered() {
            view! { <Empty icon="search" title="Nothing found" text="No order fits these filters."/> }.into_any()
        } else {
            view! { <Empty icon="orders" title="No orders yet" text="Import a file of orders, or send them by the API; each is applied to its customer once, and appears here live."/> }.into_any()
        };
    }
    let more = next.map(|next| {
        let href = View { after: Some(next), ..asked }.href();
        view! { <footer class="row between"><a class="link push" href=href>"Next page"</a></footer> }
    });
    view! {
        <section class="card" aria-label="Orders">
            <OrderTable orders/>
            {more}
        </section>
    }
    .into_any()
}

//! `/dashboard`: the page and its range.

use super::{
    api::load_dashboard,
    campaigns::Campaigns,
    chart::Chart,
    figures::Figures,
    pipeline::{Connections, Pipeline},
    view::DashboardQuery,
};
use crate::address::use_query;
use crate::{
    activity::Lines,
    layout::{Topbar, use_permission},
    live::{Live, reading},
    ui::{Deferred, Empty, Icon, Menu, ReadProblem, Skeleton, suspend},
};
use domain::{
    Permission, Snapshot,
    dashboard::{Dashboard, Range},
    live::{News, Query},
};
use leptos::prelude::*;

#[component]
pub fn DashboardPage() -> impl IntoView {
    let params = use_query();
    let view = Memo::new(move |_| params.with(DashboardQuery::read));
    let range = Memo::new(move |_| view.get().range);
    let page = reading(Resource::new(move || range.get(), load_dashboard));
    let content = move || {
        suspend(async move {
            match page.await {
                Ok(snapshot) => view! { <Board snapshot view refetch=move || page.refetch()/> }.into_any(),
                Err(error) => view! { <ReadProblem error/> }.into_any(),
            }
        })
    };
    view! {
        <Topbar title="Dashboard"><Pick view/></Topbar>
        <div class="scroll"><div class="page dashboard"><Transition fallback=|| view! { <Skeleton rows=10/> }>{content}</Transition></div></div>
    }
    .into_any()
}

/// Menu of ranges, which are links, so that they work without scripts.
#[component]
fn Pick(view: Memo<DashboardQuery>) -> impl IntoView {
    let link = move |range: Range| {
        let href = move || DashboardQuery { range, ..view.get() }.href();
        let current = move || (view.get().range == range).then_some("true");
        view! { <a role="menuitem" href=href aria-current=current>{format!("Last {}", range.label())}</a> }
    };
    let button = move || {
        view! {
            <span class="row g-s15">
                <span class="wide-only"><Icon name="calendar"/></span>
                <span><span class="wide-text">"Last "</span>{move || view.get().range.label()}</span>
                <Icon name="chev-down" small=true/>
            </span>
        }
    };
    let compare = move || DashboardQuery { compare: !view.get().compare, ..view.get() }.href();
    view! {
        <Menu id="range-menu" class="btn" from="end" button=ViewFn::from(button)>
            {Range::ALL.iter().copied().map(link).collect_view()}
        </Menu>
        <a class="btn ghost wide-only" href=compare title="Compare with the previous period" aria-current=move || view.get().compare.then_some("true")>"Compare"</a>
    }
    .into_any()
}

/// The figures, replaced by news whenever they change.
#[component]
fn Board(snapshot: Snapshot<Dashboard>, view: Memo<DashboardQuery>, refetch: impl Fn() + 'static) -> impl IntoView {
    let Snapshot { as_of, data, .. } = snapshot;
    let range = data.range;
    let shown = RwSignal::new(data);
    let live = expect_context::<Live>();
    live.presence("dashboard", None);
    let on = move |news| {
        if let News::Dashboard(now) = news {
            shown.set(*now);
        }
    };
    live.follow(Query::Dashboard { range }, as_of, on, refetch);
    let compare = Signal::derive(move || view.get().compare);
    let is_new = Memo::new(move |_| shown.with(|shown| shown.total_leads() == 0));
    let may_write = use_permission(Permission::WriteLeads);
    let recent = Memo::new(move |_| shown.with(|shown| shown.recent.clone()));
    view! {
        <Figures shown compare/>
        <Show when=move || is_new.get()>
            <Empty icon="dashboard" title="Nothing to count yet" text="Import a list or add the first lead: the figures update automatically.">
                <Show when=move || may_write.get()>
                    <a class="btn primary" href="/imports/new">"Import leads"</a>
                    <a class="btn" href="/leads/new">"Add a lead"</a>
                </Show>
            </Empty>
        </Show>
        <div class="grid">
            <div class="stack span-8 g-s4">
                <Deferred><Chart shown compare/></Deferred>
                <div class="grid">
                    <Deferred><Pipeline shown/></Deferred>
                    <Deferred><Connections shown/></Deferred>
                </div>
            </div>
            <div class="stack span-4 g-s4">
                <Deferred><Campaigns shown/></Deferred>
                <section class="card grow" aria-labelledby="h-activity">
                    <header><h2 id="h-activity">"Activity"</h2><div class="end"><a class="link small" href="/activity">"All activity"</a></div></header>
                    <div class="body">
                        <Show when=move || recent.with(Vec::is_empty)><p class="muted">"Activity appears here live."</p></Show>
                        <Lines items=recent/>
                    </div>
                </section>
            </div>
        </div>
    }
    .into_any()
}

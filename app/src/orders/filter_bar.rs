//! Filters of the list: a search, all or waiting, and a form for customer and days, which works without scripts.

use super::view::{View, customers};
use crate::{
    exports::orders_link,
    layout::IfAllowed,
    ui::{Icon, Search},
    workspace::use_workspace,
};
use domain::{Permission, orders::OrderQuery, text::grouped};
use leptos::prelude::*;

#[component]
pub fn FilterBar(
    view: Memo<View>,
    /// Number of all waiting orders, once known.
    waiting: Signal<Option<i64>>,
) -> impl IntoView {
    let tab = move |only: bool, label: &'static str| {
        let href = move || view.with(|view| view.with_waiting(only).href());
        let current = move || view.with(|view| view.waiting == only).then_some("true");
        let count =
            move || waiting.get().filter(|count| only && *count > 0).map(|count| view! { <span class="num">{grouped(count)}</span> });
        view! { <a href=href aria-current=current>{label}{count}</a> }
    };
    let filtered = move || view.with(View::is_filtered);
    let workspace = use_workspace();
    view! {
        <div class="viewbar" role="group" aria-label="Filters">
            {search(view)}
            <nav class="views" aria-label="Which orders">{tab(false, "All")}{tab(true, "Waiting")}</nav>
            {move || limits(&view.get())}
            <Show when=filtered><a class="btn ghost sm" href="/orders">"Reset"</a></Show>
            <div class="end">
                <IfAllowed to=Permission::Export>
                    <a class="btn ghost sm" href=move || view.with(|view| orders_link(OrderQuery { cursor: None, ..workspace.with_zone(|zone| view.query(zone)) }))><Icon name="export" small=true/>"Export"</a>
                </IfAllowed>
                <a class="btn ghost sm" href=customers()><Icon name="user" small=true/>"Customers"</a>
            </div>
        </div>
    }
    .into_any()
}

fn search(view: Memo<View>) -> AnyView {
    let text = Signal::derive(move || view.with(|view| view.q.clone()));
    let href = Callback::new(move |text| view.with_untracked(|view| view.with_q(text).href()));
    let waiting = view.with_untracked(|view| view.waiting);
    view! {
        <Search id="search" label="Search orders" action="/orders" text href>
            {waiting.then(|| view! { <input type="hidden" name="waiting" value="1"/> })}
            <button class="btn sm noscript-only" type="submit">"Search"</button>
        </Search>
    }
    .into_any()
}

/// Customer and days. A form that the browser sends by itself: its fields are the address.
fn limits(view: &View) -> AnyView {
    let View { waiting, customer, from, until, q, .. } = view.clone();
    view! {
        <form class="order-limits" method="get" action="/orders" aria-label="Customer and days">
            {waiting.then(|| view! { <input type="hidden" name="waiting" value="1"/> })}
            {(!q.is_empty()).then(|| view! { <input type="hidden" name="q" value=q/> })}
            <input class="input" name="customer" value=customer placeholder="Customer number" aria-label="Customer number" autocomplete="off"/>
            <input class="input" type="date" name="from" value=from aria-label="From day"/>
            <input class="input" type="date" name="until" value=until aria-label="Until day"/>
            <button class="btn sm" type="submit"><Icon name="filter" small=true/>"Apply"</button>
        </form>
    }
    .into_any()
}

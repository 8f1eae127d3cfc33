//! The search box: as one types with scripts, by its button without.

use super::place::Place;
use crate::ui::Icon;
use domain::{
    leads::{Stage, Status},
    views::Layout,
};
use leptos::{html, leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::hooks::use_query_map;
use std::time::Duration;

/// Between the last letter and the question.
const PAUSE: Duration = Duration::from_millis(180);

#[component]
pub fn Search() -> impl IntoView {
    let place = expect_context::<Place>();
    let node = NodeRef::<html::Input>::new();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |event| {
        let text = event_target_value(&event);
        if let Some(before) = waiting.get_value() {
            before.clear();
        }
        let ask = move || {
            let listing = place.listing.get_untracked();
            place.adjust(super::listing::Listing { q: text, cursor: None, ..listing });
        };
        waiting.set_value(set_timeout_with_handle(ask, PAUSE).ok());
    };
    let params = use_query_map();
    Effect::new(move |_| {
        if params.with(|params| params.get("focus").as_deref() == Some("search"))
            && let Some(input) = node.get()
        {
            let _ = input.focus();
        }
    });
    let q = Signal::derive(move || place.listing.with(|listing| listing.q.clone()));
    let hidden = move |name: &'static str, read: fn(&super::listing::Listing) -> Option<String>| {
        move || place.listing.with(read).map(|value| view! { <input type="hidden" name=name value=value/> })
    };
    view! {
        <form class="search" role="search" action="/leads" method="get" on:submit=move |event| event.prevent_default()>
            <Icon name="search" small=true/>
            <input
                node_ref=node
                id="search"
                class="input"
                type="search"
                name="q"
                placeholder="Search"
                aria-label="Search name, e-mail, company, title and notes"
                autocomplete="off"
                value=q.get_untracked()
                prop:value=q
                on:input=typed
            />
            {hidden("rule", |listing| (!listing.filters().is_empty()).then(|| serde_json::to_string(&listing.rule).unwrap_or_default()))}
            {hidden("sort", |listing| Some(listing.sort.to_string()))}
            {hidden("layout", |listing| (listing.layout != Layout::default()).then(|| listing.layout.to_string()))}
            {hidden("view", |listing| listing.view.map(|view| view.to_string()))}
            <PlainFilters/>
        </form>
    }
    .into_any()
}

/// Filters for those without scripts.
#[component]
fn PlainFilters() -> impl IntoView {
    view! {
        <span class="row noscript-only">
            <select class="input" name="status" aria-label="Status">
                <option value="">"Any status"</option>
                {Status::ALL.iter().map(|status| view! { <option value=status.as_str()>{status.label()}</option> }).collect_view()}
            </select>
            <select class="input" name="stage" aria-label="Stage">
                <option value="">"Any stage"</option>
                {Stage::ALL.iter().map(|stage| view! { <option value=stage.as_str()>{stage.label()}</option> }).collect_view()}
            </select>
            <button class="btn sm" type="submit">"Search"</button>
        </span>
    }
}

//! What narrows the list: a search as one types (by its button without scripts), and a link per status.

use super::listing::Listing;
use crate::ui::Icon;
use domain::campaigns::{CampaignSort, CampaignStatus};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::time::Duration;

/// Between the last letter and the question.
const PAUSE: Duration = Duration::from_millis(180);

#[component]
pub fn Narrow(listing: Memo<Listing>) -> impl IntoView {
    let status = move |status: Option<CampaignStatus>| {
        let href = move || listing.with(|listing| listing.with_status(status).href());
        let current = move || listing.with(|listing| listing.status == status).then_some("true");
        view! { <a href=href aria-current=current>{status.map_or("All", CampaignStatus::label)}</a> }
    };
    let statuses = std::iter::once(None).chain(CampaignStatus::ALL.iter().copied().map(Some)).map(status).collect_view();
    view! {
        <div class="viewbar">
            <Search listing/>
            <nav class="views" aria-label="Status">{statuses}</nav>
            <div class="end">
                <Show when=move || listing.with(Listing::is_narrowed)>
                    <a class="btn ghost sm" href=move || listing.with(|listing| listing.with_status(None).with_q(String::new()).href())>"Reset"</a>
                </Show>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Search(listing: Memo<Listing>) -> impl IntoView {
    let go = use_navigate();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |event| {
        let text = event_target_value(&event);
        if let Some(before) = waiting.get_value() {
            before.clear();
        }
        let go = go.clone();
        let ask = move || {
            let href = listing.with_untracked(|listing| listing.with_q(text).href());
            go(&href, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        };
        waiting.set_value(set_timeout_with_handle(ask, PAUSE).ok());
    };
    on_cleanup(move || {
        if let Some(before) = waiting.try_get_value().flatten() {
            before.clear();
        }
    });
    let q = Signal::derive(move || listing.with(|listing| listing.q.clone()));
    let status =
        move || listing.with(|listing| listing.status).map(|status| view! { <input type="hidden" name="status" value=status.as_str()/> });
    let sort = move || listing.with(|listing| listing.sort);
    let sort = move || (sort() != CampaignSort::default()).then(|| view! { <input type="hidden" name="sort" value=sort().to_string()/> });
    view! {
        <form class="search" role="search" action="/campaigns" method="get" on:submit=move |event| event.prevent_default()>
            <Icon name="search" small=true/>
            <input
                id="search"
                class="input"
                type="search"
                name="q"
                placeholder="Search"
                aria-label="Search name and description"
                autocomplete="off"
                value=q.get_untracked()
                prop:value=q
                on:input=typed
            />
            {status}
            {sort}
            <button class="btn sm noscript-only" type="submit">"Search"</button>
        </form>
    }
    .into_any()
}

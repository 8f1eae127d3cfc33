//! Filters of the list: a search (while typing; by its button without scripts) and a link per status.

use super::listing::Listing;
use crate::ui::Search;
use domain::campaigns::{CampaignSort, CampaignStatus};
use leptos::prelude::*;

#[component]
pub fn FilterBar(listing: Memo<Listing>) -> impl IntoView {
    let status = move |status: Option<CampaignStatus>| {
        let href = move || listing.with(|listing| listing.with_status(status).href());
        let current = move || listing.with(|listing| listing.status == status).then_some("true");
        view! { <a href=href aria-current=current>{status.map_or("All", CampaignStatus::label)}</a> }
    };
    let statuses = std::iter::once(None).chain(CampaignStatus::ALL.iter().copied().map(Some)).map(status).collect_view();
    view! {
        <div class="viewbar">
            {search(listing)}
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

fn search(listing: Memo<Listing>) -> AnyView {
    let text = Signal::derive(move || listing.with(|listing| listing.q.clone()));
    let href = Callback::new(move |text| listing.with_untracked(|listing| listing.with_q(text).href()));
    let status =
        move || listing.with(|listing| listing.status).map(|status| view! { <input type="hidden" name="status" value=status.as_str()/> });
    let sort = move || listing.with(|listing| listing.sort);
    let sort = move || (sort() != CampaignSort::default()).then(|| view! { <input type="hidden" name="sort" value=sort().to_string()/> });
    view! {
        <Search id="search" label="Search name and description" action="/campaigns" text href>
            {status}
            {sort}
            <button class="btn sm noscript-only" type="submit">"Search"</button>
        </Search>
    }
    .into_any()
}

//! `/campaigns`: all campaigns and their progress, live.

use super::{api::list_campaigns, figures::CampaignFigures, listing::Listing, search::FilterBar, table::CampaignTable};
use crate::{
    address::use_query,
    layout::{Key, Keys, Topbar, use_permission},
    live::reading,
    ui::{Icon, ReadProblem, Skeleton, leave_for, suspend},
};
use domain::{Permission, text::grouped};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;

#[component]
pub fn CampaignListPage() -> impl IntoView {
    let params = use_query();
    let listing = Memo::new(move |_| params.with(Listing::read));
    let query = Memo::new(move |_| listing.with(Listing::query));
    let page = reading(Resource::new(move || query.get(), list_campaigns));
    let total = RwSignal::new(None::<i64>);
    let may_write = use_permission(Permission::WriteCampaigns);
    bind_keys(may_write);
    let rows = move || {
        suspend(async move {
            match page.await {
                Ok(snapshot) => {
                    view! { <CampaignTable snapshot query=query.get_untracked() listing total refetch=move || page.refetch()/> }.into_any()
                }
                Err(error) => view! { <ReadProblem error/> }.into_any(),
            }
        })
    };
    view! {
        <Topbar title="Campaigns" count=Signal::derive(move || total.get().map(grouped))>
            <Show when=move || may_write.get()>
                <a class="btn primary" href="/campaigns/new" aria-keyshortcuts="C">
                    <Icon name="plus"/><span class="wide-text">"New campaign"</span><kbd class="wide-only" aria-hidden="true">"C"</kbd>
                </a>
            </Show>
        </Topbar>
        <FilterBar listing/>
        <div class="scroll"><div class="page"><CampaignFigures/><Transition fallback=|| view! { <Skeleton rows=6/> }>{rows}</Transition></div></div>
    }
    .into_any()
}

/// On this page `C` creates a campaign, and `/` searches campaigns.
fn bind_keys(may_write: Signal<bool>) {
    let keys = expect_context::<Keys>();
    let go = use_navigate();
    keys.bind(move |key: &Key| {
        match key.name.as_str() {
            _ if key.after_g => return false,
            "c" if may_write.get_untracked() => leave_for(&go, "/campaigns/new"),
            "/" => match document().get_element_by_id("search").and_then(|search| search.dyn_into::<web_sys::HtmlElement>().ok()) {
                Some(search) => _ = search.focus(),
                None => return false,
            },
            _ => return false,
        }
        true
    });
}

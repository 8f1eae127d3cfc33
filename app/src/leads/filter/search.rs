//! Search box of leads: searches while typing with scripts, by its button without.

use crate::{
    address::use_query,
    leads::list::{ListContext, Listing},
    ui::Search,
};
use domain::{
    leads::{Stage, Status, label},
    views::Layout,
};
use leptos::{html, prelude::*};

#[component]
pub fn LeadSearch() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let node = NodeRef::<html::Input>::new();
    let params = use_query();
    Effect::new(move |_| {
        if params.with(|params| params.get("focus").as_deref() == Some("search"))
            && let Some(input) = node.get()
        {
            let _ = input.focus();
        }
    });
    let text = Signal::derive(move || context.listing.with(|listing| listing.q.clone()));
    let href = Callback::new(move |q| Listing { q, cursor: None, ..context.listing.get_untracked() }.href());
    let hidden = move |name: &'static str, read: fn(&Listing) -> Option<String>| {
        move || context.listing.with(read).map(|value| view! { <input type="hidden" name=name value=value/> })
    };
    view! {
        <Search id="search" label="Search name, e-mail, company, title and notes" action="/leads" text href node>
            {hidden("rule", Listing::filters_text)}
            {hidden("sort", |listing| Some(listing.sort.to_string()))}
            {hidden("layout", |listing| (listing.layout != Layout::default()).then(|| listing.layout.to_string()))}
            {hidden("view", |listing| listing.view.map(|view| view.to_string()))}
            <PlainFilters/>
        </Search>
    }
    .into_any()
}

/// Filters for browsers without scripts.
#[component]
fn PlainFilters() -> impl IntoView {
    view! {
        <span class="row noscript-only">
            <select class="input" name="status" aria-label=label::STATUS>
                <option value="">"Any status"</option>
                {Status::ALL.iter().map(|status| view! { <option value=status.as_str()>{status.label()}</option> }).collect_view()}
            </select>
            <select class="input" name="stage" aria-label=label::STAGE>
                <option value="">"Any stage"</option>
                {Stage::ALL.iter().map(|stage| view! { <option value=stage.as_str()>{stage.label()}</option> }).collect_view()}
            </select>
            <button class="btn sm" type="submit">"Search"</button>
        </span>
    }
}

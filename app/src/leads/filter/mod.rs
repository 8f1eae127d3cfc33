//! Filters as chips: field, operator, value, remove. Together they are one rule, in the address. The search box is beside them.

mod form;
pub mod orders;
mod search;
mod segments;
pub mod typed;

use crate::{
    fields::use_fields,
    leads::{
        list::{ListContext, Listing, SortMenu},
        store::LeadList,
    },
    ui::{Icon, Pop},
};
use domain::{
    rule::{Named, Rule, describe_named, describe_test},
    text::grouped,
};
use form::{Draft, FilterForm};
use leptos::prelude::*;
use search::LeadSearch;
use segments::SegmentMenu;

pub const FILTER_MENU: &str = "filter-menu";

/// Most filters with a chip each. The link to remove one holds all others, so the page size grows with the square of their number.
const CHIPS: usize = 24;

#[component]
pub fn Filters() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let draft = RwSignal::new(Draft::default());
    let chips = move || {
        let listing = context.listing.get();
        let more = listing.filters().len().saturating_sub(CHIPS);
        let chips =
            listing.filters().iter().take(CHIPS).cloned().enumerate().map(|(at, rule)| view! { <Chip at rule draft/> }).collect_view();
        (chips, (more > 0).then(|| view! { <span class="chip"><span>{format!("and {} more", grouped(more as i64))}</span></span> }))
    };
    let many = move || context.listing.with(|listing| listing.filters().len() > 1);
    let filtered = move || context.listing.with(|listing| !listing.filters().is_empty() || !listing.q.is_empty());
    view! {
        <div class="viewbar" role="group" aria-label="Filters">
            <LeadSearch/>
            <Transition>{chips}</Transition>
            <Show when=many><Joined/></Show>
            <Pop
                id=FILTER_MENU
                class="chip new"
                label="Filter"
                button=ViewFn::from(|| view! { <span><Icon name="plus" small=true/>"Filter"</span> })
                pressed=Callback::new(move |()| draft.set(Draft::default()))
            >
                <FilterForm draft/>
            </Pop>
            <SegmentMenu/>
            <Show when=filtered>
                <a class="btn ghost sm" href=move || context.listing.with(|listing| listing.with_filters(false, Vec::new()).cleared().href())>"Reset"</a>
            </Show>
            <div class="end">
                <NewRows/>
                <SortMenu/>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Chip(at: usize, rule: Rule, draft: RwSignal<Draft>) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let without = move || {
        context.listing.with(|listing| {
            let parts = listing.filters().iter().enumerate().filter(|(one, _)| *one != at).map(|(_, part)| part.clone()).collect();
            listing.with_filters(listing.any(), parts).href()
        })
    };
    let (name, fields) = (move |id| context.names.with(|names| names.get(&id).cloned()), use_fields());
    let Rule::Test(test) = rule else {
        let words = move || fields.with(|fields| describe_named(&rule, Named { record: &name, fields }));
        return view! {
            <span class="chip"><span>{words}</span><a href=without aria-label="Remove this filter"><Icon name="x" small=true/></a></span>
        }
        .into_any();
    };
    let asked = test.clone();
    let words = Memo::new(move |_| fields.with(|fields| describe_test(&asked, Named { record: &name, fields })));
    let field = words.with_untracked(|words| words.field.clone());
    // Runs before the browser opens the form at this chip.
    let change = move |_| draft.set(Draft::of(at, &test));
    view! {
        <span class="chip">
            <button type="button" class="edit" popovertarget=FILTER_MENU aria-haspopup="dialog" title="Change this filter" on:click=change>
                <span>{field.clone()}</span>
                <span>{words.with_untracked(|words| words.op)}</span>
                // The signal may be disposed if the client disconnects during rendering.
                {move || words.try_with(|words| (!words.value.is_empty()).then(|| view! { <b dir="auto">{words.value.clone()}</b> })).flatten()}
            </button>
            <a href=without aria-label=format!("Remove filter on {}", field.to_lowercase())><Icon name="x" small=true/></a>
        </span>
    }
    .into_any()
}

/// Whether all filters must match, or any of them.
#[component]
fn Joined() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let any = Memo::new(move |_| context.listing.with(Listing::any));
    let other = move || context.listing.with(|listing| listing.with_filters(!listing.any(), listing.filters().to_vec()).href());
    view! {
        <a class="chip" href=other title="Show leads that match all filters, or any of them">
            <span>"Match"</span>
            <b>{move || if any.get() { "any (OR)" } else { "all (AND)" }}</b>
        </a>
    }
}

/// `12 new`: leads that belong above the visible rows. No row moves until it is pressed.
#[component]
fn NewRows() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let count = Memo::new(move |_| context.list.get().map_or(0, LeadList::waiting));
    let show = move |_| {
        if let Some(list) = context.list.get_untracked() {
            list.show_above();
            if let Ok(Some(scroll)) = document().query_selector(".split .scroll") {
                scroll.set_scroll_top(0);
            }
        }
    };
    view! {
        <span aria-live="polite">
            <Show when=move || { count.get() > 0 }>
                <button type="button" class="newrows" on:click=show><Icon name="up" small=true/>{move || grouped(count.get())}" new"</button>
            </Show>
        </span>
    }
}

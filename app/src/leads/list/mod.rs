//! `/leads`: the table of leads or the board, the filters above, and the panel of one lead beside it.

mod bulk_bar;
mod columns;
mod context;
mod delete_many;
mod display;
mod facet_editor;
mod listing;
mod peek;
mod row;
mod sort_menu;
mod states;
mod table;
mod view_bar;
mod virtual_rows;

pub use bulk_bar::BulkBar;
pub use columns::Column;
pub use context::ListContext;
pub use facet_editor::{FACET_MENU, Facet, FacetEditor};
pub use listing::Listing;
pub use row::{is_row_click, peer};
pub use sort_menu::SortMenu;
pub use states::SavedListStates;
pub use virtual_rows::VirtualRows;

use crate::{
    ask,
    exports::leads_link,
    layout::{IfAllowed, Key, Keys, Topbar},
    leads::{
        api::{list_leads, owners},
        board::BoardView,
        filter::Filters,
        store::{LeadList, Picked},
    },
    live::{Live, reading},
    ui::{Deferred, Empty, Icon, ReadProblem, Skeleton, leave_for, suspend},
};
use domain::{LeadId, Permission, accounts::Colleague, text::grouped, views::Layout};
use facet_editor::FacetMenu;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use peek::Peek;
use std::time::Duration;
use table::LeadTable;
use view_bar::ViewBar;
use wasm_bindgen::JsCast;

#[component]
pub fn LeadListPage() -> impl IntoView {
    let names = reading(Resource::new(|| (), |()| owners()));
    let context = ListContext::new(Signal::derive(move || names.get().and_then(Result::ok).unwrap_or_default()));
    provide_context(context);
    provide_context(FacetEditor::new());
    bind_keys(context);
    let layout = Memo::new(move |_| context.listing.with(|listing| listing.layout));
    // The layout switches one task after the address, when no pending callback reads the old rows any more.
    let shown = RwSignal::new(layout.get_untracked());
    Effect::new(move |_| {
        let now = layout.get();
        if shown.get_untracked() != now {
            set_timeout(
                move || {
                    shown.try_set(now);
                },
                Duration::ZERO,
            );
        }
    });
    let content = move || match shown.get() {
        Layout::Table => view! { <Table names/> }.into_any(),
        Layout::Board => view! { <BoardView names/> }.into_any(),
    };
    let count = Signal::derive(move || context.count().map(grouped));
    view! {
        <Topbar title="Leads" count>
            <IfAllowed to=Permission::Import><a class="btn wide-only" href="/imports/new"><Icon name="import"/>"Import"</a></IfAllowed>
            <IfAllowed to=Permission::Export><a class="btn wide-only" href=move || context.listing.with(leads_link)><Icon name="export"/>"Export"</a></IfAllowed>
            <Show when=move || context.may_write.get()>
                <a class="btn primary" href="/leads/new" aria-keyshortcuts="C"><Icon name="plus"/><span class="wide-text">"New lead"</span><kbd class="wide-only" aria-hidden="true">"C"</kbd></a>
            </Show>
        </Topbar>
        <Deferred><ViewBar/></Deferred>
        <Deferred><Filters/></Deferred>
        <Deferred>
            <div class="split">
                <div class="rel stack g-0">
                    {content}
                </div>
                <Peek/>
            </div>
        </Deferred>
        <FacetMenu/>
    }
    .into_any()
}

#[component]
fn Table(names: Resource<ask::Result<Vec<Colleague>>>) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let query = Memo::new(move |_| context.listing.with(Listing::query));
    let page = reading(Resource::new(move || query.get(), list_leads));
    let rows = move || {
        suspend(async move {
            // Rows show owners' names.
            let _ = names.await;
            match page.await {
                Ok(page) => view! { <Rows list=LeadList::new(query.get_untracked(), page)/> }.into_any(),
                Err(error) => view! { <div class="page"><ReadProblem error/></div> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Skeleton rows=14/> }>{rows}</Transition> }.into_any()
}

#[component]
fn Rows(list: LeadList) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let live = expect_context::<Live>();
    list.follow(live);
    Effect::new(move |_| context.list.set(Some(list)));
    let none = Memo::new(move |_| list.rows.with(Vec::is_empty));
    view! {
        <BulkBar picked=list.picked/>
        <Show when=move || !none.get() fallback=NoRows>
            <LeadTable list/>
        </Show>
    }
    .into_any()
}

#[component]
fn NoRows() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let filtered = Memo::new(move |_| context.listing.with(|listing| !listing.filters().is_empty() || !listing.q.is_empty()));
    move || {
        if filtered.get() {
            view! {
                <Empty icon="filter" title="No lead matches" text="Remove a filter or search for something else.">
                    <a class="btn" href="/leads">"Show all leads"</a>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty icon="leads" title="No leads yet" text="Import a CSV or TSV file of any size, or add the first lead by hand.">
                    <IfAllowed to=Permission::Import><a class="btn primary" href="/imports/new"><Icon name="import"/>"Import a file"</a></IfAllowed>
                    <IfAllowed to=Permission::WriteLeads><a class="btn" href="/leads/new"><Icon name="plus"/>"New lead"</a></IfAllowed>
                </Empty>
            }
            .into_any()
        }
    }
}

fn bind_keys(context: ListContext) {
    let keys = expect_context::<Keys>();
    let go = use_navigate();
    keys.bind(move |key: &Key| {
        let peeked = context.listing.get_untracked().peek;
        let current = context.current();
        let picked = context.picked();
        let may_write = context.may_write.get_untracked();
        match key.name.as_str() {
            _ if key.after_g => return false,
            "j" | "ArrowDown" => _ = context.step(1),
            "k" | "ArrowUp" => _ = context.step(-1),
            "J" if may_write => context.extend(1),
            "K" if may_write => context.extend(-1),
            "x" if may_write => match picked.zip(current) {
                Some((picked, id)) => picked.toggle(id, false),
                None => return false,
            },
            " " if peeked.is_none() => context.peek(current),
            " " | "Escape" | "]" if peeked.is_some() => context.peek(None),
            "s" if may_write => return choose(picked, current, "bulk-stage"),
            "a" if may_write => return choose(picked, current, "bulk-owner"),
            "t" if may_write => return choose(picked, current, "bulk-tag"),
            "Escape" => match picked.filter(|picked| !untrack(|| picked.is_empty())) {
                Some(picked) => picked.clear(),
                None => return false,
            },
            "Enter" => match current {
                Some(id) => leave_for(&go, &format!("/leads/{id}")),
                None => return false,
            },
            "e" => press(&current.map(|id| format!("[data-id='{id}'] [data-facet=stage]")).unwrap_or_default()),
            "f" => press(".chip.new"),
            "/" => focus("#search"),
            _ => return false,
        }
        true
    });
}

/// Opens a menu of the bulk toolbar: for the selection, or else for the active row.
fn choose(picked: Option<Picked>, current: Option<LeadId>, menu: &'static str) -> bool {
    let Some(picked) = picked else { return false };
    if untrack(|| picked.is_empty()) {
        let Some(current) = current else { return false };
        picked.pick(current, true, false);
    }
    request_animation_frame(move || press(&format!("[popovertarget={menu}]")));
    true
}

fn find(selector: &str) -> Option<web_sys::HtmlElement> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

fn press(selector: &str) {
    if let Some(element) = find(selector) {
        // A popover returns the focus to the element that had it.
        let _ = element.focus();
        element.click();
    }
}

fn focus(selector: &str) {
    if let Some(element) = find(selector) {
        let _ = element.focus();
    }
}

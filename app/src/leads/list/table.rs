//! The table: sticky head and foot, between them the rows in view. On narrow screens the style sheet lays out each row in two lines.

use super::{
    columns::{Column, tracks},
    context::ListContext,
    facet_editor::FacetEditor,
    listing::Listing,
    row::LeadRow,
    states::{ListState, SavedListStates},
    virtual_rows::VirtualRows,
};
use crate::{
    leads::store::{LeadList, Row},
    ui::{DeferredItem, Icon},
    workspace::use_workspace,
};
use domain::{leads::Sort, text::grouped, views::Density};
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn LeadTable(list: LeadList) -> impl IntoView {
    let context = expect_context::<ListContext>();
    // A memo, so that cells update only when the columns change, not at every change of the address.
    let columns = Memo::new(move |_| context.listing.with(Listing::columns));
    let sight = VirtualRows::new(34.0, context.screen.get_value());
    let node = NodeRef::<html::Div>::new();
    let lists = expect_context::<SavedListStates>();
    let href = Memo::new(move |_| context.listing.with(|listing| listing.with_peek(None).href()));
    // Saves the state of the list, except before the state it was left in is restored.
    let keep = move |container: &web_sys::Element, active| {
        if context.state.with_value(Option::is_none) {
            let state = ListState { rows: list.rows.with_untracked(Vec::len), top: container.scroll_top(), active };
            href.with_untracked(|href| lists.keep(href, state));
        }
    };
    Effect::new(move |_| {
        let active = context.active.get();
        if let Some(container) = node.get_untracked() {
            keep(&container, active);
        }
    });
    let look = move || {
        // A requested frame may run after the list was disposed.
        if let Some(container) = node.try_get_untracked().flatten() {
            sight.look(&container, list, 20);
            if let Some(rows) = sight.screen() {
                context.screen.set_value(rows);
            }
            keep(&container, context.active.get_untracked());
        }
    };
    let chooser = expect_context::<FacetEditor>();
    // Whether the table is scrolled sideways: only then the name is sticky, because sticky cells slow down all scrolling.
    let aside = RwSignal::new(false);
    let scrolled = move |_| {
        look();
        chooser.scrolled();
        let is_aside = node.get_untracked().is_some_and(|container| container.scroll_left() != 0);
        if aside.get_untracked() != is_aside {
            aside.set(is_aside);
        }
    };
    VirtualRows::on_size(move || node.get().is_some(), look);
    find_again(node, sight, list, look);
    reveal_active(node, sight, list);
    let compact = Memo::new(move |_| context.listing.with(|listing| listing.density == Density::Compact));
    Effect::new(move |before: Option<()>| {
        compact.track();
        if before.is_some() {
            request_animation_frame(look);
        }
    });
    let range = Memo::new(move |_| sight.range(list.rows.with(Vec::len)));
    let shown = move || range.with(|range| list.rows.with(|rows| rows.get(range.clone()).map(<[Row]>::to_vec).unwrap_or_default()));
    let above = move || format!("block-size:{}px", sight.space(range.with(|range| range.start)));
    let below = move || {
        format!("block-size:{}px", sight.space(list.rows.with(Vec::len) - range.with(|range| range.end).min(list.rows.with(Vec::len))))
    };
    let row = move |index: ReadSignal<usize>, row: Row| {
        let at = Signal::derive(move || range.with(|range| range.start) + index.get());
        view! { <DeferredItem><LeadRow row at columns list/></DeferredItem> }
    };
    let count = move || list.total.get().map_or(-1, |total| total + 1).to_string();
    // Measured when rows are loaded. An amount that grows later overflows its column until the next load.
    let currency = use_workspace().currency();
    let amount = Memo::new(move |_| {
        let longest = |row: &Row| row.lead.with_untracked(|lead| currency.amount_len(lead.value.unwrap_or_default().max(lead.total_spend)));
        list.rows.with(|rows| rows.iter().map(longest).max().unwrap_or_default())
    });
    let tracks = move || columns.with(|columns| tracks(columns, amount.get()));
    // Plus the checkbox cell and the actions cell.
    let span = move || columns.with(Vec::len) as u32 + 2;
    let heads = move || columns.get().into_iter().map(|column| view! { <Head column/> }).collect_view();
    view! {
        <div class="table-wrap scroll" data-aside=move || aside.get().then_some("") node_ref=node on:scroll=scrolled tabindex="0" role="region" aria-label="Leads">
            <table class="table leads" class:compact=move || compact.get() style=tracks aria-rowcount=count>
                <caption class="sr">{move || context.listing.with(|listing| caption(listing.sort))}</caption>
                <thead><tr aria-rowindex="1"><PickLoaded list/>{heads}<th scope="col"><span class="sr">"Actions"</span></th></tr></thead>
                <tbody>
                    <tr aria-hidden="true" class="gap" style=above></tr>
                    <ForEnumerate each=shown key=|row| row.id children=row/>
                    <tr aria-hidden="true" class="gap" style=below></tr>
                </tbody>
                <tfoot><tr><td class="foot" colspan=span><Foot list/></td></tr></tfoot>
            </table>
        </div>
    }
    .into_any()
}

/// Selects all loaded leads. The toolbar offers to select all that match.
#[component]
fn PickLoaded(list: LeadList) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let loaded = Memo::new(move |_| list.picked.has_loaded());
    let some = Memo::new(move |_| !list.picked.is_empty() && !loaded.get());
    view! {
        <th scope="col" class="scripts-only">
            <Show when=move || context.may_write.get()>
                <input
                    class="check"
                    type="checkbox"
                    aria-label="Select all loaded leads"
                    prop:checked=loaded
                    prop:indeterminate=some
                    on:click=move |_| list.picked.pick_loaded()
                />
            </Show>
        </th>
    }
    .into_any()
}

fn caption(sort: Sort) -> String {
    format!("Leads, by {}, {}", sort.column.label().to_lowercase(), if sort.descending { "descending" } else { "ascending" })
}

/// Column head. Sorting is a link, so that it works without scripts.
#[component]
fn Head(column: Column) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let class = column.is_figure().then_some("num");
    let Some(by) = column.sort() else {
        return view! { <th scope="col" class=class data-prio=column.priority()>{column.label()}</th> }.into_any();
    };
    let sorted = Memo::new(move |_| context.listing.with(|listing| (listing.sort.column == by).then_some(listing.sort.descending)));
    let href = move || {
        let descending = sorted.get().map_or(column.starts_descending(), |descending| !descending);
        context.listing.with(|listing| listing.with_sort(Sort { column: by, descending }).href())
    };
    let arrow = move || sorted.get().map(|descending| view! { <Icon name=if descending { "down" } else { "up" } small=true/> });
    view! {
        <th
            scope="col"
            class=class
            data-prio=column.priority()
            aria-sort=move || sorted.get().map(|descending| if descending { "descending" } else { "ascending" })
        >
            <a href=href>{column.label()}{arrow}</a>
        </th>
    }
    .into_any()
}

#[component]
fn Foot(list: LeadList) -> impl IntoView {
    let loaded = move || list.rows.with(Vec::len);
    let all = move || list.total.get().map(grouped);
    view! {
        <span class="row between">
            <span aria-live="polite">
                <b>{move || all().unwrap_or_else(|| format!("{}+", grouped(loaded() as i64)))}</b>
                {move || if list.total.get() == Some(1) { " lead" } else { " leads" }}
            </span>
            <NextPage list/>
        </span>
    }
    .into_any()
}

/// For browsers without scripts; with them, scrolling loads more rows.
#[component]
fn NextPage(list: LeadList) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let href = move || {
        list.next.get().map(|cursor| {
            let listing = context.listing.get();
            Listing { cursor: Some(cursor), peek: None, ..listing }.href()
        })
    };
    move || href().map(|href| view! { <a class="link noscript-only" href=href>"Next page"</a> })
}

/// After Back: loads as many rows as there were, and restores the scroll position.
fn find_again(node: NodeRef<html::Div>, sight: VirtualRows, list: LeadList, look: impl Fn() + Copy + 'static) {
    let context = expect_context::<ListContext>();
    Effect::new(move |_| {
        let (Some(state), Some(container)) = (context.state.get_value(), node.get()) else { return };
        // If the person has scrolled meanwhile, leave the position alone.
        let is_at_top = container.scroll_top() == 0;
        if is_at_top && list.rows.with(Vec::len) < state.rows && list.next.with_untracked(Option::is_some) {
            return list.load_to(state.rows);
        }
        context.state.set_value(None);
        if !is_at_top {
            return;
        }
        // The first frame measures the rows; by the second the scroll height is as before.
        request_animation_frame(move || {
            look();
            request_animation_frame(move || {
                container.set_scroll_top(state.top);
                look();
                // The list may be disposed by now. Activating a row out of view would scroll to it.
                let row = state.active.filter(|_| !list.rows.is_disposed()).and_then(|id| list.position(id));
                if row.is_some_and(|at| sight.is_in_sight(&container, at)) {
                    context.active.try_set(state.active);
                }
            });
        });
    });
}

/// Scrolls to the active row and focuses it, unless the focus is in the panel, a menu or the row itself.
fn reveal_active(node: NodeRef<html::Div>, sight: VirtualRows, list: LeadList) {
    let context = expect_context::<ListContext>();
    Effect::new(move |_| {
        let (Some(id), Some(container)) = (context.active.get(), node.get_untracked()) else { return };
        if let Some(at) = list.position(id) {
            sight.reveal(&container, at);
        }
        request_animation_frame(move || {
            // The focus may be on the row's checkbox, which was just ticked.
            let stays = format!(".panel, .viewbar, .menu, [data-id='{id}']");
            let in_panel = document().active_element().is_some_and(|focus| focus.closest(&stays).is_ok_and(|hit| hit.is_some()));
            if let Some(row) = container.query_selector(&format!("[data-id='{id}']")).ok().flatten()
                && !in_panel
                && let Ok(row) = row.dyn_into::<web_sys::HtmlElement>()
            {
                let _ = row.focus();
            }
        });
    });
}

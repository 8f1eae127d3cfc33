//! Sort menu, which offers all columns, shown or not. Its entries are links, so that it works without scripts.

use super::{columns::Column, context::ListContext};
use crate::ui::{Icon, Menu};
use domain::leads::Sort;
use leptos::prelude::*;

#[component]
pub fn SortMenu() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let sort = Memo::new(move |_| context.listing.with(|listing| listing.sort));
    let arrow = move || if sort.get().descending { "down" } else { "up" };
    let words = move || if sort.get().descending { ", descending" } else { ", ascending" };
    let button = move || {
        view! {
            <Icon name="sort" small=true/>
            <span class="sr">"Sorted by "</span>
            {move || sort.get().column.label()}
            <span class="sr">{words}</span>
            {move || view! { <Icon name=arrow() small=true/> }}
        }
    };
    let item = move |column: Column| {
        let by = column.sort()?;
        let is = Memo::new(move |_| sort.with(|sort| sort.column == by));
        let href =
            move || context.listing.with(|listing| listing.with_sort(Sort { column: by, descending: column.starts_descending() }).href());
        Some(view! {
            <a role="menuitemradio" href=href aria-checked=move || is.get().to_string()>
                <span class:invisible=move || !is.get()><Icon name="check" small=true/></span>
                {by.label()}
            </a>
        })
    };
    let reversed = move || {
        let Sort { column, descending } = sort.get();
        context.listing.with(|listing| listing.with_sort(Sort { column, descending: !descending }).href())
    };
    view! {
        <span class="vr wide-only"></span>
        <Menu id="sort-menu" class="btn ghost sm" from="end" button=ViewFn::from(button)>
            {Column::ALL.iter().copied().filter_map(item).collect_view()}
            <div role="separator"></div>
            <a role="menuitem" href=reversed><Icon name="sort" small=true/>"Reverse order"</a>
        </Menu>
    }
    .into_any()
}

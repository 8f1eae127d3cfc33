//! Density and columns of the list. Both are in the address; the columns are also remembered in this browser.

use super::{
    columns::{Column, default_columns, read_columns, write_columns},
    context::ListContext,
    listing::Listing,
};
use crate::ui::{Icon, Menu};
use domain::views::Density;
use leptos::prelude::*;

const REMEMBERED: &str = "leads.columns";

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

#[component]
pub fn Display() -> impl IntoView {
    let context = expect_context::<ListContext>();
    Effect::new(move |_| {
        let listing = context.listing.get_untracked();
        let remembered = storage().and_then(|storage| storage.get_item(REMEMBERED).ok().flatten());
        if let Some(words) = remembered.filter(|_| listing.columns.is_none() && listing.view.is_none()) {
            context.adjust(Listing { columns: Some(read_columns(&words)), ..listing });
        }
    });
    let toggle = move |column: Column| {
        let listing = context.listing.get_untracked();
        let mut shown = listing.columns();
        if shown.contains(&column) {
            shown.retain(|one| *one != column);
        } else {
            shown.push(column);
        }
        let columns: Vec<_> = Column::ALL.iter().copied().filter(|one| shown.contains(one)).collect();
        let usual = columns == default_columns();
        if let Some(storage) = storage() {
            let _ = if usual { storage.remove_item(REMEMBERED) } else { storage.set_item(REMEMBERED, &write_columns(&columns)) };
        }
        context.adjust(Listing { columns: (!usual).then_some(columns), ..listing });
    };
    let item = move |column: Column| {
        let shown = Memo::new(move |_| context.listing.with(|listing| listing.columns().contains(&column)));
        view! {
            <button type="button" role="menuitemcheckbox" aria-checked=move || shown.get().to_string() on:click=move |_| toggle(column)>
                <span class:invisible=move || !shown.get()><Icon name="check" small=true/></span>
                {column.label()}
            </button>
        }
    };
    let density = move |density: Density| {
        let now = Memo::new(move |_| context.listing.with(|listing| listing.density == density));
        let set = move |_| context.adjust(Listing { density, ..context.listing.get_untracked() });
        view! {
            <button type="button" role="menuitemradio" aria-checked=move || now.get().to_string() on:click=set>
                <span class:invisible=move || !now.get()><Icon name="check" small=true/></span>
                {density.label()}
            </button>
        }
    };
    view! {
        <Menu
            id="display-menu"
            class="btn ghost sm"
            from="end"
            button=ViewFn::from(|| view! { <Icon name="display" small=true/><span class="wide-text">"Display"</span> })
        >
            {Density::ALL.iter().copied().map(density).collect_view()}
            <div role="separator"></div>
            {Column::ALL.iter().copied().filter(|column| *column != Column::Name).map(item).collect_view()}
        </Menu>
    }
    .into_any()
}

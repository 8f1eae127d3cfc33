//! Bar above the filters: saved views, layout and display options.

use super::{context::ListContext, display::Display};
use crate::{ui::Icon, views::ViewTabs};
use domain::views::Layout;
use leptos::prelude::*;

#[component]
pub fn ViewBar() -> impl IntoView {
    let context = expect_context::<ListContext>();
    view! {
        <div class="viewbar">
            <ViewTabs listing=context.listing/>
            <div class="end">
                <Layouts/>
                <Display/>
            </div>
        </div>
    }
    .into_any()
}

/// Table or board. Links, so that they work without scripts.
#[component]
fn Layouts() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let link = move |layout: Layout| {
        let href = move || context.listing.with(|listing| listing.with_layout(layout).href());
        let current = move || context.listing.with(|listing| (listing.layout == layout).then_some("true"));
        view! { <a href=href aria-current=current><Icon name=if layout == Layout::Board { "board" } else { "rows" } small=true/>{layout.label()}</a> }
    };
    view! { <div class="seg" role="group" aria-label="Layout">{Layout::ALL.iter().copied().map(link).collect_view()}</div> }
}

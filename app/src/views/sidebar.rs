//! Saved views in the sidebar.

use super::{Views, count::ViewCount};
use crate::address::use_query;
use crate::{leads::Listing, ui::Icon};
use domain::views::{Layout, View};
use leptos::prelude::*;

#[component]
pub fn SavedViews() -> impl IntoView {
    let views = expect_context::<Views>();
    let params = use_query();
    let link = move |view: View| {
        let id = view.id.to_string();
        let (name, title) = (view.name.clone(), view.name);
        let icon = if view.query.layout == Layout::Board { "board" } else { "rows" };
        let current = move || params.with(|params| params.get_str("view") == Some(&id)).then_some("page");
        view! {
            <li><a href=Listing::of_view(view.id, view.query).href() title=title aria-current=current><Icon name=icon/><span class="trunc" dir="auto">{name}</span><ViewCount id=view.id/></a></li>
        }
    };
    let list = move || {
        let all = views.all();
        (!all.is_empty()).then(|| {
            view! { <nav aria-label="Saved views"><h2>"Saved views"</h2><ul>{all.into_iter().map(link).collect_view()}</ul></nav> }
        })
    };
    view! { <Transition>{list}</Transition> }.into_any()
}

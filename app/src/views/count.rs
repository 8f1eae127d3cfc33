//! How many leads a view shows.

use super::Views;
use crate::leads::Listing;
use domain::{ViewId, rule::Rule, text::grouped, views::View};
use leptos::prelude::*;

/// So many views are counted: one socket may subscribe to 64 queries, and a count that nothing keeps would grow stale.
pub(super) const COUNTED: usize = 40;

/// Which leads it shows.
pub(super) fn shown(view: &View) -> Rule {
    Listing::of_view(view.id, view.query.clone()).query().rule
}

/// To be shown under a `Transition`.
#[component]
pub(super) fn ViewCount(id: ViewId) -> impl IntoView {
    let views = expect_context::<Views>();
    move || views.count(id).map(|count| view! { <span class="num">{grouped(count)}</span> })
}

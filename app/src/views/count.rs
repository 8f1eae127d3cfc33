//! Number of leads per view.

use super::Views;
use crate::leads::Listing;
use domain::{ViewId, rule::Rule, text::grouped, views::View};
use leptos::prelude::*;

/// Most views with a count: a socket may subscribe to 64 queries, and a count without a subscription would become stale.
pub(super) const COUNTED: usize = 40;

/// Rule of the leads that a view shows.
pub(super) fn shown(view: &View) -> Rule {
    Listing::of_view(view.id, view.query.clone()).query().rule
}

/// Must be rendered under a `Transition`.
#[component]
pub(super) fn ViewCount(id: ViewId) -> impl IntoView {
    let views = expect_context::<Views>();
    move || views.count(id).map(|count| view! { <span class="num">{grouped(count)}</span> })
}

//! `/activity`.

use super::page::ActivityLogPage;
use leptos::prelude::*;
use leptos_router::{SsrMode, components::Route, path};

#[component(transparent)]
pub fn ActivityRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! { <Route path=path!("activity") view=ActivityLogPage ssr=SsrMode::Async/> }.into_inner()
}

//! Leads: the list with its peek panel, and what may be asked about them.

pub mod api;
mod list;

use leptos::prelude::*;
use leptos_router::{
    SsrMode, StaticSegment,
    components::{ParentRoute, Redirect, Route},
};

#[component(transparent)]
pub fn LeadRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=StaticSegment("") view=leptos_router::components::Outlet>
            <Route path=StaticSegment("") view=|| view! { <Redirect path="/leads"/> } ssr=SsrMode::Async/>
            <Route path=StaticSegment("leads") view=list::LeadListPage ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

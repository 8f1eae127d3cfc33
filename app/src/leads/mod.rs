//! Leads: the list with its peek panel, and what may be asked about them.

pub mod api;
mod choose;
mod columns;
mod conflict;
mod display;
mod edit;
mod facts;
mod filter_form;
mod filters;
mod list;
mod listing;
mod narrow;
mod note_form;
mod order;
mod peek;
mod place;
mod row;
mod search;
mod stages;
mod store;
mod table;
mod timeline;
mod window;

use conflict::ConflictDialog;
use edit::Editing;
use leptos::prelude::*;
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Outlet, ParentRoute, Redirect, Route},
};

#[component(transparent)]
pub fn LeadRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=StaticSegment("") view=LeadPages>
            <Route path=StaticSegment("") view=|| view! { <Redirect path="/leads"/> } ssr=SsrMode::Async/>
            <Route path=StaticSegment("leads") view=list::LeadListPage ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

/// What every page about leads has: edits, and what to do when two collide.
#[component]
fn LeadPages() -> impl IntoView {
    provide_context(Editing::new());
    view! {
        <Outlet/>
        <ConflictDialog/>
    }
}

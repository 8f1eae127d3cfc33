//! Leads: list, board, panel, page, form and bulk actions.

pub mod api;
mod board;
mod conflict;
mod edit;
pub mod filter;
mod form;
mod list;
mod page;
mod save;
mod store;

pub use form::tags;
pub use list::{Column, Listing};

use crate::layout::NavPage;
use conflict::ConflictDialog;
use edit::Editing;
use leptos::prelude::*;
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Outlet, ParentRoute, Route},
    path,
};
use list::SavedListStates;

pub const NAV: NavPage = NavPage { name: "Leads", icon: "leads", href: "/leads", keys: &["G", "L"], areas: &[] };

#[component(transparent)]
pub fn LeadRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=StaticSegment("") view=LeadPages>
            <Route path=StaticSegment("leads") view=list::LeadListPage ssr=SsrMode::Async/>
            <Route path=path!("leads/new") view=form::NewLeadPage ssr=SsrMode::Async/>
            <Route path=path!("leads/:id") view=page::LeadPage ssr=SsrMode::Async/>
            <Route path=path!("leads/:id/edit") view=form::EditLeadPage ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

/// What all pages about leads share: edits and the conflict dialog.
#[component]
fn LeadPages() -> impl IntoView {
    provide_context(Editing::new());
    provide_context(SavedListStates::new());
    view! {
        <Outlet/>
        <ConflictDialog/>
    }
}

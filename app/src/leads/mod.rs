//! Leads: list, board, panel, page, form and bulk actions.

pub mod api;
mod bar;
mod board;
mod choose;
mod columns;
mod conflict;
mod consent;
mod delete_many;
mod display;
mod edit;
mod facts;
pub mod fields;
mod filter_form;
mod filters;
mod form;
mod form_conflict;
mod history;
mod left;
mod list;
mod listing;
mod note;
mod note_form;
mod order;
mod page;
mod peek;
mod picked;
mod place;
mod row;
mod save;
mod search;
mod sort_menu;
mod stages;
mod store;
mod table;
mod timeline;
mod view_bar;
mod ways;
mod window;
mod work;

pub use listing::Listing;

use conflict::ConflictDialog;
use edit::Editing;
use left::LeftLists;
use leptos::prelude::*;
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Outlet, ParentRoute, Route},
    path,
};

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
    provide_context(LeftLists::new());
    view! {
        <Outlet/>
        <ConflictDialog/>
    }
}

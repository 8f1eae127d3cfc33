//! Leads: list, board, panel, page, form and bulk actions.

pub mod api;
mod board;
mod bulk_bar;
mod columns;
mod conflict;
mod consent;
mod delete_many;
mod display;
mod edit;
mod facet_editor;
mod facts;
pub mod fields;
mod filter_form;
mod filters;
mod form;
mod form_conflict;
mod history;
mod lead_campaigns;
mod lead_tasks;
mod list;
mod list_context;
mod list_states;
mod listing;
mod note;
mod note_form;
mod order;
mod page;
mod peek;
mod row;
mod save;
mod search;
mod selection;
mod sort_menu;
mod stages;
mod store;
mod table;
mod timeline;
mod view_bar;
mod virtual_rows;

pub use listing::Listing;

use conflict::ConflictDialog;
use edit::Editing;
use leptos::prelude::*;
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Outlet, ParentRoute, Route},
    path,
};
use list_states::SavedListStates;

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

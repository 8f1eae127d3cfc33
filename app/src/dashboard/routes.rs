//! `/dashboard`; `/` redirects to it.

use crate::areas::{AreaPage::Office, OfficePages};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Redirect, Route},
    path,
};

#[component(transparent)]
pub fn DashboardRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("") view=Outlet>
            <Route path=path!("") view=|| view! { <Redirect path="/dashboard"/> } ssr=SsrMode::Async/>
            <Route path=path!("dashboard") view=Office(OfficePages::Dashboard) ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

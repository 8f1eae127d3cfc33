//! `/dashboard`; `/` redirects to it.

use crate::{
    areas::{Area, AreaPage::Office, OfficePages},
    layout::NavPage,
};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Redirect, Route},
    path,
};

pub const NAV: NavPage = NavPage { name: "Dashboard", icon: "dashboard", href: "/dashboard", keys: &["G", "D"], areas: &[Area::Office] };

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

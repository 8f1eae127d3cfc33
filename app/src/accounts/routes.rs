//! `/signin`, `/setup` and `/join` outside the frame, `/settings` inside it.

use crate::{
    areas::{Area, AreaPage::Office, OfficePages},
    layout::NavPage,
};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    path,
};

#[component(transparent)]
pub fn GateRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("") view=Outlet>
            <Route path=path!("signin") view=Office(OfficePages::SignIn) ssr=SsrMode::Async/>
            <Route path=path!("setup") view=Office(OfficePages::SetUp) ssr=SsrMode::Async/>
            <Route path=path!("join") view=Office(OfficePages::Join) ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

pub const NAV: NavPage = NavPage { name: "Settings", icon: "settings", href: "/settings", keys: &[], areas: &[Area::Office] };

#[component(transparent)]
pub fn AccountRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("settings") view=Outlet>
            <Route path=path!("") view=Office(OfficePages::Settings) ssr=SsrMode::Async/>
            <Route path=path!("api") view=Office(OfficePages::Api) ssr=SsrMode::Async/>
            <Route path=path!("fields") view=Office(OfficePages::Fields) ssr=SsrMode::Async/>
            <Route path=path!("fields/:id") view=Office(OfficePages::Field) ssr=SsrMode::Async/>
            <Route path=path!("ingestion") view=Office(OfficePages::Ingestion) ssr=SsrMode::Async/>
            <Route path=path!("tags") view=Office(OfficePages::Tags) ssr=SsrMode::Async/>
            <Route path=path!("tags/edit") view=Office(OfficePages::Tag) ssr=SsrMode::Async/>
            <Route path=path!("people/:id") view=Office(OfficePages::Person) ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

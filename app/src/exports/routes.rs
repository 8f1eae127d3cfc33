//! `/exports`.

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

pub const NAV: NavPage = NavPage { name: "Exports", icon: "export", href: "/exports", keys: &["G", "E"], areas: &[Area::Office] };

#[component(transparent)]
pub fn ExportRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("exports") view=Outlet>
            <Route path=path!("") view=Office(OfficePages::Exports) ssr=SsrMode::Async/>
            <Route path=path!("new") view=Office(OfficePages::NewExport) ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

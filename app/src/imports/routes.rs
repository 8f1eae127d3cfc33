//! `/imports`.

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

pub const NAV: NavPage = NavPage { name: "Imports", icon: "import", href: "/imports", keys: &["G", "I"], areas: &[Area::Office] };

#[component(transparent)]
pub fn ImportRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("imports") view=Outlet>
            <Route path=path!("") view=Office(OfficePages::Imports) ssr=SsrMode::Async/>
            <Route path=path!("new") view=Office(OfficePages::NewImport) ssr=SsrMode::Async/>
            <Route path=path!(":id") view=Office(OfficePages::Import) ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

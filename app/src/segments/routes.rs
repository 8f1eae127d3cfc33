//! `/segments`.

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

pub const NAV: NavPage = NavPage { name: "Segments", icon: "segments", href: "/segments", keys: &["G", "S"], areas: &[Area::Office] };

#[component(transparent)]
pub fn SegmentRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("segments") view=Outlet>
            <Route path=path!("") view=Office(OfficePages::Segments) ssr=SsrMode::Async/>
            <Route path=path!("new") view=Office(OfficePages::NewSegment) ssr=SsrMode::Async/>
            <Route path=path!(":id") view=Office(OfficePages::Segment) ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

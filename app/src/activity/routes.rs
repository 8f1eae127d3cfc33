//! `/activity`.

use crate::{
    areas::{Area, AreaPage::Office, OfficePages},
    layout::NavPage,
};
use leptos::prelude::*;
use leptos_router::{SsrMode, components::Route, path};

pub const NAV: NavPage = NavPage { name: "Activity log", icon: "activity", href: "/activity", keys: &["G", "A"], areas: &[Area::Office] };

#[component(transparent)]
pub fn ActivityRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! { <Route path=path!("activity") view=Office(OfficePages::Activity) ssr=SsrMode::Async/> }.into_inner()
}

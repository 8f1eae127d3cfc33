//! `/orders`.

use crate::{
    areas::{Area, AreaPage::Office, OfficePages},
    layout::NavPage,
};
use leptos::prelude::*;
use leptos_router::{SsrMode, components::Route, path};

pub const NAV: NavPage = NavPage { name: "Orders", icon: "orders", href: "/orders", keys: &["G", "O"], areas: &[Area::Office] };

#[component(transparent)]
pub fn OrderRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! { <Route path=path!("orders") view=Office(OfficePages::Orders) ssr=SsrMode::Async/> }.into_inner()
}

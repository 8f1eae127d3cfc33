//! `/activity`.

use crate::areas::{AreaPage::Office, OfficePages};
use leptos::prelude::*;
use leptos_router::{SsrMode, components::Route, path};

#[component(transparent)]
pub fn ActivityRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! { <Route path=path!("activity") view=Office(OfficePages::Activity) ssr=SsrMode::Async/> }.into_inner()
}

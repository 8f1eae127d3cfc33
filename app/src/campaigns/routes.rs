//! `/campaigns`.

use super::list::CampaignList;
use leptos::prelude::*;
use leptos_router::{SsrMode, components::Route, path};

#[component(transparent)]
pub fn CampaignRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! { <Route path=path!("campaigns") view=CampaignList ssr=SsrMode::Async/> }.into_inner()
}

//! `/campaigns`.

use super::{form::NewCampaignPage, list::CampaignListPage, page::CampaignPage};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    path,
};

#[component(transparent)]
pub fn CampaignRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("campaigns") view=Outlet>
            <Route path=path!("") view=CampaignListPage ssr=SsrMode::Async/>
            <Route path=path!("new") view=NewCampaignPage ssr=SsrMode::Async/>
            <Route path=path!(":id") view=CampaignPage ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

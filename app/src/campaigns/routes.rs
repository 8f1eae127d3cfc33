//! `/campaigns`.

use crate::{
    areas::{Area, AreaPage::Campaigns, CampaignPages},
    layout::NavPage,
};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    path,
};

pub const NAV: NavPage = NavPage { name: "Campaigns", icon: "campaigns", href: "/campaigns", keys: &["G", "C"], areas: &[Area::Campaigns] };

#[component(transparent)]
pub fn CampaignRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("campaigns") view=Outlet>
            <Route path=path!("") view=Campaigns(CampaignPages::List) ssr=SsrMode::Async/>
            <Route path=path!("new") view=Campaigns(CampaignPages::New) ssr=SsrMode::Async/>
            <Route path=path!(":id") view=Campaigns(CampaignPages::Campaign) ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

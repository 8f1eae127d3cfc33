//! `/signin`, `/setup` and `/join` outside the frame, `/settings` inside it.

use super::{join::Join, person::PersonPage, settings::Settings, setup::SetUp, signin::SignIn};
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
            <Route path=path!("signin") view=SignIn ssr=SsrMode::Async/>
            <Route path=path!("setup") view=SetUp ssr=SsrMode::Async/>
            <Route path=path!("join") view=Join ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

#[component(transparent)]
pub fn AccountRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("settings") view=Outlet>
            <Route path=path!("") view=Settings ssr=SsrMode::Async/>
            <Route path=path!("people/:id") view=PersonPage ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

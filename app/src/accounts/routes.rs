//! `/signin` and `/setup` outside the frame, `/settings` inside it.

use super::{settings::Settings, setup::SetUp, signin::SignIn};
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
        </ParentRoute>
    }
    .into_inner()
}

#[component(transparent)]
pub fn AccountRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! { <Route path=path!("settings") view=Settings ssr=SsrMode::Async/> }.into_inner()
}

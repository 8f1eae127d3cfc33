//! `/imports`.

use super::{list::ImportList, page::ImportPage, upload::NewImport};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route},
    path,
};

#[component(transparent)]
pub fn ImportRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("imports") view=Outlet>
            <Route path=path!("") view=ImportList ssr=SsrMode::Async/>
            <Route path=path!("new") view=NewImport ssr=SsrMode::Async/>
            <Route path=path!(":id") view=ImportPage ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

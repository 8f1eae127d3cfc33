//! The list of leads.

use super::api::list_leads;
use crate::{
    layout::Topbar,
    ui::{Problem, Skeleton},
};
use domain::leads::LeadQuery;
use leptos::prelude::*;

#[component]
pub fn LeadListPage() -> impl IntoView {
    let page = Resource::new(LeadQuery::default, list_leads);
    let rows = move || {
        Suspend::new(async move {
            match page.await {
                Ok(page) => page.data.leads.into_iter().map(|lead| view! { <li>{lead.name}</li> }).collect_view().into_any(),
                Err(error) => view! { <Problem error/> }.into_any(),
            }
        })
    };
    view! {
        <Topbar title="Leads"/>
        <ul class="list"><Transition fallback=|| view! { <Skeleton/> }>{rows}</Transition></ul>
    }
    .into_any()
}

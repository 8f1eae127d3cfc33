//! `/activity`: the activity log.

use super::{ActivityList, Bar, LiveActivities, View, api::list_activities};
use crate::address::use_query;
use crate::{
    layout::Topbar,
    live::reading,
    ui::{ReadProblem, Skeleton, suspend},
};
use leptos::prelude::*;

#[component]
pub fn ActivityLogPage() -> impl IntoView {
    let params = use_query();
    let view = Memo::new(move |_| params.with(|params| View::read(params, None)));
    let page = reading(Resource::new(move || view.with(View::query), list_activities));
    let fresh = RwSignal::new(None::<LiveActivities>);
    let rows = move || {
        suspend(async move {
            match page.await {
                Ok(snapshot) => view! { <ActivityList snapshot view refetch=move || page.refetch() fresh/> }.into_any(),
                Err(error) => view! { <ReadProblem error/> }.into_any(),
            }
        })
    };
    view! {
        <Topbar title="Activity log"/>
        <Bar view fresh/>
        <div class="scroll"><div class="page"><Transition fallback=|| view! { <Skeleton rows=10/> }>{rows}</Transition></div></div>
    }
    .into_any()
}

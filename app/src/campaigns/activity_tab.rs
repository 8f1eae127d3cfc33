//! Activity tab of a campaign.

use crate::{
    activity::{ActivityList, Bar, LiveActivities, View},
    ask,
    ui::{ReadProblem, Skeleton, suspend},
};
use domain::{Snapshot, activity::ActivityPage};
use leptos::prelude::*;

/// `None` while another tab is shown.
pub type Log = Resource<ask::Result<Option<Snapshot<ActivityPage>>>>;

#[component]
pub fn ActivityTab(view: Memo<View>, log: Log) -> impl IntoView {
    let fresh = RwSignal::new(None::<LiveActivities>);
    let rows = move || {
        suspend(async move {
            match log.await {
                Ok(Some(snapshot)) => view! { <ActivityList snapshot view refetch=move || log.refetch() fresh/> }.into_any(),
                Ok(None) => ().into_any(),
                Err(error) => view! { <ReadProblem error/> }.into_any(),
            }
        })
    };
    view! {
        <Bar view fresh/>
        <Transition fallback=|| view! { <Skeleton rows=6/> }>{rows}</Transition>
    }
    .into_any()
}

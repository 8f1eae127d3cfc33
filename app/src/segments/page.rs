//! `/segments/{id}` and `/segments/new`.

use super::{
    api::{Asked, load_segment},
    editor::Editor,
};
use crate::{
    address::use_query,
    layout::{AllowedPage, Missing, Topbar},
    live::reading,
    ui::{ReadProblem, Skeleton, suspend},
};
use domain::{Error, Permission, SegmentId};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub(super) const HOME: (&str, &str) = ("/segments", "Segments");

#[component]
pub fn NewSegmentPage() -> impl IntoView {
    view! {
        <AllowedPage to=Permission::WriteSegments title="New segment" home=HOME>
            <Page id=Memo::new(|_| Ok(None))/>
        </AllowedPage>
    }
    .into_any()
}

#[component]
pub fn SegmentPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").and_then(|id| id.parse::<SegmentId>().ok())).ok_or(()).map(Some));
    view! { <Page id/> }.into_any()
}

/// `id` is an error for an address without a valid id, and absent for a new segment.
#[component]
fn Page(id: Memo<Result<Option<SegmentId>, ()>>) -> impl IntoView {
    let query = use_query();
    let asked = Memo::new(move |_| {
        query.with(|query| Asked {
            nodes: query.get("nodes"),
            why: query.get("why"),
            lead: query.get("lead").and_then(|lead| lead.parse().ok()),
        })
    });
    let loaded = reading(Resource::new(
        move || (id.get(), asked.get()),
        |(id, asked)| async move {
            match id {
                Ok(id) => load_segment(id, asked).await,
                Err(()) => Err(Error::not_found("Segment", "").into()),
            }
        },
    ));
    let content = move || {
        suspend(async move {
            match loaded.await {
                Ok(sheet) => view! { <Editor sheet asked=asked.get_untracked()/> }.into_any(),
                Err(error) if matches!(error.0, Error::NotFound { .. }) => {
                    view! { <Missing what="Segment" icon="segments" home=HOME/> }.into_any()
                }
                Err(error) => view! { <Topbar title="Segment" crumb=HOME/><div class="page"><ReadProblem error/></div> }.into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Topbar title="Segment" crumb=HOME/><Skeleton rows=6/> }>{content}</Transition> }.into_any()
}

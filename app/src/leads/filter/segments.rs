//! Menu of the segments: each replaces the filters by one for its leads, which follows the segment's rule.

use crate::{
    leads::list::{ListContext, Listing},
    live::reading_local,
    segments::api::list_segments,
    ui::{Icon, Pop},
};
use domain::{rule::Rule, segments::SizedSegment, text::grouped};
use leptos::prelude::*;

#[component]
pub fn SegmentMenu() -> impl IntoView {
    let opened = RwSignal::new(false);
    view! {
        <Pop
            id="segment-menu"
            class="chip new"
            label="Segment"
            button=ViewFn::from(|| view! { <span><Icon name="segments" small=true/>"Segment"</span> })
            pressed=Callback::new(move |()| opened.set(true))
        >
            {move || opened.get().then(|| view! { <Segments/> })}
            <a class="btn" href="/segments">"All segments"</a>
        </Pop>
    }
    .into_any()
}

/// Read when the menu is first opened.
#[component]
fn Segments() -> impl IntoView {
    let context = expect_context::<ListContext>();
    let known = reading_local(LocalResource::new(list_segments));
    let link = move |SizedSegment { segment, size }: SizedSegment| {
        let href = context.listing.with_untracked(|listing| {
            Listing { rule: Listing::of_rule(Rule::segment(segment.id)).rule, cursor: None, ..listing.clone() }.href()
        });
        view! {
            <li><a href=href><span class="body"><span dir="auto">{segment.name}</span></span><span class="num muted small">{size.map(grouped)}</span></a></li>
        }
    };
    let list = move || match known.get() {
        None => view! { <p class="muted small">"Loading"</p> }.into_any(),
        Some(Err(error)) => view! { <p class="muted small">{error.to_string()}</p> }.into_any(),
        Some(Ok(all)) if all.segments.is_empty() => view! { <p class="muted small">"No segments yet."</p> }.into_any(),
        Some(Ok(all)) => view! { <ul class="list plain tight">{all.segments.into_iter().map(link).collect_view()}</ul> }.into_any(),
    };
    view! { <Transition>{list}</Transition> }
}

//! Deletes a segment after a question, which says where it is in use; the toast offers “Undo”.

use super::{api::delete_segment, save::RemoveSegment};
use crate::{
    layout::use_me,
    live::origin,
    ui::{Icon, Pop, Toasts, close_popover},
    undo::offer_undo,
};
use domain::segments::{Segment, SegmentUse};
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use server_fn::ServerFn;

const POP: &str = "delete-segment";

#[component]
pub fn Remove(segment: RwSignal<Option<Segment>>, used: Memo<SegmentUse>) -> impl IntoView {
    let (me, toasts, go) = (use_me(), expect_context::<Toasts>(), use_navigate());
    // Without scripts, this action holds the form's error.
    let removing = ServerAction::<RemoveSegment>::new();
    let may = Memo::new(move |_| {
        segment
            .with(|segment| segment.as_ref().is_some_and(|segment| me.get().is_some_and(|me| segment.require_delete(&me.actor()).is_ok())))
    });
    let remove = StoredValue::new(move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(segment) = segment.get_untracked() else { return };
        let even_if_used = used.with_untracked(|used| !used.is_empty());
        close_popover(POP);
        go("/segments", NavigateOptions::default());
        spawn_local(async move {
            match delete_segment(segment.id, even_if_used, origin()).await {
                Ok(change) => offer_undo(toasts, change, format!("Deleted the segment {}", segment.name)),
                Err(error) => toasts.error(format!("Not deleted. {error}")),
            }
        });
    });
    let id = move || segment.with(|segment| segment.as_ref().map(|segment| segment.id.to_string()));
    view! {
        <Show when=move || may.get()>
            <Pop id=POP class="btn ghost icon" label="Delete segment" bare=true from="end" button=ViewFn::from(|| view! { <Icon name="trash"/> })>
                <form class="stack" method="post" action=RemoveSegment::url() on:submit=move |event| remove.with_value(|remove| remove(event))>
                    <input type="hidden" name="id" value=id/>
                    {move || used.with(|used| (!used.is_empty()).then(|| view! { <input type="hidden" name="even_if_used" value="true"/> }))}
                    <p><b>"Delete this segment? "</b>"Its leads are kept; its trend is lost."</p>
                    {move || used.with(|used| (!used.is_empty()).then(|| view! { <p dir="auto">{format!("It is used by {used}. Nobody matches it there any more.")}</p> }))}
                    <button class="btn danger" type="submit"><Icon name="trash"/>"Delete segment"</button>
                </form>
            </Pop>
        </Show>
        {move || removing.value().get().and_then(Result::err).map(|error| view! { <span class="error small" role="alert">{error.to_string()}</span> })}
    }
    .into_any()
}

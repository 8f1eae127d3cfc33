//! A note about a lead: written, sent, and in the timeline by its delta.

use super::api::add_note;
use crate::{
    live::origin,
    ui::{Icon, Toasts},
};
use domain::LeadId;
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn NoteForm(
    id: LeadId,
    /// What to do once it is written: read the timeline again.
    #[prop(into)]
    written: Callback<()>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let body = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = body.get_untracked();
        if text.trim().is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = add_note(id, text, origin()).await;
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    body.try_set(String::new());
                    let _ = written.try_run(());
                }
                // What was written stays in the field.
                Err(error) => toasts.error(format!("Note not saved. {error}")),
            }
        });
    };
    view! {
        <form class="row" on:submit=send>
            <input
                class="input"
                aria-label="Note"
                placeholder="Write a note"
                autocomplete="off"
                prop:value=body
                on:input=move |event| body.set(event_target_value(&event))
            />
            <button class="btn icon" type="submit" aria-label="Save note" disabled=move || busy.get()><Icon name="enter"/></button>
        </form>
    }
}

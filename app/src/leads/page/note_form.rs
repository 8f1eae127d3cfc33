//! Form for a note about a lead. The saved note enters the timeline by its delta.

use crate::{
    address::use_query,
    leads::save::WriteNote,
    ui::{Icon, TextArea},
};
use domain::LeadId;
use leptos::{ev, form::ActionForm, html, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn NoteForm(
    id: LeadId,
    /// Called when the note is saved: reads the timeline again.
    #[prop(into)]
    written: Callback<()>,
) -> impl IntoView {
    let write = ServerAction::<WriteNote>::new();
    let form = NodeRef::<html::Form>::new();
    // Without scripts, refused text comes back in the address.
    let typed = use_query().with_untracked(|query| query.get("note")).unwrap_or_default();
    Effect::new(move |_| {
        if let Some(Ok(())) = write.value().get() {
            if let Some(form) = form.get_untracked() {
                form.reset();
            }
            let _ = written.try_run(());
        }
    });
    // The typed text stays in the field until it is saved.
    let refused = Memo::new(move |_| match write.value().get() {
        Some(Err(error)) => Some(format!("Note not saved. {error}")),
        _ => None,
    });
    // Enter sends; Shift+Enter adds a line.
    let send = move |event: ev::KeyboardEvent| {
        let form = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlTextAreaElement>().ok()).and_then(|area| area.form());
        if event.key() == "Enter"
            && !event.shift_key()
            && !event.is_composing()
            && let Some(form) = form
        {
            event.prevent_default();
            let _ = form.request_submit();
        }
    };
    view! {
        <ActionForm action=write node_ref=form attr:class="stack grow">
            <input type="hidden" name="id" value=id.to_string()/>
            <div class="row">
                <TextArea
                    name="body" value=typed rows="1" required=true label="Note" placeholder="Write a note"
                    invalid=Signal::derive(move || refused.with(Option::is_some))
                    described_by=Signal::derive(move || refused.with(Option::is_some).then(|| "note-refused".to_owned()))
                    on_keydown=Callback::new(send)
                />
                <button class="btn icon" type="submit" aria-label="Save note" disabled=move || write.pending().get()><Icon name="enter"/></button>
            </div>
            {move || refused.get().map(|why| view! {
                <p class="field" role="alert"><span class="error" id="note-refused"><Icon name="warn" small=true/>{why}</span></p>
            })}
        </ActionForm>
    }
    .into_any()
}

//! A note in the timeline: its text, and “Edit” and “Delete” with permission.

use crate::{
    address::use_query,
    layout::use_me,
    leads::{
        edit::Editing,
        save::{EditNote, RemoveNote},
    },
    ui::{Icon, TextArea, TimeAgo},
};
use domain::leads::{Note, Outreach};
use leptos::{ev, form::ActionForm, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use server_fn::ServerFn;

#[component]
pub fn Noted(who: String, note: Note) -> impl IntoView {
    let editing = expect_context::<Editing>();
    // A person's role does not change while the page is open.
    let actor = use_me().get_untracked().map(crate::layout::Me::actor);
    let may_edit = actor.as_ref().is_some_and(|actor| note.may_be_edited_by(actor));
    let may_delete = actor.as_ref().is_some_and(|actor| note.may_be_deleted_by(actor));
    let (id, lead) = (note.id, note.lead_id);
    let query = use_query();
    // In the address, so that it works without scripts.
    let edited = Memo::new(move |_| may_edit && query.with(|query| query.get_str("edit").is_some_and(|note| note == id.to_string())));
    let delete = move |event: ev::SubmitEvent| {
        event.prevent_default();
        editing.delete_note(id);
    };
    let body = note.body.clone();
    let wrote = note.outreach.as_ref().map_or_else(|| " wrote a note".to_owned(), Outreach::sentence);
    view! {
        <li data-note=id.to_string()>
            <Icon name="note"/>
            <p><bdi>{who}</bdi>{wrote}{note.edited_at.map(|at| view! { <span class="muted">", edited "<TimeAgo at/></span> })}</p>
            <span class="row small muted g-s1">
                <TimeAgo at=note.created_at/>
                {may_edit.then(|| view! {
                    <a class="btn ghost icon sm" aria-label="Edit this note" href=format!("/leads/{lead}?edit={id}")><Icon name="note" small=true/></a>
                })}
                {may_delete.then(|| view! {
                    <form method="post" action=RemoveNote::url() on:submit=delete>
                        <input type="hidden" name="id" value=lead.to_string()/>
                        <input type="hidden" name="note" value=id.to_string()/>
                        <button type="submit" class="btn ghost icon sm" aria-label="Delete this note"><Icon name="trash" small=true/></button>
                    </form>
                })}
            </span>
            {move || if edited.get() {
                view! { <NoteEditor note=note.clone()/> }.into_any()
            } else {
                view! { <p class="quote as-typed" dir="auto">{body.clone()}</p> }.into_any()
            }}
        </li>
    }
    .into_any()
}

#[component]
fn NoteEditor(note: Note) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let edit = ServerAction::<EditNote>::new();
    let query = use_query();
    // Without scripts, refused text comes back in the address.
    let text = query.with_untracked(|query| query.get("text")).unwrap_or(note.body);
    // The same page without the editor, with the same part of the timeline.
    let page = Memo::new(move |_| match query.with(|query| query.get("show")) {
        Some(show) => format!("/leads/{}?show={show}", note.lead_id),
        None => format!("/leads/{}", note.lead_id),
    });
    let go = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(undo)) = edit.value().get() {
            go(&page.get_untracked(), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
            editing.note_edited(undo);
        }
    });
    let refused = Memo::new(move |_| match edit.value().get() {
        Some(Err(error)) => Some(format!("Note not saved. {error}")),
        _ => None,
    });
    view! {
        <ActionForm action=edit attr:class="stack g-s15 beside-first">
            <input type="hidden" name="id" value=note.lead_id.to_string()/>
            <input type="hidden" name="note" value=note.id.to_string()/>
            <TextArea
                name="body"
                value=text
                label="Note"
                rows="4"
                required=true
                invalid=Signal::derive(move || refused.with(Option::is_some))
                described_by=Signal::derive(move || refused.with(Option::is_some).then(|| "note-edit-refused".to_owned()))
            />
            {move || refused.get().map(|why| view! {
                <p class="field" role="alert"><span class="error" id="note-edit-refused"><Icon name="warn" small=true/>{why}</span></p>
            })}
            <span class="row g-s15">
                <button class="btn primary sm" type="submit" disabled=move || edit.pending().get()>"Save note"</button>
                <a class="btn sm" href=page>"Cancel"</a>
            </span>
        </ActionForm>
    }
    .into_any()
}

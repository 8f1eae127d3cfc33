//! What happened to a lead, as sentences.

use super::edit::Editing;
use crate::{
    activity::Sentence,
    layout::May,
    takeover::Part,
    ui::{Icon, TimeAgo, stage_icon},
};
use domain::{
    Permission,
    activity::Word,
    leads::{Note, TimelineItem, TimelineKind},
};
use leptos::prelude::*;

#[component]
pub fn Timeline(
    /// Newest first.
    #[prop(into)]
    items: Signal<Vec<TimelineItem>>,
) -> impl IntoView {
    // One change may set several fields: its items are told apart by their place among each other.
    let keyed = move || {
        let mut last = None;
        let mut at = 0;
        let key = |item: TimelineItem| {
            at = if last == Some(item.id) { at + 1 } else { 0 };
            last = Some(item.id);
            ((item.id, at), item)
        };
        items.get().into_iter().map(key).collect::<Vec<_>>()
    };
    view! { <ol class="timeline"><For each=keyed key=|(key, _)| *key let((_, item))>{Part::new(move || view! { <Happening item/> })}</For></ol> }
}

#[component]
fn Happening(item: TimelineItem) -> impl IntoView {
    let (icon, tone) = match &item.kind {
        TimelineKind::Noted { note } => return view! { <Noted who=item.who.name().to_owned() note=note.clone()/> }.into_any(),
        TimelineKind::Created => ("plus", None),
        TimelineKind::Imported { .. } | TimelineKind::Updated { .. } => ("import", None),
        TimelineKind::Changed { .. } => ("note", None),
        TimelineKind::Together { .. } => ("layers", None),
        TimelineKind::FollowedUp { .. } => ("mail", Some("info")),
        TimelineKind::Moved { to, .. } => (stage_icon(*to), Some("info")),
        TimelineKind::Deleted => ("trash", Some("danger")),
        TimelineKind::Restored => ("undo", Some("success")),
    };
    let mut words = vec![Word::plain(item.who.name())];
    words.extend(item.kind.words(None));
    view! { <li data-tone=tone><Icon name=icon/><Sentence words/><TimeAgo at=item.at/></li> }.into_any()
}

#[component]
fn Noted(who: String, note: Note) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let id = note.id;
    view! {
        <li>
            <Icon name="note"/>
            <p><bdi>{who}</bdi>" wrote a note"</p>
            <span class="row small muted" style="--g:.25rem">
                <TimeAgo at=note.created_at/>
                <May to=Permission::WriteLeads>
                    <button type="button" class="btn ghost icon sm scripts-only" aria-label="Delete this note" on:click=move |_| editing.delete_note(id)>
                        <Icon name="trash" small=true/>
                    </button>
                </May>
            </span>
            <p class="quote" style="white-space:pre-wrap" dir="auto">{note.body}</p>
        </li>
    }
    .into_any()
}

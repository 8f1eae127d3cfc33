//! What happened to a lead, as sentences.

use super::{edit::Editing, place::may_write};
use crate::ui::{Icon, TimeAgo, stage_icon};
use domain::leads::{Note, TimelineItem, TimelineKind};
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
    view! { <ol class="timeline"><For each=keyed key=|(key, _)| *key let((_, item))><Happening item/></For></ol> }
}

#[component]
fn Happening(item: TimelineItem) -> impl IntoView {
    let who = item.who.name().to_owned();
    let (icon, tone, words) = match item.kind {
        TimelineKind::Created => ("plus", None, view! { <p>{who}" added the lead"</p> }.into_any()),
        TimelineKind::Imported { file } => ("import", None, view! { <p>{who}" imported it from "<b>{file}</b></p> }.into_any()),
        TimelineKind::Changed { field, from, to } => ("note", None, view! { <p>{who}{changed(&field, from, to)}</p> }.into_any()),
        TimelineKind::Moved { from, to } => {
            (stage_icon(to), Some("info"), view! { <p>{who}" moved "<b>{from.label()}</b>" to "<b>{to.label()}</b></p> }.into_any())
        }
        TimelineKind::Noted { note } => return view! { <Noted who note/> }.into_any(),
        TimelineKind::Deleted => ("trash", Some("danger"), view! { <p>{who}" deleted the lead"</p> }.into_any()),
        TimelineKind::Restored => ("undo", Some("success"), view! { <p>{who}" brought the lead back"</p> }.into_any()),
    };
    view! { <li data-tone=tone><Icon name=icon/>{words}<TimeAgo at=item.at/></li> }.into_any()
}

#[component]
fn Noted(who: String, note: Note) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let may_write = may_write();
    let id = note.id;
    view! {
        <li>
            <Icon name="note"/>
            <p>{who}" wrote a note"</p>
            <span class="row small muted" style="--g:.25rem">
                <TimeAgo at=note.created_at/>
                <button
                    type="button"
                    class="btn ghost icon sm scripts-only"
                    aria-label="Delete this note"
                    hidden=move || !may_write.get()
                    on:click=move |_| editing.delete_note(id)
                >
                    <Icon name="trash" small=true/>
                </button>
            </span>
            <p class="quote" style="white-space:pre-wrap">{note.body}</p>
        </li>
    }
    .into_any()
}

fn changed(field: &str, from: Option<String>, to: Option<String>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!(" changed {field} from {from} to {to}"),
        (None, Some(to)) => format!(" set {field} to {to}"),
        (Some(from), None) => format!(" removed {field}, which was {from}"),
        (None, None) => format!(" changed {field}"),
    }
}

//! What happened to a lead, as sentences.

use crate::ui::{Icon, TimeAgo, stage_icon};
use domain::leads::{TimelineItem, TimelineKind};
use leptos::prelude::*;

#[component]
pub fn Timeline(items: Vec<TimelineItem>) -> impl IntoView {
    view! { <ol class="timeline">{items.into_iter().map(|item| view! { <Happening item/> }).collect_view()}</ol> }
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
        TimelineKind::Noted { note } => {
            return view! {
                <li><Icon name="note"/><p>{who}" wrote a note"</p><TimeAgo at=item.at/><p class="quote" style="white-space:pre-wrap">{note.body}</p></li>
            }
            .into_any();
        }
        TimelineKind::Deleted => ("trash", Some("danger"), view! { <p>{who}" deleted the lead"</p> }.into_any()),
        TimelineKind::Restored => ("undo", Some("success"), view! { <p>{who}" brought the lead back"</p> }.into_any()),
    };
    view! { <li data-tone=tone><Icon name=icon/>{words}<TimeAgo at=item.at/></li> }.into_any()
}

fn changed(field: &str, from: Option<String>, to: Option<String>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!(" changed {field} from {from} to {to}"),
        (None, Some(to)) => format!(" set {field} to {to}"),
        (Some(from), None) => format!(" removed {field}, which was {from}"),
        (None, None) => format!(" changed {field}"),
    }
}

//! Timeline of a lead, as sentences.

use super::note::Noted;
use crate::{
    activity::Sentence,
    ui::{DeferredItem, Icon, TimeAgo, stage_icon},
};
use domain::{
    activity::Word,
    leads::{TimelineItem, TimelineKind},
};
use leptos::prelude::*;

#[component]
pub fn Timeline(
    /// Newest first.
    #[prop(into)]
    items: Signal<Vec<TimelineItem>>,
    /// Whether older items are left out.
    #[prop(into)]
    older: Signal<bool>,
) -> impl IntoView {
    // Items of one change share its id, so an index among them makes the key unique.
    let keyed = move || {
        let mut last = None;
        let mut at = 0;
        let key = |item: TimelineItem| {
            at = if last == Some(item.id) { at + 1 } else { 0 };
            last = Some(item.id);
            // An edited note gets a new key, so that it is rendered again.
            let edited = match &item.kind {
                TimelineKind::Noted { note } => note.edited_at,
                _ => None,
            };
            ((item.id, at, edited), item)
        };
        items.get().into_iter().map(key).collect::<Vec<_>>()
    };
    view! {
        <ol class="timeline"><For each=keyed key=|(key, _)| *key let((_, item))><DeferredItem><Happening item/></DeferredItem></For></ol>
        {move || older.get().then(|| view! { <p class="muted">"Older entries are not shown."</p> })}
    }
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
        TimelineKind::Ordered { .. } => ("orders", Some("success")),
        TimelineKind::Deleted => ("trash", Some("danger")),
        TimelineKind::Restored => ("undo", Some("success")),
    };
    let mut words = vec![Word::plain(item.who.name())];
    words.extend(item.kind.words(None));
    view! { <li data-tone=tone><Icon name=icon/><Sentence words/><TimeAgo at=item.at/></li> }.into_any()
}

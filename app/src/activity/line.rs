//! One activity as a line of a timeline.

use crate::ui::{DeferredItem, Icon, TimeAgo, stage_icon};
use domain::{
    activity::{Activity, ActivityKind, Link, Word},
    campaigns::CampaignAction,
    leads::Stage,
};
use leptos::prelude::*;

/// The words of a sentence: names are bold and link to their record.
#[component]
pub fn Sentence(words: Vec<Word>) -> impl IntoView {
    let word = |word: Word| match word.to {
        Some(to) => view! { <a class=if word.strong { "strong" } else { "soft" } href=href(to) dir="auto">{word.text}</a> }.into_any(),
        None if word.strong => view! { <b dir="auto">{word.text}</b> }.into_any(),
        None => view! { <span class="soft" dir="auto">{word.text}</span> }.into_any(),
    };
    view! { <p>{words.into_iter().map(word).collect_view()}</p> }.into_any()
}

fn href(to: Link) -> String {
    match to {
        Link::Lead(id) => format!("/leads/{id}"),
        Link::Campaign(id) => format!("/campaigns/{id}"),
        Link::Import(id) => format!("/imports/{id}"),
        Link::Segment(id) => format!("/segments/{id}"),
    }
}

#[component]
pub fn Lines(
    /// Newest first.
    #[prop(into)]
    items: Signal<Vec<Activity>>,
) -> impl IntoView {
    view! {
        <ol class="timeline feed"><For each=move || items.get() key=|item| item.id let(item)><DeferredItem><Line item/></DeferredItem></For></ol>
    }
    .into_any()
}

#[component]
fn Line(item: Activity) -> impl IntoView {
    let (icon, tone) = look(item.kind);
    view! { <li data-tone=tone><Icon name=icon/><Sentence words=item.words/><TimeAgo at=item.at/></li> }.into_any()
}

fn look(kind: ActivityKind) -> (&'static str, &'static str) {
    match kind {
        ActivityKind::Added => ("plus", "neutral"),
        ActivityKind::Ordered => ("orders", "success"),
        ActivityKind::Edited | ActivityKind::Noted => ("note", "neutral"),
        ActivityKind::Moved(Stage::ClosedWon) => ("st-won", "success"),
        ActivityKind::Moved(stage) => (stage_icon(stage), "accent"),
        ActivityKind::Deleted => ("trash", "danger"),
        ActivityKind::Restored => ("undo", "success"),
        ActivityKind::Imported => ("import", "neutral"),
        ActivityKind::Exported => ("export", "neutral"),
        ActivityKind::Turned(CampaignAction::Start | CampaignAction::Resume) => ("play", "info"),
        ActivityKind::Turned(CampaignAction::Pause) => ("pause", "warning"),
        ActivityKind::Turned(CampaignAction::Cancel) => ("stop", "neutral"),
        ActivityKind::Turned(CampaignAction::Reopen) => ("undo", "info"),
        ActivityKind::Enrolled => ("campaigns", "neutral"),
        ActivityKind::Requested => ("sending", "info"),
        ActivityKind::Connected => ("link", "info"),
        ActivityKind::Wrote => ("mail", "info"),
        ActivityKind::Replied => ("reply", "success"),
        ActivityKind::Converted => ("ok", "success"),
        ActivityKind::Stopped => ("skip", "warning"),
        ActivityKind::Turned(CampaignAction::Complete) | ActivityKind::Finished => ("check", "success"),
        ActivityKind::Many => ("layers", "neutral"),
        ActivityKind::Access => ("key", "neutral"),
        ActivityKind::Failed => ("fail", "danger"),
    }
}

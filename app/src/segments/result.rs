//! The panel beside the builder: number of matching leads, trend, and who entered and left.

use super::trend::Trend;
use crate::ui::{Icon, TimeAgo};
use domain::{
    segments::{SegmentDetail, SegmentMove},
    text::grouped,
};
use leptos::prelude::*;

#[component]
pub fn Matching(
    /// `None` while the leads are counted, or the rule is invalid.
    count: Signal<Option<i64>>,
    is_valid: Signal<bool>,
    counting: Signal<bool>,
    /// Number of all leads.
    all: Signal<Option<i64>>,
    /// `None` for a new segment.
    detail: RwSignal<Option<SegmentDetail>>,
) -> impl IntoView {
    let number = move || if is_valid.get() { count.get().map_or_else(|| "…".to_owned(), grouped) } else { "–".to_owned() };
    let share = move || match (is_valid.get(), count.get(), all.get()) {
        (false, ..) => "Complete the rules to count".to_owned(),
        (true, Some(count), Some(all)) => format!("{} of {} leads", percent(count, all), grouped(all)),
        _ => "Counting".to_owned(),
    };
    let days = Signal::derive(move || detail.with(|detail| detail.as_ref().map(|detail| detail.days.clone()).unwrap_or_default()));
    view! {
        <section class="stack g-s1" aria-labelledby="h-matching">
            <h2 class="label" id="h-matching">"Matching leads"</h2>
            <output class="value segment-count" aria-busy=move || counting.get().then_some("true")>{number}</output>
            <p class="small muted num">{share}</p>
            <Trend days/>
        </section>
        {move || detail.with(|detail| detail.as_ref().map(|detail| moves(&detail.moves)))}
    }
    .into_any()
}

fn moves(moves: &[SegmentMove]) -> AnyView {
    let one = |one: &SegmentMove| {
        let (tone, icon, said) = if one.entered { ("success", "plus", "Entered: ") } else { ("neutral", "x", "Left: ") };
        let name = one.name.clone().map_or_else(
            || view! { <span class="muted">"Deleted lead"</span> }.into_any(),
            |name| view! { <a class="trunc" dir="auto" href=format!("/leads/{}", one.lead_id)>{name}</a> }.into_any(),
        );
        view! {
            <li>
                <span class="status" data-tone=tone><Icon name=icon small=true/><span class="sr">{said}</span></span>
                <span class="body">{name}</span>
                <span class="small muted"><TimeAgo at=one.at/></span>
            </li>
        }
    };
    let none = moves.is_empty().then(|| view! { <p class="small muted">"Nobody since it was created."</p> });
    view! {
        <section class="stack g-s15" aria-labelledby="h-moves">
            <h3 class="label" id="h-moves">"Just entered and left"</h3>
            {none}
            <ul class="list plain tight">{moves.iter().map(one).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// `2.9%`
fn percent(count: i64, all: i64) -> String {
    let tenths = (i128::from(count) * 1_000 + i128::from(all) / 2) / i128::from(all.max(1));
    match tenths {
        0 if count > 0 => "Less than 0.1%".to_owned(),
        1_000 if count < all => "More than 99.9%".to_owned(),
        tenths if tenths % 10 == 0 => format!("{}%", tenths / 10),
        tenths => format!("{}.{}%", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_rounded_to_nothing_or_all() {
        assert_eq!([percent(0, 0), percent(0, 9), percent(9, 9), percent(1, 3)], ["0%", "0%", "100%", "33.3%"]);
        assert_eq!(
            [percent(1, 1_000_000), percent(999_999, 1_000_000), percent(7_316, 248_319)],
            ["Less than 0.1%", "More than 99.9%", "2.9%"]
        );
    }
}

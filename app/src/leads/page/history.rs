//! Stage history of a lead.

use crate::ui::{StageBadge, TimeAgo};
use domain::leads::{LeadDetail, Stage, StageMove};
use leptos::prelude::*;

/// Stage moves, newest first, with the number of days spent in each stage.
#[component]
pub fn History(detail: RwSignal<LeadDetail>) -> impl IntoView {
    let moves = Memo::new(move |_| {
        let mut moves = detail.with(|detail| detail.stage_history.clone());
        moves.sort_by_key(|step| std::cmp::Reverse(step.at));
        // Each with the time of the next move.
        let ends = std::iter::once(None).chain(moves.iter().map(|step| Some(step.at))).take(moves.len()).collect::<Vec<_>>();
        moves.into_iter().zip(ends).collect::<Vec<_>>()
    });
    let row = |(step, end): (StageMove, Option<domain::Timestamp>)| {
        let days = end.map_or_else(|| "so far".to_owned(), |end| format!("{} d", step.at.days_until(end)));
        view! {
            <tr>
                <th scope="row"><StageBadge stage=step.to /></th>
                <td class="sub trunc" data-prio="2">{step.from.map(Stage::label)}</td>
                <td class="sub"><TimeAgo at=step.at /></td>
                <td class="sub trunc" dir="auto">{step.by}</td>
                <td class="num sub">{days}</td>
            </tr>
        }
    };
    view! {
        <section class="card" aria-labelledby="h-history">
            <header><h2 id="h-history">"Stage history"</h2></header>
            <div class="body"><div class="table-wrap"><table class="table compact plain">
                <caption class="sr">"Stages, newest first"</caption>
                <colgroup><col /><col class="w-36" data-prio="2" /><col class="w-26 w-max-17" /><col class="w-24 w-max-14" /><col class="w-18 w-max-15" /></colgroup>
                <thead><tr><th scope="col">"To"</th><th scope="col" data-prio="2">"From"</th><th scope="col">"When"</th><th scope="col">"By"</th><th scope="col" class="num" title="Time in this stage">"Time"</th></tr></thead>
                <tbody><For each=move || moves.get() key=|(step, end)| (step.at, *end) children=row /></tbody>
            </table></div></div>
        </section>
    }
    .into_any()
}

//! The rows on a narrow screen: two lines each.

use super::{
    place::Place,
    row::means_row,
    store::{LeadList, Mark, Row},
    table::NextPage,
    window::Window,
};
use crate::ui::{Avatar, StageBadge, TimeAgo, money};
use domain::leads::Lead;
use leptos::{html, prelude::*};

#[component]
pub fn LeadRows(list: LeadList) -> impl IntoView {
    let sight = Window::new(52.0);
    let node = NodeRef::<html::Ul>::new();
    let look = move || {
        if let Some(container) = node.get_untracked() {
            sight.look(&container, list, 20);
        }
    };
    Window::on_size(move || node.get().is_some(), look);
    let range = Memo::new(move |_| sight.range(list.rows.with(Vec::len)));
    let shown = move || range.with(|range| list.rows.with(|rows| rows.get(range.clone()).map(<[Row]>::to_vec).unwrap_or_default()));
    let space = move || {
        let (start, end) = range.with(|range| (range.start, range.end));
        let rest = list.rows.with(Vec::len).saturating_sub(end);
        format!("padding-block:{}px {}px", sight.space(start), sight.space(rest))
    };
    view! {
        <ul class="list scroll" aria-label="Leads" style=space node_ref=node on:scroll=move |_| look()>
            <For each=shown key=|row| row.id children=|row| view! { <LeadLine row/> }/>
        </ul>
        <NextPage list/>
    }
    .into_any()
}

#[component]
fn LeadLine(row: Row) -> impl IntoView {
    let place = expect_context::<Place>();
    let id = row.id;
    let (mark, left) = (row.mark.clone(), row.mark.clone());
    view! {
        <li
            data-id=id.to_string()
            class:flash=move || mark.get() == Mark::Flash
            data-left=move || (left.get() == Mark::Left).then_some("")
        >
            <a
                href=format!("/leads/{id}")
                on:click=move |event| {
                    if means_row(&event) {
                        event.prevent_default();
                        place.peek(Some(id));
                    }
                }
            >
                {move || row.lead.with(line)}
            </a>
        </li>
    }
    .into_any()
}

fn line(lead: &Lead) -> AnyView {
    let about = lead.company.iter().cloned().chain(lead.value.map(money)).collect::<Vec<_>>().join(", ");
    view! {
        <Avatar name=lead.name.clone() size="2rem"/>
        <span class="body">
            <span class="row between">
                <b class="trunc">{lead.name.clone()}</b>
                <span class="small muted"><TimeAgo at=lead.last_activity_at/></span>
            </span>
            <span class="row between small">
                <span class="muted trunc">{about}</span>
                <span class="soft"><StageBadge stage=lead.stage/></span>
            </span>
        </span>
    }
    .into_any()
}

//! Leads tab of a campaign: enrolled leads and their progress.

use super::{
    add::{AddLeads, Adding},
    enrolled::{EnrolledList, Row},
    tab::Tab,
    words::StateOf,
};
use crate::address::use_query;
use crate::{
    layout::use_permission,
    ui::{DeferredItem, Empty, TimeAgo},
};
use domain::{
    LeadId, Permission,
    campaigns::{Campaign, Enrolled, EnrollmentState, position},
    leads::label,
};
use leptos::{ev, prelude::*};

/// Address of the tab with a state filter, starting after a lead.
fn href(campaign: RwSignal<Campaign>, state: Option<EnrollmentState>, after: Option<LeadId>) -> String {
    let href = campaign.with_untracked(|campaign| Tab::Leads.href(campaign.id));
    let state = state.map(|state| format!("&state={state}")).unwrap_or_default();
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    href + &state + &after
}

#[component]
pub fn LeadsTab(campaign: RwSignal<Campaign>, list: EnrolledList, adding: Adding) -> impl IntoView {
    let state = list.query.with_value(|query| query.state);
    let (id, over) = campaign.with_untracked(|campaign| (campaign.id, campaign.status.is_over()));
    let may_write = use_permission(Permission::WriteCampaigns);
    let query = use_query();
    let chosen = Memo::new(move |_| query.with(|query| query.get("state").and_then(|word| word.parse::<EnrollmentState>().ok())));
    let choice = move |state: Option<EnrollmentState>| {
        let current = move || (chosen.get() == state).then_some("true");
        view! { <a href=href(campaign, state, None) aria-current=current>{state.map_or("All", EnrollmentState::label)}</a> }
    };
    let states = std::iter::once(None).chain(EnrollmentState::ALL.iter().copied().map(Some)).map(choice).collect_view();
    let more = move || {
        list.next.get().map(|after| {
            let press = move |event: ev::MouseEvent| {
                event.prevent_default();
                list.load_more();
            };
            view! {
                <footer><a class="link" href=href(campaign, state, Some(after)) on:click=press aria-busy=move || list.reading.get().to_string()>"More leads"</a></footer>
            }
        })
    };
    view! {
        <section class="card" aria-labelledby="h-leads">
            <header class="wrap">
                <h2 id="h-leads">"Leads"</h2>
                <div class="end scrolls-x"><nav class="seg" aria-label="State">{states}</nav></div>
            </header>
            <Show when=move || may_write.get() && !over><AddLeads id adding/></Show>
            <Show when=move || list.rows.with(|rows| !rows.is_empty()) fallback=move || view! { <Nobody narrowed=state.is_some()/> }>
                <div class="table-wrap"><table class="table">
                    <caption class="sr">"Leads in this campaign, newest first"</caption>
                    <colgroup>
                        <col/><col class="w-36"/><col class="w-56" data-prio="2"/><col class="w-32" data-prio="3"/>
                    </colgroup>
                    <thead><tr>
                        <th scope="col">{label::NAME}</th><th scope="col">"State"</th><th scope="col" data-prio="2">"Step"</th>
                        <th scope="col" data-prio="3">"Since"</th>
                    </tr></thead>
                    <tbody><For each=move || list.rows.get() key=|row| row.0 let(row)><DeferredItem><LeadRow campaign row/></DeferredItem></For></tbody>
                </table></div>
                {more}
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn LeadRow(campaign: RwSignal<Campaign>, row: Row) -> impl IntoView {
    let (id, enrolled) = row;
    let read = move |read: fn(&Enrolled) -> String| move || enrolled.with(read);
    let step = move || {
        let (id, at) = enrolled.with(|one| (one.enrollment.step_id, one.enrollment.step));
        campaign.with(|campaign| {
            let at = position(&campaign.steps, id, at);
            match campaign.steps.iter().find(|step| step.position == at) {
                Some(step) => format!("{at} of {}, {}", campaign.steps.len(), step.title),
                None => "Not started".to_owned(),
            }
        })
    };
    view! {
        <tr data-id=id.to_string()>
            <th scope="row"><span class="cell">
                <a class="trunc" dir="auto" href=format!("/leads/{id}")>{read(|one| one.lead.name.clone())}</a>
                <span class="sub trunc" dir="auto">{read(|one| one.lead.company.clone().unwrap_or_default())}</span>
            </span></th>
            <td>{move || view! { <StateOf state=enrolled.with(|one| one.enrollment.state)/> }}</td>
            <td class="trunc" data-prio="2">{step}</td>
            <td class="sub" data-prio="3">{move || view! { <TimeAgo at=enrolled.with(|one| one.enrollment.step_at)/> }}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Nobody(narrowed: bool) -> impl IntoView {
    if narrowed {
        view! { <Empty icon="filter" title="No leads in this state" text="Choose another state to see the other leads."/> }.into_any()
    } else {
        view! { <Empty icon="leads" title="No leads in this campaign yet" text="Enrolled leads appear here with their current step."/> }
            .into_any()
    }
}

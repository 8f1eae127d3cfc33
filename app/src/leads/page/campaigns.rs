//! Campaigns of a lead: its progress in each and the next task. Nothing is sent from here: the buttons record what was done by hand.
//! They are forms, so that they work without scripts.

use super::{tasks::LeadTasks, ways::LeadWays};
use crate::{
    campaigns::{StateOf, StatusOf},
    layout::use_permission,
    leads::{
        edit::may_write,
        save::{EnrollLead, MarkTask},
        store::field,
    },
    ui::{Icon, Problem, TimeDue},
};
use domain::{
    CampaignId, LeadId, Permission,
    campaigns::{CampaignStatus, LeadCampaign, StepKind, Task},
    error::CampaignRef,
    text::grouped,
};
use leptos::{ev, prelude::*};
use server_fn::ServerFn;
use wasm_bindgen::JsCast;

#[component]
pub fn LeadCampaigns(
    working: LeadTasks,
    campaigns: RwSignal<Vec<CampaignRef>>,
    /// Without a card around it.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    // Without scripts, this action holds the form's error.
    let marking = ServerAction::<MarkTask>::new();
    let enrolling = ServerAction::<EnrollLead>::new();
    let refused = move || {
        let error = marking.value().get().and_then(Result::err).or_else(|| enrolling.value().get().and_then(Result::err));
        error.map(|error| view! { <Problem error/> })
    };
    let ways = working.ways.list.clone();
    let none = working.ways.list.clone();
    let of = working.clone();
    let list = move || ways.get().into_iter().map(|way| one(&of, way)).collect_view();
    let body = view! {
        {refused}
        <Connect working=working.clone()/>
        {move || none.with(Vec::is_empty).then(|| view! { <p class="muted">"Not in any campaign."</p> })}
        <ul class="ways">{list}</ul>
        {more(working.ways.clone(), bare)}
        <Enroll working campaigns/>
    }
    .into_any();
    if bare {
        view! { <div class="stack g-s3"><h3 class="label">"Campaigns"</h3>{body}</div> }.into_any()
    } else {
        view! {
            <section class="card" aria-labelledby="h-ways">
                <header><h2 id="h-ways">"Campaigns"</h2></header>
                <div class="body stack g-s3">{body}</div>
            </section>
        }
        .into_any()
    }
}

/// How many campaigns are shown, and the way to the others: the next page, or from a panel the lead's page.
fn more(ways: LeadWays, panel: bool) -> impl IntoView {
    let page = format!("/leads/{}", ways.id);
    let first = ways.after.map(|_| view! { <a class="link" href=page.clone()>"First campaigns"</a> });
    let shown = ways.clone();
    let shown = move || format!("{} of {}", grouped(shown.list.with(Vec::len) as i64), grouped(shown.total.get()));
    let link = move || {
        let after = ways.next.get()?;
        let press = {
            let ways = ways.clone();
            move |event: ev::MouseEvent| {
                if !panel {
                    event.prevent_default();
                    ways.show_more();
                }
            }
        };
        let (href, label) = if panel { (page.clone(), "All campaigns") } else { (format!("{page}?campaigns={after}"), "Show more") };
        Some(view! {
            <span class="row between small">
                <span class="muted num">{shown.clone()}</span>
                <a class="link" href=href on:click=press>{label}</a>
            </span>
        })
    };
    view! { {link}{first} }
}

/// A button that records a task as done.
fn mark(
    working: &LeadTasks,
    task: Task,
    campaign: Option<CampaignId>,
    icon: &'static str,
    label: &'static str,
    class: &'static str,
) -> AnyView {
    let (id, working) = (working.row.id, working.clone());
    let press = move |event: ev::SubmitEvent| {
        event.prevent_default();
        working.mark(task, campaign);
    };
    view! {
        <form method="post" action=MarkTask::url() on:submit=press>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="task" value=task.as_str()/>
            {campaign.map(|campaign| view! { <input type="hidden" name="campaign" value=campaign.to_string()/> })}
            <button class=class type="submit"><Icon name=icon/>{label}</button>
        </form>
    }
    .into_any()
}

/// Buttons for the connection, which are shared by all campaigns.
#[component]
fn Connect(working: LeadTasks) -> impl IntoView {
    let may_write = may_write();
    let connection = field(&working.row, |lead| lead.connection);
    let connection = Memo::new(move |_| connection.get());
    let buttons = move || {
        let each = Task::possible(connection.get()).iter().filter_map(|task| {
            let (icon, label) = match task {
                Task::SendRequest => ("campaigns", "Mark request as sent"),
                Task::Accept => ("check", "Mark as accepted"),
                Task::Decline => ("x", "Mark as declined"),
                Task::FollowUp => return None,
            };
            Some(mark(&working, *task, None, icon, label, "btn"))
        });
        each.collect_view()
    };
    view! {
        <div class="row wrap">
            <span class="row g-s15 fills"><span class="muted"><Icon name="link" small=true/></span>{move || connection.get().label()}</span>
            {move || may_write.get().then(|| view! { <span class="row">{buttons()}</span> })}
        </div>
    }
    .into_any()
}

fn one(working: &LeadTasks, way: LeadCampaign) -> AnyView {
    let LeadCampaign { campaign, status, steps, enrollment, next, due_at } = way;
    // A person's role does not change while the page is open.
    let may = may_write().get_untracked();
    let (step, total) = (enrollment.step, steps.len());
    let at = if step == 0 { "Not started".to_owned() } else { format!("Step {step} of {total}") };
    let done = match next.as_ref().map(|step| step.kind) {
        // Done by the buttons for the connection.
        None | Some(StepKind::ConnectionRequest) => None,
        Some(StepKind::Call) => Some("Mark as called"),
        Some(StepKind::FollowUpMessage | StepKind::Email) => Some("Mark as sent"),
    };
    let button = done.filter(|_| may).zip(next.as_ref()).map(|(label, step)| {
        let reader = format!("{label}: {}", step.title);
        let form = mark(working, Task::FollowUp, Some(campaign.id), "check", label, "btn sm");
        view! { <span class="push" role="group" aria-label=reader>{form}</span> }
    });
    let due = next.map(|step| {
        view! { <span class="trunc">"Next: "<bdi>{step.title}</bdi>{due_at.map(|at| view! { <span class="muted">", "<TimeDue at/></span> })}</span> }
    });
    view! {
        <li class="stack g-s15" data-id=campaign.id.to_string()>
            <span class="row between">
                <a class="link trunc" dir="auto" href=format!("/campaigns/{}", campaign.id)>{campaign.name}</a>
                {if status == CampaignStatus::Active {
                    view! { <StateOf state=enrollment.state/> }.into_any()
                } else {
                    view! { <StatusOf status/> }.into_any()
                }}
            </span>
            <span class="row">
                <progress class="progress" max=total.max(1) value=step aria-label="Steps done"></progress>
                <span class="num small muted rigid">{at}</span>
            </span>
            <span class="row small">{due}{button}</span>
        </li>
    }
    .into_any()
}

#[component]
fn Enroll(working: LeadTasks, campaigns: RwSignal<Vec<CampaignRef>>) -> impl IntoView {
    let may = use_permission(Permission::WriteCampaigns);
    let id: LeadId = working.row.id;
    let working = StoredValue::new(working);
    let press = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let form = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
        let chosen = form.and_then(|form| web_sys::FormData::new_with_form(&form).ok()?.get("campaign").as_string());
        if let Some(campaign) = campaigns.get_untracked().into_iter().find(|one| Some(one.id.to_string()) == chosen) {
            working.with_value(|working| working.enroll(campaign));
        }
    };
    view! {
        <Show when=move || may.get() && !campaigns.with(Vec::is_empty)>
            <form class="row" method="post" action=EnrollLead::url() on:submit=press>
                <input type="hidden" name="id" value=id.to_string()/>
                <span class="select grow">
                    <select name="campaign" aria-label="Campaign">
                        {move || campaigns.get().into_iter().map(|one| view! { <option value=one.id.to_string()>{one.name}</option> }).collect_view()}
                    </select>
                    <Icon name="chev-down"/>
                </span>
                <button class="btn" type="submit"><Icon name="plus"/>"Enroll"</button>
            </form>
        </Show>
    }
    .into_any()
}

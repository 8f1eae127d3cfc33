//! Adds leads to a campaign by hand: a search in the address, and a button for each lead found. Works without scripts.

use super::{
    api::{enroll_leads, unenroll_leads},
    save::AddLead,
    tab::Tab,
};
use crate::address::{Params, use_query};
use crate::{
    ask,
    live::origin,
    live::reading,
    palette::{Found, FoundLead, find},
    ui::{Avatar, Icon, Problem, ReadProblem, Search, Toast, Toasts, Tone, suspend},
};
use domain::{
    CampaignId,
    campaigns::{EnrollResult, WHY_LEFT_OUT},
    leads::Selection,
};
use leptos::{ev, prelude::*, task::spawn_local};
use server_fn::ServerFn;

/// The search and its results. Created with the page: a `Resource` created after a wait would get different hydration ids on the two sides.
#[derive(Debug, Clone, Copy)]
pub struct Adding {
    text: Memo<String>,
    found: Resource<ask::Result<Found>>,
}

impl Adding {
    pub fn new() -> Self {
        let query = use_query();
        let text = Memo::new(move |_| query.with(|query| query.get("add").unwrap_or_default()));
        let ask = |text: String| async move { if text.trim().is_empty() { Ok(Found::default()) } else { find(text).await } };
        Self { text, found: reading(Resource::new(move || text.get(), ask)) }
    }
}

fn href(id: CampaignId, text: &str) -> String {
    let mut params = Params::new();
    params.insert("tab", Tab::Leads.word().to_owned());
    params.insert("add", text.to_owned());
    format!("/campaigns/{id}{}", params.to_query_string())
}

#[component]
pub fn AddLeads(id: CampaignId, adding: Adding) -> impl IntoView {
    let text = Signal::derive(move || adding.text.get());
    let href = Callback::new(move |text: String| href(id, &text));
    let adds = ServerAction::<AddLead>::new();
    let refused = move || adds.value().get().and_then(Result::err).map(|error| view! { <Problem error/> });
    let found = move || {
        suspend(async move {
            match adding.found.await {
                Ok(found) if found.leads.is_empty() => {
                    let asked = adding.text.with(|text| !text.trim().is_empty());
                    asked.then(|| view! { <p class="muted">"No lead matches."</p> }).into_any()
                }
                Ok(found) => {
                    let leads = found.leads.into_iter().map(|lead| hit(id, adding.text, lead)).collect_view();
                    view! { <ul class="list" aria-label="Leads found">{leads}</ul> }.into_any()
                }
                Err(error) => view! { <ReadProblem error/> }.into_any(),
            }
        })
    };
    view! {
        <div class="body stack g-s2 top-s2">
            {refused}
            <div class="row wrap">
                <Search label="Find leads to add" placeholder="Find leads to add" name="add" action=format!("/campaigns/{id}") text href>
                    <input type="hidden" name="tab" value=Tab::Leads.word()/>
                    <button class="btn sm noscript-only" type="submit">"Find"</button>
                </Search>
                <a class="link" href="/leads">"Choose from the list of leads"</a>
            </div>
            <Transition>{found}</Transition>
            <p class="muted small">"Record each step on the lead's page. When a lead replies, set its status to Responded."</p>
        </div>
    }
    .into_any()
}

fn hit(id: CampaignId, text: Memo<String>, lead: FoundLead) -> AnyView {
    let toasts = expect_context::<Toasts>();
    let (one, name) = (lead.id, lead.name.clone());
    let press = move |event: ev::SubmitEvent| {
        event.prevent_default();
        add(toasts, id, Selection::Leads(vec![one]), name.clone());
    };
    view! {
        <li>
            <Avatar name=lead.name.clone()/>
            <span class="body"><span class="strong" dir="auto">{lead.name.clone()}</span><span class="meta" dir="auto">{lead.about}</span></span>
            <form method="post" action=AddLead::url() on:submit=press>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="lead" value=one.to_string()/>
                <input type="hidden" name="add" value=text/>
                <button class="btn sm" type="submit" aria-label=format!("Add {}", lead.name)><Icon name="plus" small=true/>"Add"</button>
            </form>
        </li>
    }
    .into_any()
}

fn add(toasts: Toasts, id: CampaignId, which: Selection, name: String) {
    spawn_local(async move {
        match enroll_leads(id, which.clone(), origin()).await {
            Ok(EnrollResult { left_out: 1.., .. }) => {
                toasts.push(Toast::new(Tone::Warning, format!("{name} was left out: {WHY_LEFT_OUT}")));
            }
            Ok(EnrollResult { count: 0, .. }) => toasts.push(Toast::new(Tone::Neutral, format!("{name} is already in this campaign"))),
            Ok(_) => {
                let undo = move || {
                    let which = which.clone();
                    spawn_local(async move {
                        if let Err(error) = unenroll_leads(id, which, origin()).await {
                            toasts.error(format!("Not undone. {error}"));
                        }
                    });
                };
                toasts.push(Toast::new(Tone::Success, format!("Added {name}")).undo(undo));
            }
            Err(error) => toasts.error(format!("Not added. {error}")),
        }
    });
}

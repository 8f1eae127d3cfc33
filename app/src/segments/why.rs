//! Why a lead is in the segment, or is not: a search for the lead, and the rule with the result of each part.

use super::{api::explain, choices::Choices, explanation::RuleTree};
use crate::{
    palette::{FoundLead, find},
    ui::{Debounce, Icon, Problem},
};
use domain::{LeadId, rule::Rule, segments::Membership};
use leptos::{ev, prelude::*, task::spawn_local};

#[component]
pub fn Why(
    /// Address of the page.
    #[prop(into)]
    action: String,
    #[prop(into)] typed: String,
    first_found: Vec<FoundLead>,
    first_explained: Option<(FoundLead, Membership)>,
    /// The rule in the builder; `None` while it is invalid.
    asked: Signal<Option<Rule>>,
    choices: Choices,
) -> impl IntoView {
    let text = RwSignal::new(typed.clone());
    let found = RwSignal::new(first_found);
    // With the rule that was explained.
    let explained = RwSignal::new(first_explained.zip(asked.get_untracked()));
    let failed = RwSignal::new(None);
    let later = Debounce::new();
    let search = move || {
        let words = text.get_untracked();
        if words.trim().is_empty() {
            found.set(Vec::new());
            return;
        }
        spawn_local(async move {
            // Not the answer to an earlier text.
            if let Ok(hits) = find(words.clone()).await
                && text.try_with_untracked(|now| *now == words) == Some(true)
            {
                found.set(hits.leads);
            }
        });
    };
    let show = move |lead: LeadId| {
        let Some(rule) = asked.get_untracked() else { return };
        spawn_local(async move {
            match explain(rule.clone(), lead).await {
                Ok(answer) => {
                    explained.try_set(Some((answer, rule)));
                    failed.try_set(None);
                }
                Err(error) => _ = failed.try_set(Some(error)),
            }
        });
    };
    // The rule was edited meanwhile.
    Effect::new(move |before: Option<()>| {
        asked.track();
        let lead = explained.with_untracked(|explained| explained.as_ref().map(|((lead, _), _)| lead.id));
        if before.is_some()
            && let Some(lead) = lead
        {
            show(lead);
        }
    });
    let page = action.clone();
    let hit = move |lead: FoundLead| {
        let id = lead.id;
        let press = move |event: ev::MouseEvent| {
            event.prevent_default();
            found.set(Vec::new());
            show(id);
        };
        view! {
            <li><a href=format!("{page}?lead={id}") on:click=press>
                <span class="body"><span dir="auto">{lead.name}</span><span class="meta" dir="auto">{lead.about}</span></span>
            </a></li>
        }
    };
    let hits = move || {
        found.with(|found| (!found.is_empty()).then(|| view! { <ul class="list plain tight" aria-label="Leads found">{found.iter().cloned().map(hit.clone()).collect_view()}</ul> }))
    };
    let answer = move || {
        explained.get().map(|((lead, Membership { is_in, why }), rule)| {
            let (tone, icon, said) = if is_in { ("success", "ok", " is in") } else { ("danger", "x", " is not in") };
            view! {
                <div class="stack g-s1" role="status">
                    <p class="row g-s15"><span class="status" data-tone=tone><Icon name=icon/></span><span><b dir="auto">{lead.name}</b>{said}</span></p>
                    <RuleTree rule why=Some(why) choices/>
                </div>
            }
        })
    };
    view! {
        <section class="stack g-s2" aria-labelledby="h-why">
            <h3 class="label" id="h-why">"Why is a lead in or out?"</h3>
            <form class="row" role="search" method="get" action=action on:submit=move |event| { event.prevent_default(); search(); }>
                <input
                    class="input" type="search" name="why" aria-label="Lead to explain" placeholder="Name, e-mail or company" autocomplete="off" dir="auto" value=typed
                    on:input=move |event| { text.set(event_target_value(&event)); later.run(search); }
                />
                <button class="btn icon" type="submit" aria-label="Find leads"><Icon name="help"/></button>
            </form>
            {hits}
            {move || failed.get().map(|error| view! { <Problem error/> })}
            {answer}
        </section>
    }
    .into_any()
}

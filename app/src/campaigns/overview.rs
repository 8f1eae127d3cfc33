//! Overview of a campaign: its counters, and a funnel of its leads.

use crate::ui::{Icon, TimeAgo, bar};
use domain::{
    campaigns::{Campaign, Counts},
    figures::{CAMPAIGN_PROGRESS, CAMPAIGN_RESPONSE_RATE, percent, ratio},
    text::grouped,
};
use leptos::prelude::*;

#[component]
pub fn Overview(campaign: RwSignal<Campaign>) -> impl IntoView {
    let counts = Memo::new(move |_| campaign.with(|campaign| campaign.counts.clone()));
    let steps = Memo::new(move |_| campaign.with(|campaign| campaign.steps.len() as i64));
    let figure = move |label: &'static str, what: &'static str, value: fn(&Counts, i64) -> String, note: fn(&Counts, i64) -> String| {
        view! {
            <div title=what>
                <dt class="label">{label}</dt>
                <dd class="value" aria-description=what>{move || counts.with(|counts| value(counts, steps.get()))}</dd>
                <dd class="note">{move || counts.with(|counts| note(counts, steps.get()))}</dd>
            </div>
        }
    };
    view! {
        <dl class="strip">
            {figure(
                "Total leads",
                "Leads in this campaign",
                |counts, _| grouped(counts.total_leads),
                |counts, _| format!("{} completed all steps", grouped(counts.finished)),
            )}
            {figure(
                "Connected",
                "Connections made while in the campaign",
                |counts, _| grouped(counts.connected),
                |counts, _| format!("of {} asked", grouped(counts.requests_sent)),
            )}
            {figure(
                "Response rate",
                CAMPAIGN_RESPONSE_RATE,
                |counts, _| percent(counts.replied, counts.contacted),
                |counts, _| format!("{} of {} contacted replied", grouped(counts.replied), grouped(counts.contacted)),
            )}
            {figure(
                "Progress",
                CAMPAIGN_PROGRESS,
                |counts, steps| {
                    let (done, all) = counts.progress(steps);
                    percent(done, all)
                },
                |counts, steps| {
                    let (done, all) = counts.progress(steps);
                    format!("{} of {} steps done", grouped(done), grouped(all))
                },
            )}
        </dl>
        <div class="grid">
            <section class="card span-7" aria-labelledby="h-funnel">
                <header><h2 id="h-funnel">"Funnel"</h2><span class="muted small">"leads, share of all"</span></header>
                <div class="body"><Funnel counts/></div>
                <footer>{move || counts.with(|counts| match counts.messages_sent {
                    1 => "1 message sent by hand".to_owned(),
                    sent => format!("{} messages sent by hand", grouped(sent)),
                })}</footer>
            </section>
            <section class="card span-5" aria-labelledby="h-about">
                <header><h2 id="h-about">"About"</h2></header>
                <div class="body"><About campaign/></div>
            </section>
        </div>
    }
    .into_any()
}

/// Label, icon and counter.
type FunnelStep = (&'static str, &'static str, fn(&Counts) -> i64);

#[component]
fn Funnel(counts: Memo<Counts>) -> impl IntoView {
    let step = move |(label, icon, read): FunnelStep| {
        let size = move || counts.with(|counts| ratio(read(counts), counts.total_leads, 1_000) as f64 / 10.0);
        view! {
            <li class="st-3">
                <span class="row g-s15"><span class="muted"><Icon name=icon small=true/></span>{label}</span>
                <span class="num">{move || grouped(counts.with(read))}</span>
                <span class="num muted small">{move || counts.with(|counts| percent(read(counts), counts.total_leads))}</span>
                <span class="bar" style=move || bar(size()) aria-hidden="true"></span>
            </li>
        }
    };
    let steps: [FunnelStep; 5] = [
        ("In the campaign", "leads", |counts| counts.total_leads),
        ("Requests sent", "campaigns", |counts| counts.requests_sent),
        ("Accepted", "link", |counts| counts.connected),
        ("Replied", "reply", |counts| counts.replied),
        ("Successful", "ok", |counts| counts.successful_leads),
    ];
    view! { <ol class="funnel g-s2 thick">{steps.map(step).collect_view()}</ol> }.into_any()
}

#[component]
fn About(campaign: RwSignal<Campaign>) -> impl IntoView {
    let description = Memo::new(move |_| campaign.with(|campaign| campaign.description.clone()));
    let time = move |label: &'static str, read: fn(&Campaign) -> Option<domain::Timestamp>| {
        move || campaign.with(read).map(|at| view! { <dt>{label}</dt><dd><TimeAgo at/></dd> })
    };
    view! {
        <div class="stack g-s3">
            {move || (!description.with(String::is_empty)).then(|| view! {
                <p class="quote as-typed" dir="auto">{description.get()}</p>
            })}
            <dl class="facts">
                <dt>"Created by"</dt><dd>{move || campaign.with(|campaign| campaign.created_by.clone())}</dd>
                {time("Created", |campaign| Some(campaign.created_at))}
                {time("Started", |campaign| campaign.started_at)}
                {time("Ended", |campaign| campaign.ended_at)}
                {time("Last changed", |campaign| Some(campaign.updated_at))}
            </dl>
        </div>
    }
    .into_any()
}

//! Leads by stage, and by connection.

use super::links;
use crate::{
    ui::{Icon, bar, stage_class, stage_icon},
    workspace::use_workspace,
};
use domain::{
    dashboard::Dashboard,
    figures::{shares, tenths},
    leads::{Connection, Stage, Status},
    text::grouped,
};
use leptos::prelude::*;

#[component]
pub fn Pipeline(shown: RwSignal<Dashboard>) -> impl IntoView {
    let most = Memo::new(move |_| shown.with(|shown| shown.stages.iter().map(|one| one.leads).max().unwrap_or_default().max(1)));
    let currency = use_workspace().currency();
    let row = move |stage: Stage| {
        let one = Memo::new(move |_| {
            shown.with(|shown| shown.stages.iter().find(|one| one.stage == stage).map_or((0, 0), |one| (one.leads, one.value)))
        });
        view! {
            <li class=stage_class(stage)>
                <span class=format!("stage {}", stage_class(stage))><Icon name=stage_icon(stage)/>{stage.label()}</span>
                <a class="num" href=links::in_stage(stage)>{move || grouped(one.get().0)}</a>
                <span class="num muted small">{move || currency.short_amount(one.get().1, 10_000)}</span>
                <span class="bar" style=move || bar(one.get().0 as f64 * 100.0 / most.get() as f64) aria-hidden="true"></span>
            </li>
        }
    };
    view! {
        <section class="card span-6" aria-labelledby="h-pipeline">
            <header><h2 id="h-pipeline">"Pipeline"</h2><span class="muted small">"all leads, expected value"</span></header>
            <div class="body"><ol class="funnel g-s3">{Stage::ALL.iter().copied().map(row).collect_view()}</ol></div>
        </section>
    }
    .into_any()
}

/// Connections in the order of the card: value, icon, colour.
const ROWS: [(Connection, &str, &str); 5] = [
    (Connection::Connected, "link", "var(--data-2)"),
    (Connection::RequestSent, "sending", "var(--data-3)"),
    (Connection::RequestReceived, "inbox", "var(--data-5)"),
    (Connection::NotConnected, "wait", "var(--data-6)"),
    (Connection::DoNotContact, "stop", "var(--ink-3)"),
];

#[component]
pub fn Connections(shown: RwSignal<Dashboard>) -> impl IntoView {
    // Every lead has one of these, so their shares add up to 100%.
    let of_all = Memo::new(move |_| shown.with(|shown| shares(&ROWS.map(|(connection, ..)| shown.connected(connection)))));
    let row =
        move |icon: &'static str, colour: &'static str, label: &'static str, href: String, count: Memo<i64>, share: Option<Signal<i64>>| {
            view! {
                <li style=format!("--st:{colour}")>
                    <span class="stage"><Icon name=icon/>{label}</span>
                    <a class="num" href=href>{move || grouped(count.get())}</a>
                    <span class="num muted small">{move || share.map(|share| tenths(share.get()))}</span>
                    {share.map(|share| view! { <span class="bar" style=move || bar(share.get() as f64 / 10.0) aria-hidden="true"></span> })}
                </li>
            }
            .into_any()
        };
    let mut at = 0;
    let connections = ROWS.map(|(connection, icon, colour)| {
        let count = Memo::new(move |_| shown.with(|shown| shown.connected(connection)));
        let (place, share) = (at, of_all);
        at += 1;
        let share = Signal::derive(move || share.with(|shares| shares.get(place).copied().unwrap_or_default()));
        row(icon, colour, connection.label(), links::with_connection(connection), count, Some(share))
    });
    // A status, which a lead has besides its connection, so it has no share here.
    let replied = Memo::new(move |_| {
        shown.with(|shown| shown.statuses.iter().find(|one| one.status == Status::Responded).map_or(0, |one| one.leads))
    });
    let replied = row("reply", "var(--data-1)", "Replied", links::with_status(Status::Responded), replied, None);
    view! {
        <section class="card span-6" aria-labelledby="h-connections">
            <header><h2 id="h-connections">"Connection status"</h2><span class="muted small">"share of all leads"</span></header>
            <div class="body"><ol class="funnel g-s3">{connections.into_iter().collect_view()}{replied}</ol></div>
        </section>
    }
    .into_any()
}

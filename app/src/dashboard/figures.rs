//! The key figures in a row, each linked to its records.

use super::links;
use crate::{ui::Icon, workspace::use_workspace};
use domain::{
    campaigns::CampaignStatus,
    dashboard::Dashboard,
    figures::{RESPONSE_RATE, percent, ratio, tenths},
    text::grouped,
};
use leptos::prelude::*;

#[component]
pub fn Figures(shown: RwSignal<Dashboard>, compare: Signal<bool>) -> impl IntoView {
    let value = move |read: fn(&Dashboard) -> i64| move || grouped(shown.with(read));
    let days = move || shown.with(|shown| shown.range.label());
    let came = |shown: &Dashboard| shown.days.leads.iter().sum::<i64>();
    let before = |shown: &Dashboard| shown.before.leads.iter().sum::<i64>();
    let label = move || {
        let days = days();
        if compare.get() {
            format!("Key figures, last {days} compared with the previous {days}")
        } else {
            format!("Key figures, last {days}")
        }
    };
    let grown = Signal::derive(move || shown.with(|shown| change(shown.total_leads() - came(shown), shown.total_leads())));
    let more = Signal::derive(move || shown.with(|shown| change(before(shown), came(shown))));
    let total = Memo::new(move |_| shown.with(|shown| growth(shown.total_leads(), &shown.days.leads)));
    let new = Memo::new(move |_| shown.with(|shown| shown.days.leads.clone()));
    let others = move || {
        let of = |status: CampaignStatus| {
            Some(shown.with(|shown| shown.campaigns_in(status)))
                .filter(|count| *count > 0)
                .map(|count| format!("{} {status}", grouped(count)))
        };
        let words: Vec<String> = [CampaignStatus::Paused, CampaignStatus::Draft].into_iter().filter_map(of).collect();
        if words.is_empty() { "none paused".to_owned() } else { words.join(", ") }
    };
    view! {
        <section class="strip" aria-label=label>
            <a href="/leads" title="All leads">
                <span class="label">"Total leads"</span>
                <span class="value">{value(Dashboard::total_leads)}</span>
                <Spark values=total colour="var(--data-6)"/>
                <span class="note"><Show when=move || compare.get()><Delta of=grown/></Show>{move || format!("{} new in {}", grouped(shown.with(came)), days())}</span>
            </a>
            <a href=move || shown.with(|shown| links::created_since(shown.today)) title=format!("Leads added today, in {}", use_workspace().workspace().time_zone)>
                <span class="label">"New today"</span>
                <span class="value">{value(Dashboard::new_today)}</span>
                <Spark values=new colour="var(--data-1)"/>
                <span class="note"><Show when=move || compare.get()><Delta of=more/></Show>{move || format!("{} in {}", grouped(shown.with(came)), days())}</span>
            </a>
            <a href="/campaigns?status=active" title="Active campaigns">
                <span class="label">"Active campaigns"</span>
                <span class="value">{value(|shown| shown.campaigns_in(CampaignStatus::Active))}</span>
                <span class="note">{others}</span>
            </a>
            <a href=links::contacted() title=RESPONSE_RATE>
                <span class="label">"Response rate"</span>
                <span class="value">{move || shown.with(|shown| percent(shown.replied_leads(), shown.active_leads()))}</span>
                <span class="note">{value(Dashboard::replied_leads)}" of "{value(Dashboard::active_leads)}" contacted replied"</span>
            </a>
        </section>
    }
    .into_any()
}

/// Change between two figures in tenths of a percent; `None` from 0.
fn change(from: i64, to: i64) -> Option<i64> {
    (from > 0).then(|| ratio(to - from, from, 1_000))
}

/// Total at the end of each day.
fn growth(total: i64, came: &[i64]) -> Vec<i64> {
    let mut now = total - came.iter().sum::<i64>();
    came.iter()
        .map(|day| {
            now += day;
            now
        })
        .collect()
}

/// Change of a figure for which more is better.
#[component]
fn Delta(of: Signal<Option<i64>>) -> impl IntoView {
    move || {
        of.get().map(|change| {
            let (tone, icon, word) = if change < 0 { ("danger", "down", "down ") } else { ("success", "up", "up ") };
            let size = change.abs();
            let text = if size >= 100 { format!("{}%", grouped(ratio(size, 10, 1))) } else { tenths(size) };
            view! { <span class="delta" data-tone=tone><Icon name=icon/><span class="sr">{word}</span>{text}</span> }
        })
    }
}

/// A sparkline of the days, decorative.
#[component]
fn Spark(values: Memo<Vec<i64>>, colour: &'static str) -> impl IntoView {
    let points = Memo::new(move |_| {
        values.with(|values| {
            let (least, most) = (values.iter().min().copied().unwrap_or_default(), values.iter().max().copied().unwrap_or_default());
            let (steps, span) = ((values.len().max(2) - 1) as f64, (most - least).max(1) as f64);
            values
                .iter()
                .enumerate()
                .map(|(at, value)| (3.0 + 78.0 * at as f64 / steps, 25.0 - 22.0 * (value - least) as f64 / span))
                .collect::<Vec<_>>()
        })
    });
    let line = move || points.with(|points| super::plot::path(points));
    let last = move || points.with(|points| points.last().copied().unwrap_or((81.0, 25.0)));
    view! {
        <svg class="spark" viewBox="0 0 84 28" style=format!("--w:5.25rem;--c:{colour}") aria-hidden="true">
            <path class="area" d=move || format!("{} V28 H3Z", line())></path>
            <path class="line" d=line></path>
            <circle cx=move || format!("{:.1}", last().0) cy=move || format!("{:.1}", last().1) r="2"></circle>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_compare_only_with_something() {
        assert_eq!([change(200, 250), change(200, 100), change(0, 5)], [Some(250), Some(-500), None]);
        assert_eq!(growth(10, &[1, 0, 2]), [8, 8, 10]);
        assert_eq!(change(3, 5), Some(667), "rounded");
    }
}

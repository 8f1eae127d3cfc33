//! The size of a segment from day to day, as a small chart.

use crate::dashboard::plot::{brief, date, path, step};
use domain::{segments::SegmentDay, text::grouped};
use leptos::prelude::*;

/// The plot area, in the units of the drawing.
const LEFT: f64 = 32.0;
const RIGHT: f64 = 284.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 104.0;

#[component]
pub fn Trend(days: Signal<Vec<SegmentDay>>) -> impl IntoView {
    move || days.with(|days| (days.len() > 1).then(|| chart(days)))
}

fn chart(days: &[SegmentDay]) -> AnyView {
    let (first, last) = (days[0], days[days.len() - 1]);
    let most = days.iter().map(|day| day.size).max().unwrap_or_default();
    let unit = step(most, 2);
    let span = (last.day - first.day).max(1) as f64;
    let x = |day: &SegmentDay| LEFT + (RIGHT - LEFT) * (day.day - first.day) as f64 / span;
    let y = |size: i64| BOTTOM - (BOTTOM - TOP) * size as f64 / (unit * 2).max(1) as f64;
    // Between the listed days the size does not change.
    let mut points = Vec::with_capacity(days.len() * 2);
    for (at, day) in days.iter().enumerate() {
        if at > 0 && day.day - days[at - 1].day > 1 {
            points.push((LEFT + (RIGHT - LEFT) * (day.day - 1 - first.day) as f64 / span, y(days[at - 1].size)));
        }
        points.push((x(day), y(day.size)));
    }
    let line = path(&points);
    let area = format!("{line}V{BOTTOM} H{LEFT}Z");
    let label = format!("Leads in it, {} to {}: from {} to {}", date(first.day), date(last.day), grouped(first.size), grouped(last.size));
    let grid = [0, 1, 2].map(|part| {
        let height = y(unit * part);
        view! {
            <path class="gl" d=format!("M{LEFT} {height:.1}H{RIGHT}")></path>
            <text x="26" y=format!("{:.1}", height + 4.0) text-anchor="end">{brief(unit * part)}</text>
        }
    });
    view! {
        <svg class="chart" viewBox="0 0 288 124" role="img" aria-label=label>
            {grid.collect_view()}
            <path class="area" d=area></path>
            <path class="line" d=line></path>
            <text x=LEFT.to_string() y="120">{date(first.day)}</text>
            <text x=RIGHT.to_string() y="120" text-anchor="end">{date(last.day)}</text>
        </svg>
    }
    .into_any()
}

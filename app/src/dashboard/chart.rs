//! Chart of new leads and replies per day. A cross-hair, moved by pointer or arrow keys, shows a day's figures; a table holds them all.

use super::{
    links,
    plot::{brief, date, dated, middle, path, step, weekday},
};
use crate::workspace::use_workspace;
use domain::{
    dashboard::{Dashboard, Days},
    text::grouped,
};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

/// Heights are percentages of a panel.
const TOP: f64 = 100.0;

#[component]
pub fn Chart(shown: RwSignal<Dashboard>, compare: Signal<bool>) -> impl IntoView {
    let days = Memo::new(move |_| shown.with(|shown| (shown.days.clone(), shown.before.clone())));
    let at = RwSignal::new(None::<usize>);
    let label = shown.with_untracked(|shown| shown.range.label());
    view! {
        <section class="card" aria-labelledby="h-chart">
            <header class="wraps">
                <h2 id="h-chart">"New leads and replies"</h2>
                <div class="legend">
                    <span><i class="swatch c-1"></i>"New leads"</span>
                    <span><i class="swatch c-2"></i>"Replies"</span>
                    <Show when=move || compare.get()><span><i class="swatch c-6"></i>"New, "{label}" before"</span></Show>
                </div>
            </header>
            <div class="body rel">
                <Plot days compare at/>
                <Tip days compare at/>
            </div>
            <Numbers days/>
        </section>
    }
    .into_any()
}

type Both = Memo<(Days, Days)>;

#[component]
fn Plot(days: Both, compare: Signal<bool>, at: RwSignal<Option<usize>>) -> impl IntoView {
    let count = days.with_untracked(|(days, _)| days.leads.len());
    let most = Memo::new(move |_| {
        let most = |days: &Days| days.leads.iter().max().copied().unwrap_or_default();
        days.with(|(now, before)| if compare.get() { most(now).max(most(before)) } else { most(now) })
    });
    let unit = Memo::new(move |_| step(most.get(), 3));
    let replies = Memo::new(move |_| step(days.with(|(days, _)| days.replies.iter().max().copied().unwrap_or_default()), 1));
    let height = move |value: i64, top: i64| TOP - TOP * value as f64 / top.max(1) as f64;
    let points = move |leads: &[i64]| {
        let top = unit.get() * 3;
        leads.iter().enumerate().map(|(at, value)| (middle(at, count) * 10.0, height(*value, top))).collect::<Vec<_>>()
    };
    let now = Memo::new(move |_| days.with(|(days, _)| path(&points(&days.leads))));
    let before = Memo::new(move |_| days.with(|(_, before)| path(&points(&before.leads))));
    let ends = (middle(0, count) * 10.0, middle(count.max(1) - 1, count) * 10.0);
    let columns = move || {
        let wide = 560.0 / count.max(1) as f64;
        let column = |(at, value): (usize, &i64)| {
            let y = height(*value, replies.get());
            view! { <rect class="col" x=format!("{:.1}", middle(at, count) * 10.0 - wide / 2.0) y=format!("{y:.1}") width=format!("{wide:.1}") height=format!("{:.1}", TOP - y)></rect> }
        };
        days.with(|(days, _)| days.replies.iter().enumerate().map(column).collect_view())
    };
    let grid =
        |parts: usize| (0..=parts).map(|part| format!("M0 {:.1}H1000", TOP * part as f64 / parts as f64)).collect::<Vec<_>>().concat();
    let leads_labels = (0..=3)
        .map(|part| view! { <span class="y" style=format!("--y:{}", part * 100 / 3)>{move || brief(unit.get() * part)}</span> })
        .collect_view();
    let reply_labels = (0..=1)
        .map(|part| view! { <span class="y" style=format!("--y:{}", part * 100)>{move || brief(replies.get() * part)}</span> })
        .collect_view();
    let dates = dated(count)
        .into_iter()
        .map(|at| {
            let text = move || if at + 1 == count { "Today".to_owned() } else { days.with(|(days, _)| date(days.day(at))) };
            view! { <span style=format!("--x:{:.2}", middle(at, count))>{text}</span> }
        })
        .collect_view();
    let cross = move || {
        at.get().map(|at| {
            let y = move || days.with(|(days, _)| height(days.leads.get(at).copied().unwrap_or_default(), unit.get() * 3));
            view! {
                <span class="cross" style=format!("--x:{:.2}", middle(at, count))></span>
                <span class="pt" style=move || format!("--x:{:.2};--y:{:.1}", middle(at, count), y())></span>
            }
        })
    };
    // With scripts a slider, which moves over the days and reads them out; without, an image.
    let runs = RwSignal::new(false);
    Effect::new(move |_| runs.set(true));
    let role = move || if runs.get() { "slider" } else { "img" };
    let only = move |value: String| move || runs.get().then(|| value.clone());
    let value_text =
        move || runs.get().then(|| days.with(|(days, before)| day_text(days, before, at.get().unwrap_or(count.max(1) - 1), compare.get())));
    view! {
        <div
            class="plot"
            role=role
            tabindex=move || runs.get().then_some("0")
            aria-label=move || days.with(|(days, before)| sentence(days, before))
            aria-orientation=only("horizontal".to_owned())
            aria-valuemin=only("1".to_owned())
            aria-valuemax=only(count.to_string())
            aria-valuenow=move || runs.get().then(|| (at.get().unwrap_or(count.max(1) - 1) + 1).to_string())
            aria-valuetext=value_text
            on:keydown=move |event| press(&event, at, count)
            on:blur=move |_| at.set(None)
            on:pointerleave=move |_| at.set(None)
            on:pointermove=move |event| point(&event, at, count)
            on:pointerdown=move |event| point(&event, at, count)
        >
            <div class="field">
                <div class="upper">
                    <svg class="chart" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
                        <path class="gl" d=grid(3)></path>
                        <path class="area" d=move || format!("{}V{TOP} H{:.1}Z", now.get(), ends.0)></path>
                        <Show when=move || compare.get()><path class="line dash c-6" d=move || before.get()></path></Show>
                        <path class="line" d=move || now.get()></path>
                    </svg>
                    {leads_labels}
                    {cross}
                </div>
                <div class="lower">
                    <svg class="chart c-2" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
                        <path class="gl" d=grid(1)></path>
                        {columns}
                    </svg>
                    {reply_labels}
                </div>
                <div class="dates" aria-hidden="true">{dates}</div>
            </div>
        </div>
    }
    .into_any()
}

/// Selects the day under the pointer.
fn point(event: &ev::PointerEvent, at: RwSignal<Option<usize>>, count: usize) {
    let target = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(field) = target.and_then(|plot| plot.query_selector(".field").ok().flatten()) else { return };
    let place = field.get_bounding_client_rect();
    let share = (f64::from(event.client_x()) - place.left()) / place.width().max(1.0);
    let day = (share * count as f64).floor().clamp(0.0, count.max(1) as f64 - 1.0) as usize;
    if at.get_untracked() != Some(day) {
        at.set(Some(day));
    }
}

fn press(event: &ev::KeyboardEvent, at: RwSignal<Option<usize>>, count: usize) {
    let last = count.max(1) - 1;
    let now = at.get_untracked();
    let next = match event.key().as_str() {
        "ArrowLeft" | "ArrowDown" => Some(now.map_or(last, |now| now.saturating_sub(1))),
        "ArrowRight" | "ArrowUp" => Some(now.map_or(last, |now| (now + 1).min(last))),
        "Home" => Some(0),
        "End" => Some(last),
        "Escape" if now.is_some() => None,
        _ => return,
    };
    event.prevent_default();
    at.set(next);
}

#[component]
fn Tip(days: Both, compare: Signal<bool>, at: RwSignal<Option<usize>>) -> impl IntoView {
    move || {
        at.get().map(|at| {
            let (day, leads, replies, earlier) = days.with(|(days, before)| {
                let of = |list: &[i64]| list.get(at).copied().unwrap_or_default();
                (weekday(days.day(at)), of(&days.leads), of(&days.replies), of(&before.leads))
            });
            view! {
                <p class="tip line chart-tip">
                    <b>{day}</b>
                    <span class="row g-s15"><i class="swatch c-1"></i>{grouped(leads)}" new"</span>
                    <span class="row g-s15"><i class="swatch c-2"></i>{grouped(replies)}{if replies == 1 { " reply" } else { " replies" }}</span>
                    {compare.get().then(|| view! { <span class="muted">{grouped(earlier)}" new before"</span> })}
                </p>
            }
        })
    }
}

/// Description of one day for screen readers.
fn day_text(days: &Days, before: &Days, at: usize, compare: bool) -> String {
    let of = |list: &[i64]| grouped(list.get(at).copied().unwrap_or_default());
    let day = format!("{}: {} new, {} replies", weekday(days.day(at)), of(&days.leads), of(&days.replies));
    if compare { format!("{day}; previous period: {} new, {} replies", of(&before.leads), of(&before.replies)) } else { day }
}

/// Description of the whole chart for screen readers.
fn sentence(days: &Days, before: &Days) -> String {
    let sum = |list: &[i64]| grouped(list.iter().sum());
    let best = days.leads.iter().enumerate().max_by_key(|(at, leads)| (**leads, *at));
    let best = best.filter(|(_, leads)| **leads > 0).map(|(at, leads)| format!(", most on {}: {}", date(days.day(at)), grouped(*leads)));
    format!(
        "{} new leads in {} days{}; {} replies. Previous period: {} and {}.",
        sum(&days.leads),
        days.leads.len(),
        best.unwrap_or_default(),
        sum(&days.replies),
        sum(&before.leads),
        sum(&before.replies)
    )
}

#[component]
fn Numbers(days: Both) -> impl IntoView {
    let rows = move || {
        days.with(|(days, before)| {
            let row = |at: usize| {
                let of = |list: &[i64]| list.get(at).copied().unwrap_or_default();
                let (day, earlier) = (days.day(at), before.day(at));
                view! {
                    <tr>
                        <th scope="row">{weekday(day)}</th>
                        <td class="num"><a class="link" href=links::created_on(day)>{grouped(of(&days.leads))}</a></td>
                        <td class="num"><a class="link" href=links::replied_on(day)>{grouped(of(&days.replies))}</a></td>
                        <td class="num sub"><a class="link" href=links::created_on(earlier)>{grouped(of(&before.leads))}</a></td>
                        <td class="num sub"><a class="link" href=links::replied_on(earlier)>{grouped(of(&before.replies))}</a></td>
                    </tr>
                }
            };
            (0..days.leads.len()).rev().map(row).collect_view()
        })
    };
    let zone = use_workspace().workspace().time_zone;
    view! {
        <footer>
            <details class="numbers">
                <summary><span>"Numbers as a table"</span><span class="push">"Days in "{zone}</span></summary>
                <div class="table-wrap">
                    <table class="table compact plain min-w-108">
                        <caption class="sr">"New leads and replies per day, and of the previous period"</caption>
                        <thead><tr>
                            <th scope="col">"Day"</th><th scope="col" class="num">"New leads"</th><th scope="col" class="num">"Replies"</th>
                            <th scope="col" class="num">"New, previous period"</th><th scope="col" class="num">"Replies, previous period"</th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </details>
        </footer>
    }
    .into_any()
}

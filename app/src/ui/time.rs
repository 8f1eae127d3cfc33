//! Times. The server and the first hydration show the date; once the page runs, its clock turns it into “2 min” wherever one stands.

use super::Inert;
use domain::{
    Timestamp,
    time::{DAY, HOUR, MINUTE},
};
use leptos::prelude::*;
use maud::{Markup, html};
use std::time::Duration;
use wasm_bindgen::JsCast;

/// The browser's time at its last tick, absent until the page runs, so that both sides render the same at first.
#[derive(Debug, Clone, Copy)]
pub struct Now(StoredValue<Option<Timestamp>>);

impl Now {
    pub fn new() -> Self {
        let known = StoredValue::new(None);
        Effect::new(move |_| {
            let tick = move || {
                let now = Timestamp((js_sys::Date::now() * 1_000.0) as i64);
                known.try_set_value(Some(now));
                show(now);
            };
            tick();
            set_interval(tick, Duration::from_secs(30));
        });
        Self(known)
    }

    /// Not to be followed: what is rendered later is of the last tick, and what stands in the page ticks by itself.
    pub fn get(self) -> Option<Timestamp> {
        self.0.get_value()
    }
}

impl Default for Now {
    fn default() -> Self {
        Self::new()
    }
}

/// On all times of the page: to render anew what they stand in, row by row, would cost far more.
fn show(now: Timestamp) {
    let Ok(times) = document().query_selector_all("time") else { return };
    for time in (0..times.length()).filter_map(|at| times.get(at)?.dyn_into::<web_sys::Element>().ok()) {
        if let Some(at) = time.get_attribute("datetime").and_then(|at| at.parse().ok()) {
            let said = ago(at, Some(now));
            if time.text_content().as_ref() != Some(&said) {
                time.set_text_content(Some(&said));
            }
        }
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `14 Nov 2026`, without the year when it is this one.
fn day(at: Timestamp, now: Option<Timestamp>) -> String {
    let date = at.civil();
    let month = MONTHS[(date.month() as usize).saturating_sub(1) % 12];
    match now {
        Some(now) if now.civil().year() == date.year() => format!("{} {month}", date.day()),
        _ => format!("{} {month} {}", date.day(), date.year()),
    }
}

fn ago(at: Timestamp, now: Option<Timestamp>) -> String {
    let Some(now) = now else { return day(at, None) };
    match now.0 - at.0 {
        past if past < MINUTE => "now".to_owned(),
        past if past < HOUR => format!("{} min", past / MINUTE),
        past if past < DAY => format!("{} h", past / HOUR),
        past if past < 2 * DAY => "Yesterday".to_owned(),
        past if past < 7 * DAY => format!("{} days", past / DAY),
        _ => day(at, Some(now)),
    }
}

#[component]
pub fn TimeAgo(at: Timestamp) -> impl IntoView {
    Inert::from(time_ago(at, use_context::<Now>().and_then(Now::get)))
}

pub fn time_ago(at: Timestamp, now: Option<Timestamp>) -> Markup {
    let civil = at.civil();
    let exact = format!("{} {:02}:{:02} UTC", civil.date(), civil.hour(), civil.minute());
    html! { time datetime=(at) title=(exact) { (ago(at, now)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_times_count_and_far_times_are_dates() {
        let at: Timestamp = "2026-11-14T09:00:00Z".parse().unwrap();
        let after = |micros| ago(at, Some(Timestamp(at.0 + micros)));
        assert_eq!(ago(at, None), "14 Nov 2026");
        assert_eq!(
            [after(-5), after(2 * MINUTE), after(HOUR), after(DAY), after(3 * DAY), after(9 * DAY)],
            ["now", "2 min", "1 h", "Yesterday", "3 days", "14 Nov"]
        );
        assert_eq!(after(300 * DAY), "14 Nov 2026");
    }
}

//! Times. The server and hydration show the date. After that a ticking clock turns it into “2 min ago”.

use super::static_markup::StaticMarkup;
use domain::{TimeKind, Timestamp};
use leptos::prelude::*;
use maud::{Markup, html};
use std::time::Duration;
use wasm_bindgen::JsCast;

/// Browser time at the last tick. `None` until hydration ends, so that both sides render the same.
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

    /// Untracked: later views use the last tick, and times already on the page are updated at each tick.
    pub fn get(self) -> Option<Timestamp> {
        self.0.get_value()
    }
}

impl Default for Now {
    fn default() -> Self {
        Self::new()
    }
}

/// Updates all `<time>` elements of the page: rendering their rows again would cost far more.
fn show(now: Timestamp) {
    let Ok(times) = document().query_selector_all("time") else { return };
    for time in (0..times.length()).filter_map(|at| times.get(at)?.dyn_into::<web_sys::Element>().ok()) {
        if let Some(at) = time.get_attribute("datetime").and_then(|at| at.parse().ok()) {
            let kind = time.get_attribute(KIND).and_then(|kind| kind.parse().ok()).unwrap_or(TimeKind::At);
            let said = kind.phrase(at, Some(now));
            if time.text_content().as_ref() != Some(&said) {
                time.set_text_content(Some(&said));
            }
        }
    }
}

/// Attribute with the kind of a time; without it, `TimeKind::At`.
const KIND: &str = "data-time";

/// Time of an event: `3 h ago`.
#[component]
pub fn TimeAgo(at: Timestamp) -> impl IntoView {
    StaticMarkup::from(time(TimeKind::At, at))
}

/// Start of a state that lasts: `since yesterday`.
#[component]
pub fn TimeSince(at: Timestamp) -> impl IntoView {
    StaticMarkup::from(time(TimeKind::Since, at))
}

/// Time when something is due: `due in 7 days (Sat 5 Dec)`, `overdue by 3 days`.
#[component]
pub fn TimeDue(at: Timestamp) -> impl IntoView {
    StaticMarkup::from(time(TimeKind::Due, at))
}

fn time(kind: TimeKind, at: Timestamp) -> Markup {
    markup(kind, at, use_context::<Now>().and_then(Now::get))
}

pub fn time_ago(at: Timestamp, now: Option<Timestamp>) -> Markup {
    markup(TimeKind::At, at, now)
}

fn markup(kind: TimeKind, at: Timestamp, now: Option<Timestamp>) -> Markup {
    let civil = at.civil();
    let exact = format!("{} {:02}:{:02} UTC", civil.date(), civil.hour(), civil.minute());
    let named = (kind != TimeKind::At).then(|| kind.as_str());
    html! { time datetime=(at) data-time=[named] title=(exact) { (kind.phrase(at, now)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_markup_tells_the_tick_what_a_time_is() {
        let at: Timestamp = "2026-12-05T09:00:00Z".parse().unwrap();
        let due = markup(TimeKind::Due, at, None).into_string();
        assert!(due.contains(r#"data-time="due""#) && due.ends_with(">due Sat 5 Dec 2026</time>"), "{due}");
        let now = Some(Timestamp(at.0 - 7 * domain::time::DAY));
        assert!(markup(TimeKind::Due, at, now).into_string().contains(">due in 7 days (Sat 5 Dec)<"));
        assert!(!time_ago(at, None).into_string().contains(KIND));
    }
}

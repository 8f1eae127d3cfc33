//! Times. The server and hydration show the date. After that a ticking clock turns it into “2 min ago”.

use super::static_markup::StaticMarkup;
use crate::workspace::CurrentWorkspace;
use domain::{TimeKind, Timestamp, Zone};
use leptos::prelude::*;
use maud::{Markup, html};
use std::time::Duration;
use wasm_bindgen::JsCast;

/// Browser time at the last tick, `None` until hydration ends, so that both sides render the same; and the workspace, which knows the time zone.
#[derive(Clone, Copy)]
pub struct Now(StoredValue<Option<Timestamp>>, CurrentWorkspace);

impl Now {
    pub fn new(workspace: CurrentWorkspace) -> Self {
        let known = StoredValue::new(None);
        Effect::new(move |_| {
            let tick = move || {
                let now = Timestamp((js_sys::Date::now() * 1_000.0) as i64);
                known.try_set_value(Some(now));
                workspace.with_own_zone(|zone| show(now, zone));
            };
            tick();
            set_interval(tick, Duration::from_secs(30));
        });
        Self(known, workspace)
    }

    /// Untracked: later views use the last tick, and times already on the page are updated at each tick.
    fn markup(self, kind: TimeKind, at: Timestamp) -> Markup {
        self.1.with_own_zone(|zone| markup(kind, at, self.0.get_value(), zone))
    }
}

/// Updates all `<time>` elements of the page: rendering their rows again would cost far more.
fn show(now: Timestamp, zone: &Zone) {
    let Ok(times) = document().query_selector_all("time") else { return };
    for time in (0..times.length()).filter_map(|at| times.get(at)?.dyn_into::<web_sys::Element>().ok()) {
        if let Some(at) = time.get_attribute("datetime").and_then(|at| at.parse().ok()) {
            let kind = time.get_attribute(KIND).and_then(|kind| kind.parse().ok()).unwrap_or(TimeKind::At);
            let said = kind.phrase(at, Some(now), zone);
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
    expect_context::<Now>().markup(kind, at)
}

pub fn time_ago(at: Timestamp, now: Now) -> Markup {
    now.markup(TimeKind::At, at)
}

fn markup(kind: TimeKind, at: Timestamp, now: Option<Timestamp>, zone: &Zone) -> Markup {
    let civil = zone.civil(at);
    let exact = format!("{} {:02}:{:02} {}", civil.date(), civil.hour(), civil.minute(), zone.name());
    let named = (kind != TimeKind::At).then(|| kind.as_str());
    html! { time datetime=(at) data-time=[named] title=(exact) { (kind.phrase(at, now, zone)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_markup_tells_the_tick_what_a_time_is() {
        let at: Timestamp = "2026-12-05T09:00:00Z".parse().unwrap();
        let utc = Zone::utc();
        let due = markup(TimeKind::Due, at, None, &utc).into_string();
        assert!(due.contains(r#"data-time="due""#) && due.ends_with(">due Sat 5 Dec 2026</time>"), "{due}");
        let now = Some(Timestamp(at.0 - 7 * domain::time::DAY));
        assert!(markup(TimeKind::Due, at, now, &utc).into_string().contains(">due in 7 days (Sat 5 Dec)<"));
        assert!(!markup(TimeKind::At, at, None, &utc).into_string().contains(KIND));
        let there = markup(TimeKind::At, at, None, &Zone::new("Asia/Kolkata", 19_800, [])).into_string();
        assert!(there.contains(r#"title="2026-12-05 14:30 Asia/Kolkata""#), "{there}");
    }
}

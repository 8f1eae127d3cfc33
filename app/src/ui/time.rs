//! Times. The server and the first hydration show the date; once the page runs, a ticking `Now` turns it into “2 min”.

use super::Inert;
use domain::{
    Timestamp,
    time::{DAY, HOUR, MINUTE},
};
use leptos::prelude::*;
use maud::{Markup, html};
use std::time::Duration;

/// The browser's time, absent until the page runs, so that both sides render the same at first.
#[derive(Debug, Clone, Copy)]
pub struct Now(ReadSignal<Option<Timestamp>>);

impl Now {
    pub fn new() -> Self {
        let (now, set_now) = signal(None);
        Effect::new(move |_| {
            let read = move || {
                let _ = set_now.try_set(Some(Timestamp((js_sys::Date::now() * 1_000.0) as i64)));
            };
            read();
            set_interval(read, Duration::from_secs(30));
        });
        Self(now)
    }

    pub fn get(self) -> Option<Timestamp> {
        self.0.get()
    }
}

impl Default for Now {
    fn default() -> Self {
        Self::new()
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
    let now = use_context::<Now>();
    move || Inert::from(time_ago(at, now.and_then(Now::get)))
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

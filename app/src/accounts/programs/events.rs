//! The newest events of `/api/events`, as they arrive. Needs scripts.

#[cfg(feature = "hydrate")]
mod source;

use crate::ui::Icon;
use leptos::prelude::*;
use std::collections::VecDeque;

/// Most events on the page.
#[cfg(feature = "hydrate")]
const SHOWN_MAX: usize = 100;
/// Most characters of an event's data.
#[cfg(any(feature = "hydrate", test))]
const DATA_MAX: usize = 240;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser listens"))]
enum FeedState {
    Connecting,
    Live,
    /// Signed out, or the server refuses more listeners.
    Ended,
}

/// An event as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    /// Counts the events of this page.
    at: u64,
    name: String,
    /// `seq` of its change.
    seq: String,
    data: String,
}

#[derive(Debug, Clone, Copy)]
struct Feed {
    state: RwSignal<FeedState>,
    /// Newest first.
    newest: RwSignal<VecDeque<Shown>>,
    /// While paused: what was shown when that began.
    paused: RwSignal<Option<VecDeque<Shown>>>,
}

impl Feed {
    fn new() -> Self {
        Self { state: RwSignal::new(FeedState::Connecting), newest: RwSignal::default(), paused: RwSignal::new(None) }
    }

    fn shown(self) -> VecDeque<Shown> {
        self.paused.get().unwrap_or_else(|| self.newest.get())
    }

    /// Number of events since the pause began.
    fn waiting(self) -> u64 {
        let last = |events: &VecDeque<Shown>| events.front().map_or(0, |event| event.at);
        self.paused.with(|paused| paused.as_ref().map_or(0, |paused| self.newest.with(last) - last(paused)))
    }

    fn toggle(self) {
        let newest = self.newest.get_untracked();
        self.paused.update(|paused| *paused = paused.is_none().then_some(newest));
    }
}

#[component]
pub(super) fn Events() -> impl IntoView {
    let feed = Feed::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| source::listen(feed));
    let status = move || match feed.state.get() {
        FeedState::Connecting => "Connecting".to_owned(),
        FeedState::Ended => "Ended; reload to listen again".to_owned(),
        FeedState::Live => match (feed.paused.with(Option::is_some), feed.waiting()) {
            (true, waiting) => format!("On hold, {waiting} waiting"),
            (false, _) => "Live".to_owned(),
        },
    };
    let row = |event: Shown| {
        view! {
            <li>
                <span class="pill" data-tone="info">{event.name}</span>
                <span class="num muted">{format!("#{}", event.seq)}</span>
                <code>{event.data}</code>
            </li>
        }
    };
    view! {
        <section id="events" aria-labelledby="h-events">
            <header>
                <div>
                    <h2 id="h-events">"Events"</h2>
                    <p>"What programs hear: every change of a lead, a campaign or many leads at once, from whichever door it came."</p>
                </div>
                <span class="end row scripts-only">
                    <span class="small muted" role="status">{status}</span>
                    <button class="btn sm" type="button" on:click=move |_| feed.toggle()>
                        <Icon name="pause"/>{move || if feed.paused.with(Option::is_some) { "Continue" } else { "Hold" }}
                    </button>
                </span>
            </header>
            <p class="noscript-only muted">"This view needs scripts. The example “Hear changes” prints the same events."</p>
            <div class="card scripts-only">
                <ol class="list heard" aria-label="Newest events" tabindex="0">
                    <For each=move || feed.shown() key=|event| event.at children=row/>
                </ol>
                {move || feed.shown().is_empty().then(|| view! { <p class="body muted">"Nothing yet. Change a lead, and its event appears here."</p> })}
            </div>
        </section>
    }
    .into_any()
}

/// The record in an event's data, or else all of it, in at most `DATA_MAX` characters.
#[cfg(any(feature = "hydrate", test))]
fn short(data: &str) -> String {
    let record = || data.strip_suffix('}')?.split_once(r#","record":"#);
    let data = record().map_or(data, |(_, record)| record);
    match data.char_indices().nth(DATA_MAX) {
        Some((end, _)) => format!("{}…", &data[..end]),
        None => data.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_shown_and_cut_between_characters() {
        assert_eq!(short(r#"{"reason":"over"}"#), r#"{"reason":"over"}"#);
        assert_eq!(short(r#"{"seq":1,"record":{"entity":"lead"}}"#), r#"{"entity":"lead"}"#);
        let cut = short(&"\u{10348}".repeat(300));
        assert_eq!((cut.chars().count(), cut.chars().last()), (DATA_MAX + 1, Some('…')));
    }

    #[test]
    fn a_pause_keeps_what_is_shown_and_counts_what_comes() {
        let owner = Owner::new();
        owner.set();
        let event = |at: u64| Shown { at, name: "update lead".into(), seq: at.to_string(), data: String::new() };
        let feed = Feed::new();
        feed.newest.set(VecDeque::from([event(2), event(1)]));
        feed.toggle();
        feed.newest.set((0..100).map(|n| event(302 - n)).collect());
        assert_eq!((feed.shown().len(), feed.waiting()), (2, 300));
        feed.toggle();
        assert_eq!((feed.shown().len(), feed.waiting()), (100, 0));
    }
}

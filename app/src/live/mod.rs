//! The client of `/live`: one socket per tab, whoever asks for changes subscribes to a query.
//! On the server everything here is there and does nothing, so that views need not care where they run.

#[cfg(feature = "hydrate")]
mod client;
mod notice;
mod reading;
#[cfg(feature = "hydrate")]
mod socket;

pub use notice::Notice;
pub use reading::{Answer, reading, reading_late};

use crate::layout::Me;
use domain::{
    BulkId, ImportId, Origin,
    bulk::BulkProgress,
    imports::ImportProgress,
    live::{Delta, News, Person, Progress, Query, Total},
    rule::Rule,
};
use leptos::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

/// How the connection is, as the dot shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnState {
    /// Not yet connected since the page was opened.
    Connecting,
    Live,
    /// The connection was lost a moment ago; trying again.
    Behind,
    /// Changes are held back because the person asked for it.
    Paused,
    Offline,
}

/// What a subscriber is told.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveEvent {
    /// What those who match add up to now.
    Total(Option<Total>),
    /// In commit order, each once; all up to `seq`.
    Deltas { seq: i64, total: Option<Total>, items: Vec<Delta> },
    /// Read everything again: changes were missed, or too many came at once.
    Reset,
}

#[derive(Debug, Clone, Copy)]
pub struct Live {
    pub state: Signal<ConnState>,
    /// The number of the last change this tab knows of.
    pub head: Signal<i64>,
    /// Who else is here, each once.
    pub people: Signal<Vec<Person>>,
    /// Hold changes back and count them; they are applied in order when this is unset.
    pub paused: RwSignal<bool>,
    /// How many changes are held back.
    pub waiting: Signal<usize>,
    /// Why this page can no longer do what it offers.
    pub notice: Signal<Option<Notice>>,
    /// Counts how often the connection came back, and the presses on “Retry”.
    returned: RwSignal<u32>,
    wire: Wire,
}

/// What the socket writes.
#[derive(Debug, Clone, Copy)]
struct Wire {
    link: RwSignal<ConnState>,
    head: RwSignal<i64>,
    people: RwSignal<Vec<Person>>,
    waiting: RwSignal<usize>,
    notice: RwSignal<Option<Notice>>,
    returned: RwSignal<u32>,
    progress: RwSignal<HashMap<Uuid, Progress>>,
}

impl Live {
    pub fn new() -> Self {
        let wire = Wire {
            link: RwSignal::new(ConnState::Connecting),
            head: RwSignal::new(0),
            people: RwSignal::new(Vec::new()),
            waiting: RwSignal::new(0),
            notice: RwSignal::new(None),
            returned: RwSignal::new(0),
            progress: RwSignal::new(HashMap::new()),
        };
        let paused = RwSignal::new(false);
        let state = Signal::derive(move || match wire.link.get() {
            ConnState::Live if paused.get() => ConnState::Paused,
            link => link,
        });
        Self {
            state,
            head: wire.head.into(),
            people: wire.people.into(),
            paused,
            waiting: wire.waiting.into(),
            notice: wire.notice.into(),
            returned: wire.returned,
            wire,
        }
    }

    /// Connects, once; called by whatever surrounds the pages of a signed-in person, who is `me`.
    pub fn start(self, me: Me) {
        #[cfg(not(feature = "hydrate"))]
        drop(me);
        #[cfg(feature = "hydrate")]
        {
            Effect::new(move |_| client::pause(self.paused.get(), self.wire));
            Effect::new(move |_| socket::start(self.wire, me.clone()));
        }
    }

    /// The latest word on a running import.
    pub fn import_progress(self, id: ImportId) -> Signal<Option<ImportProgress>> {
        Memo::new(move |_| match self.progress(id.0) {
            Some(Progress::Import(import)) => Some(import),
            _ => None,
        })
        .into()
    }

    /// The latest word on a running bulk action; watch `Query::Bulk` to get it.
    pub fn bulk_progress(self, id: BulkId) -> Signal<Option<BulkProgress>> {
        Memo::new(move |_| match self.progress(id.0) {
            Some(Progress::Bulk(bulk)) => Some(bulk),
            _ => None,
        })
        .into()
    }

    /// Reads again what could not be read.
    pub fn retry(self) {
        self.returned.update(|count| *count += 1);
    }

    fn progress(self, id: Uuid) -> Option<Progress> {
        self.wire.progress.with(|all| all.get(&id).cloned())
    }

    /// Tells `on` of every change to `query` after `since`, until the present owner is cleaned up.
    pub fn subscribe(self, query: Query, since: i64, on: impl Fn(LiveEvent) + 'static) {
        #[cfg(feature = "hydrate")]
        {
            let heard = move |told| {
                if let client::Told::Event(event) = told {
                    on(event);
                }
            };
            let id = client::subscribe(query, since, std::rc::Rc::new(heard));
            on_cleanup(move || client::unsubscribe(id));
        }
        #[cfg(not(feature = "hydrate"))]
        drop((query, since, on));
    }

    /// Tells `on` how many leads match, now and whenever that changes, until the present owner is cleaned up.
    pub fn count(self, rule: Rule, on: impl Fn(i64) + 'static) {
        // Whatever happened before, the answer tells the total.
        self.subscribe(Query::Count { rule }, 0, move |event| {
            if let LiveEvent::Total(Some(now)) | LiveEvent::Deltas { total: Some(now), .. } = event {
                on(now.leads());
            }
        });
    }

    /// Tells `on` what a query of `News` shows after `since`, and `again` when everything must be read again; until the present owner is
    /// cleaned up.
    pub fn follow(self, query: Query, since: i64, on: impl Fn(News) + 'static, again: impl Fn() + 'static) {
        #[cfg(feature = "hydrate")]
        {
            let heard = move |told| match told {
                client::Told::News(news, _) => on(news),
                client::Told::Event(LiveEvent::Reset) => again(),
                client::Told::Event(_) => {}
            };
            let id = client::subscribe(query, since, std::rc::Rc::new(heard));
            on_cleanup(move || client::unsubscribe(id));
        }
        #[cfg(not(feature = "hydrate"))]
        drop((query, since, on, again));
    }

    /// Where this person looks; gone again when the present owner is cleaned up.
    pub fn presence(self, page: &str, record: Option<Uuid>) {
        #[cfg(feature = "hydrate")]
        client::presence(Some(page.to_owned()), record);
        #[cfg(not(feature = "hydrate"))]
        let _ = (page, record);
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

/// Marks a write, so that the delta that confirms it is recognised. `None` on the server.
pub fn origin() -> Option<Origin> {
    #[cfg(feature = "hydrate")]
    return client::origin();
    #[cfg(not(feature = "hydrate"))]
    None
}

/// Whether this tab made the write.
pub fn is_ours(origin: Option<Origin>) -> bool {
    #[cfg(feature = "hydrate")]
    return origin.is_some_and(client::is_ours);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = origin;
        false
    }
}

//! The client of `/live`: one socket per tab, over which views subscribe to queries.
//! On the server all of this exists and does nothing, so that views need not care where they run.

#[cfg(feature = "hydrate")]
mod client;
mod notice;
mod reading;
#[cfg(feature = "hydrate")]
mod socket;

pub use notice::Notice;
pub use reading::{Answer, reading, reading_local};

use crate::layout::Me;
use domain::{
    BulkId, ExportId, ImportId, Origin,
    bulk::BulkProgress,
    exports::ExportProgress,
    imports::ImportProgress,
    ingest::IngestState,
    live::{Delta, News, Person, Progress, Query, Total},
    rule::Rule,
};
use leptos::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

/// State of the connection, as the dot shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnState {
    /// Not yet connected since the page was opened.
    Connecting,
    Live,
    /// The connection was lost a moment ago; reconnecting.
    Behind,
    /// Changes are held back because the person asked for it.
    Paused,
    Offline,
}

/// What a subscriber receives.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveEvent {
    /// Total over all matching records now.
    Total(Option<Total>),
    /// Deltas in commit order, each once; all changes up to `seq` are included.
    Deltas { seq: i64, total: Option<Total>, items: Vec<Delta> },
    /// Read everything again: changes were missed, or too many came at once.
    Reset,
}

#[derive(Debug, Clone, Copy)]
pub struct Live {
    pub state: Signal<ConnState>,
    /// `seq` of the last change that this tab knows of.
    pub head: Signal<i64>,
    /// Other people who are online, each once.
    pub people: Signal<Vec<Person>>,
    /// Holds changes back and counts them. When unset, they are applied in order.
    pub paused: RwSignal<bool>,
    /// Number of changes held back.
    pub waiting: Signal<usize>,
    /// Why this page can no longer do all it offers.
    pub notice: Signal<Option<Notice>>,
    /// Number of reconnects plus presses on “Retry”.
    reconnects: RwSignal<u32>,
    wire: SocketSignals,
}

/// The signals that the socket writes.
#[derive(Debug, Clone, Copy)]
struct SocketSignals {
    link: RwSignal<ConnState>,
    head: RwSignal<i64>,
    people: RwSignal<Vec<Person>>,
    waiting: RwSignal<usize>,
    notice: RwSignal<Option<Notice>>,
    reconnects: RwSignal<u32>,
    progress: RwSignal<HashMap<Uuid, Progress>>,
}

impl Live {
    pub fn new() -> Self {
        let wire = SocketSignals {
            link: RwSignal::new(ConnState::Connecting),
            head: RwSignal::new(0),
            people: RwSignal::new(Vec::new()),
            waiting: RwSignal::new(0),
            notice: RwSignal::new(None),
            reconnects: RwSignal::new(0),
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
            reconnects: wire.reconnects,
            wire,
        }
    }

    /// Connects, once. Called by the frame around pages of the signed-in person, `me`.
    pub fn start(self, me: Me) {
        #[cfg(not(feature = "hydrate"))]
        drop(me);
        #[cfg(feature = "hydrate")]
        {
            Effect::new(move |_| client::pause(self.paused.get(), self.wire));
            Effect::new(move |_| socket::start(self.wire, me.clone()));
        }
    }

    /// The newest progress of a running import.
    pub fn import_progress(self, id: ImportId) -> Signal<Option<ImportProgress>> {
        Memo::new(move |_| match self.progress(id.0) {
            Some(Progress::Import(import)) => Some(import),
            _ => None,
        })
        .into()
    }

    /// The newest progress of a running bulk action, while someone subscribes to it.
    pub fn bulk_progress(self, id: BulkId) -> Signal<Option<BulkProgress>> {
        Memo::new(move |_| match self.progress(id.0) {
            Some(Progress::Bulk(bulk)) => Some(bulk),
            _ => None,
        })
        .into()
    }

    /// The newest progress of a running export, while someone subscribes to the list of exports.
    pub fn export_progress(self, id: ExportId) -> Signal<Option<ExportProgress>> {
        Memo::new(move |_| match self.progress(id.0) {
            Some(Progress::Export(export)) => Some(export),
            _ => None,
        })
        .into()
    }

    /// How far ingestion is, while someone subscribes to orders.
    pub fn ingest_state(self) -> Signal<Option<IngestState>> {
        Memo::new(move |_| match self.progress(Uuid::nil()) {
            Some(Progress::Ingest(state)) => Some(state),
            _ => None,
        })
        .into()
    }

    /// Says why this page can no longer do all it offers.
    pub fn notify(self, notice: Notice) {
        self.wire.notice.set(Some(notice));
    }

    /// Repeats the reads that failed.
    pub fn retry(self) {
        self.reconnects.update(|count| *count += 1);
    }

    fn progress(self, id: Uuid) -> Option<Progress> {
        self.wire.progress.with(|all| all.get(&id).cloned())
    }

    /// Calls `on` for every change to `query` after `since`, until the current owner is cleaned up.
    pub fn subscribe(self, query: Query, since: i64, on: impl Fn(LiveEvent) + 'static) {
        #[cfg(feature = "hydrate")]
        {
            let heard = move |incoming| {
                if let client::Incoming::Event(event) = incoming {
                    on(event);
                }
            };
            let id = client::subscribe(query, since, std::rc::Rc::new(heard));
            on_cleanup(move || client::unsubscribe(id));
        }
        #[cfg(not(feature = "hydrate"))]
        drop((query, since, on));
    }

    /// Calls `on` with the number of matching leads, now and after each change, until the current owner is cleaned up.
    pub fn count(self, rule: Rule, on: impl Fn(i64) + 'static) {
        // `since` does not matter: the answer to a subscription holds the total.
        self.subscribe(Query::Count { rule }, 0, move |event| {
            if let LiveEvent::Total(Some(now)) | LiveEvent::Deltas { total: Some(now), .. } = event {
                on(now.leads());
            }
        });
    }

    /// Calls `on` with the result of a `News` query whenever it changes after `since`, and `again` when all must be read again. Ends when
    /// the current owner is cleaned up.
    pub fn follow(self, query: Query, since: i64, on: impl Fn(News) + 'static, again: impl Fn() + 'static) {
        #[cfg(feature = "hydrate")]
        {
            let heard = move |incoming| match incoming {
                client::Incoming::News(news, _) => on(news),
                client::Incoming::Event(LiveEvent::Reset) => again(),
                client::Incoming::Event(_) => {}
            };
            let id = client::subscribe(query, since, std::rc::Rc::new(heard));
            on_cleanup(move || client::unsubscribe(id));
        }
        #[cfg(not(feature = "hydrate"))]
        drop((query, since, on, again));
    }

    /// Reports the page and record that this person has open. Ends when the current owner is cleaned up.
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

/// A new origin for a write, to recognise the delta that confirms it. `None` on the server.
pub fn origin() -> Option<Origin> {
    #[cfg(feature = "hydrate")]
    return client::origin();
    #[cfg(not(feature = "hydrate"))]
    None
}

/// Whether this tab made the write with that origin.
pub fn is_ours(origin: Option<Origin>) -> bool {
    #[cfg(feature = "hydrate")]
    return origin.is_some_and(client::is_ours);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = origin;
        false
    }
}

//! Queries without deltas (dashboard, activities): after a change the full result is read, at most 4 times per second, once for all
//! subscribers.

use super::Task;
use crate::{
    activity, dashboard,
    live::{frame, query::HubQuery},
    store::Store,
};
use domain::{
    Change, Moment, Record, Result, Snapshot,
    live::{News, Query, ServerMessage},
};

/// State of such a query.
pub(in crate::live) struct NewsState {
    /// Something changed since the last read.
    stale: bool,
    reading: bool,
    /// Number of changes in the next `News`.
    changes: u32,
    /// All subscribers know the changes up to this one.
    known: i64,
}

/// The result of a read.
pub(super) struct Read {
    /// The hub's id of the query.
    name: u64,
    news: Result<Snapshot<News>>,
    changes: u32,
    /// The read covers the changes after this one.
    known: i64,
}

impl NewsState {
    pub(in crate::live) fn new(known: i64) -> Self {
        Self { stale: false, reading: false, changes: 0, known }
    }

    /// Marks the query as stale when the change concerns it.
    pub(in crate::live) fn take(&mut self, query: &Query, change: &Change) {
        let concerns = match query {
            Query::Activities { campaign: Some(id), .. } => change.record().and_then(Record::campaign_id) == Some(*id),
            Query::Activities { campaign: None, .. } | Query::Dashboard { .. } => true,
            Query::Tags {} => tags_differ(change),
            // Sent as deltas.
            Query::Leads { .. }
            | Query::Board { .. }
            | Query::Count { .. }
            | Query::Lead { .. }
            | Query::List { .. }
            | Query::One { .. }
            | Query::Campaign { .. } => false,
        };
        if concerns {
            self.stale = true;
            self.changes += 1;
        }
    }
}

impl HubQuery {
    fn is_dashboard(&self) -> bool {
        matches!(self.compiled.query, Query::Dashboard { .. })
    }
}

impl Task {
    /// Adds a subscriber that knows the changes up to `since`.
    pub(super) fn watch(&mut self, name: u64, since: i64) {
        let head = self.head;
        let Some(watch) = self.queries.get_mut(&name).and_then(|entry| entry.watch.as_mut()) else { return };
        watch.known = watch.known.min(since);
        watch.stale |= since < head;
    }

    /// Leads were written without a change, or a new day began.
    pub(super) fn dashboards_changed(&mut self) {
        for entry in self.queries.values_mut().filter(|entry| entry.is_dashboard()) {
            if let Some(watch) = &mut entry.watch {
                watch.stale = true;
            }
        }
    }

    pub(super) fn day_began(&mut self, at: &Moment) {
        let today = at.today();
        if std::mem::replace(&mut self.today, today) != today {
            self.dashboards_changed();
        }
    }

    pub(super) fn read_news(&mut self) {
        let at = self.store.moment();
        for (name, entry) in &mut self.queries {
            let Some(watch) = &mut entry.watch else { continue };
            if entry.subscribers.is_empty() || !watch.stale || watch.reading {
                continue;
            }
            watch.stale = false;
            watch.reading = true;
            let changes = std::mem::take(&mut watch.changes);
            let (name, query, known) = (*name, entry.compiled.query.clone(), watch.known);
            let (store, reads, at) = (self.store.clone(), self.reads.clone(), at.clone());
            tokio::spawn(async move {
                let news = read(&store, query, known, at).await;
                // The receiver is closed when the hub has stopped.
                drop(reads.send(Read { name, news, changes, known }));
            });
        }
    }

    pub(super) fn take_news(&mut self, Read { name, news, changes, known }: Read) {
        let Some(entry) = self.queries.get_mut(&name) else { return };
        let Some(watch) = &mut entry.watch else { return };
        watch.reading = false;
        let Ok(Snapshot { as_of, data: news, .. }) = news else {
            // The error is already logged; the next tick tries again.
            watch.stale = true;
            watch.changes += changes;
            return;
        };
        if watch.known < known {
            // A subscriber that knows fewer changes joined meanwhile.
            watch.stale = true;
        } else {
            watch.known = as_of;
        }
        let frame = self.shared.encoded(frame::message(&ServerMessage::News { query: name, seq: as_of, changes, news }));
        self.shared.deliver(&frame, entry.subscribers.iter().filter_map(|socket| self.connections.get(socket)));
    }
}

async fn read(store: &Store, query: Query, known: i64, at: Moment) -> Result<Snapshot<News>> {
    store
        .snapshot(move |conn| {
            Box::pin(async move {
                match query {
                    Query::Dashboard { range } => Ok(News::Dashboard(Box::new(dashboard::read(conn, range, at).await?))),
                    Query::Activities { campaign, access } => activity::since(conn, campaign, access, known).await,
                    // Sent as deltas, or read by each subscriber.
                    Query::Tags {}
                    | Query::Leads { .. }
                    | Query::Board { .. }
                    | Query::Count { .. }
                    | Query::Lead { .. }
                    | Query::List { .. }
                    | Query::One { .. }
                    | Query::Campaign { .. } => Ok(News::Again),
                }
            })
        })
        .await
}

/// Whether leads have other tags after the change, as far as it tells.
fn tags_differ(change: &Change) -> bool {
    let tags = |record: &Option<Record>| match record {
        Some(Record::Lead(lead)) => lead.tags.clone(),
        _ => Vec::new(),
    };
    matches!(change.record(), Some(Record::Set(_))) || tags(&change.before) != tags(&change.after)
}

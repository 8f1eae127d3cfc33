//! `/api/events`: the change log as server-sent events, for clients without WebSockets.
//!
//! The log itself is the queue of a slow client: it reads there what it missed.

use crate::{
    feed::{Encoder, Feed, is_shown},
    http::{ApiError, ApiQuery, App},
    live::Hub,
    socket::Listener,
    store::{Store, log},
};
use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use domain::{ActorRef, Change, Epoch, Error, Op, Origin, Record, Result, Timestamp};
use futures::{FutureExt, stream};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, convert::Infallible, fmt, str::FromStr, sync::Arc, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Interval of the comments that keep the connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Most changes that are read from the log at once.
const PAGE: i64 = 20;

pub fn routes(app: &App) -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events)).layer(Extension(Feed::new(app.store.clone(), Events)))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Begin after this change; without it and without `Last-Event-ID`, with the next change.
    after: Option<i64>,
}

/// The `id` of an event: the `seq` of its change, and the history that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EventId {
    seq: i64,
    /// `None` from a client that knows only a `seq`.
    epoch: Option<Epoch>,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epoch {
            Some(epoch) => write!(f, "{}.{epoch}", self.seq),
            None => write!(f, "{}", self.seq),
        }
    }
}

impl FromStr for EventId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::Malformed("Last-Event-ID must be the id of an event".to_owned());
        let (seq, epoch) = text.split_once('.').map_or((text, None), |(seq, epoch)| (seq, Some(epoch)));
        let epoch = epoch.map(str::parse).transpose().map_err(|_| wrong())?;
        Ok(Self { seq: seq.parse().map_err(|_| wrong())?, epoch })
    }
}

/// A change of a lead, a campaign, or many leads at once, in the data of an event.
#[derive(Serialize)]
struct ChangeEvent<'c> {
    seq: i64,
    op: Op,
    at: Timestamp,
    who: &'c ActorRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    /// After the change, or before it when it was deleted; without notes, custom fields and the texts of steps.
    record: Record,
}

/// The data of the last event, and of the one that says that changes are missing.
#[derive(Serialize)]
struct Reason {
    reason: &'static str,
}

struct Events;

impl Encoder for Events {
    type Frame = (i64, Event);

    async fn encode(&self, changes: &[Arc<Change>]) -> Result<Vec<Self::Frame>> {
        changes.iter().filter_map(|change| event(change)).collect()
    }
}

/// The event of a change, still without its id, and its `seq`; `None` for a change without.
fn event(change: &Change) -> Option<Result<(i64, Event)>> {
    let (seq, record) = (change.seq?, change.record()?.clone().in_live_list());
    let data = ChangeEvent { seq, op: change.op, at: change.at, who: &change.who, origin: change.origin, record };
    let event = Event::default().json_data(data);
    Some(event.map(|event| (seq, event)).map_err(|_| Error::Internal))
}

/// Changes of leads and campaigns as server-sent events. A browser resumes with the `id` of the last event by itself.
///
/// `event: reset`: the log no longer has all changes since `after`, or the database was restored; read the data again. `event: end`: the session or key ended, its role
/// changed, or the server restarts.
#[utoipa::path(
    get, path = "/api/events", params(Asked, ("last-event-id" = Option<String>, Header, description = "The `id` of an event, or a `seq` as in `after`, which it overrides")),
    responses((status = 200, content_type = "text/event-stream", body = String, description = "Until the client disconnects"))
)]
async fn events(
    State(store): State<Store>,
    State(hub): State<Hub>,
    Extension(feed): Extension<Feed<Events>>,
    listener: Listener,
    ApiQuery(asked): ApiQuery<Asked>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let resumed = headers.get("last-event-id").filter(|id| !id.is_empty()).map(|id| id.to_str().unwrap_or_default().parse());
    let after = resumed.transpose()?.or(asked.after.map(|seq| EventId { seq, epoch: None }));
    let frames = feed.listen();
    let (head, epoch) = store.read(|conn| Box::pin(async move { Ok((log::head(conn).await?, log::epoch(conn).await?)) })).await?;
    let reader = Reader::new(store, listener, frames, after, (head, epoch));
    let stream = stream::unfold((reader, hub), |(mut reader, hub)| async move {
        let event = tokio::select! {
            event = reader.next() => event?,
            () = hub.stopped() => reader.end("The server restarts"),
        };
        Some((Ok::<_, Infallible>(event), (reader, hub)))
    });
    let events = Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Asks proxies not to collect events.
    Ok(([("x-accel-buffering", "no")], events).into_response())
}

/// What one client has still to read.
struct Reader {
    store: Store,
    listener: Listener,
    /// It changes only while no server runs.
    epoch: Epoch,
    frames: Receiver<(i64, Event)>,
    /// All changes up to this one were read.
    at: i64,
    ready: VecDeque<Event>,
    /// Changes after `at` must be read from the log.
    behind: bool,
    ended: bool,
}

impl Reader {
    fn new(store: Store, listener: Listener, frames: Receiver<(i64, Event)>, after: Option<EventId>, (head, epoch): (i64, Epoch)) -> Self {
        let at = after.map_or(head, |after| after.seq).max(0);
        let mut reader = Self { store, listener, epoch, frames, at, ready: VecDeque::new(), behind: at < head, ended: false };
        if at > head || after.and_then(|after| after.epoch).is_some_and(|of| of != epoch) {
            reader.behind = false;
            reader.reset(head, "The database was restored; read again");
        }
        reader
    }

    /// The `id` of an event of this history.
    fn id(&self, seq: i64) -> String {
        EventId { seq, epoch: Some(self.epoch) }.to_string()
    }

    fn reset(&mut self, head: i64, reason: &'static str) {
        self.at = head;
        self.ready.push_back(said("reset", reason).id(self.id(head)));
    }

    /// The last event.
    fn end(&mut self, reason: &'static str) -> Event {
        self.ended = true;
        said("end", reason)
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.ended {
                return None;
            }
            // What waits for a slow client ends with the session, too.
            if self.listener.over().now_or_never().is_some() {
                return Some(self.end("Your session ended or your role changed"));
            }
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.behind {
                // After an error of the database the client connects again.
                self.read().await.ok()?;
                continue;
            }
            let frame = tokio::select! {
                frame = self.frames.recv() => frame,
                () = self.listener.over() => return Some(self.end("Your session ended or your role changed")),
            };
            match frame {
                Ok((seq, event)) if seq > self.at => {
                    self.at = seq;
                    return Some(event.id(self.id(seq)));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads the next changes from the log.
    async fn read(&mut self) -> Result<()> {
        let after = self.at;
        let permit = self.store.replay_permit(&self.listener.actor).await?;
        let changes = self.store.read(move |conn| Box::pin(log::since(conn, after, i64::MAX, PAGE))).await?;
        drop(permit);
        let Some(last) = changes.last().and_then(|change| change.seq) else {
            self.behind = false;
            return Ok(());
        };
        if changes.first().and_then(|change| change.seq) == Some(after + 1) {
            self.at = last;
            for event in changes.iter().filter(|change| is_shown(change)).filter_map(event) {
                let (seq, event) = event?;
                self.ready.push_back(event.id(self.id(seq)));
            }
        } else {
            let head = self.store.read(|conn| Box::pin(log::head(conn))).await?;
            self.reset(head, "The log no longer has all changes since then; read again");
        }
        Ok(())
    }
}

fn said(event: &str, reason: &'static str) -> Event {
    Event::default().event(event).json_data(Reason { reason }).unwrap_or_default()
}

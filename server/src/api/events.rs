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
use domain::{ActorRef, Change, Error, Op, Origin, Record, Result, Timestamp};
use futures::{FutureExt, stream};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
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

/// The event of a change, with its `seq`; `None` for a change without.
fn event(change: &Change) -> Option<Result<(i64, Event)>> {
    let (seq, record) = (change.seq?, change.record()?.clone().in_live_list());
    let data = ChangeEvent { seq, op: change.op, at: change.at, who: &change.who, origin: change.origin, record };
    let event = Event::default().id(seq.to_string()).json_data(data);
    Some(event.map(|event| (seq, event)).map_err(|_| Error::Internal))
}

/// Changes of leads and campaigns as server-sent events. The `id` of an event is its `seq`: a browser resumes with it by itself.
///
/// `event: reset`: the log no longer has all changes since `after`; read the data again. `event: end`: the session or key ended, its role
/// changed, or the server restarts.
#[utoipa::path(
    get, path = "/api/events", params(Asked, ("last-event-id" = Option<i64>, Header, description = "As `after`, which it overrides")),
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
    let resumed = headers.get("last-event-id").filter(|id| !id.is_empty()).map(|id| {
        let id = id.to_str().ok().and_then(|id| id.parse().ok());
        id.ok_or_else(|| Error::Malformed("Last-Event-ID must be the id of an event".to_owned()))
    });
    let after = resumed.transpose()?.or(asked.after);
    let frames = feed.listen();
    let head = store.read(|conn| Box::pin(log::head(conn))).await?;
    let reader = Reader::new(store, listener, frames, after, head);
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
    frames: Receiver<(i64, Event)>,
    /// All changes up to this one were read.
    at: i64,
    ready: VecDeque<Event>,
    /// Changes after `at` must be read from the log.
    behind: bool,
    ended: bool,
}

impl Reader {
    fn new(store: Store, listener: Listener, frames: Receiver<(i64, Event)>, after: Option<i64>, head: i64) -> Self {
        let at = after.unwrap_or(head).max(0);
        let mut reader = Self { store, listener, frames, at, ready: VecDeque::new(), behind: at < head, ended: false };
        if at > head {
            reader.reset(head, "The database was restored; read again");
        }
        reader
    }

    fn reset(&mut self, head: i64, reason: &'static str) {
        self.at = head;
        self.ready.push_back(said("reset", reason).id(head.to_string()));
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
                    return Some(event);
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
                self.ready.push_back(event?.1);
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

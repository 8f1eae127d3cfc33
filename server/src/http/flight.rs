//! Limits concurrent requests per session or API key, until the response is fully sent. A caller with many requests or slow reading waits
//! for its own requests, and uses only the memory of this many responses. Each node counts for itself.
//!
//! A request that may write rechecks its credential after it got a permit and its body has arrived, because access may have ended
//! meanwhile. A read uses the access of when it was sent, at most 20 s ago.

use super::{
    App, Credential,
    policy::{Errors, Policy},
    problem::refuse,
};
use crate::store::Asker;
use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use domain::{Actor, Error, Result, SessionId};
use http_body_util::{BodyExt, LengthLimitError};
use hyper::body::{Frame, SizeHint};
use std::{
    collections::HashMap,
    mem,
    panic::resume_unwind,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tracing::Instrument;

/// Concurrent requests per session or key; more wait.
const EACH: usize = 24;
/// Concurrent uploads per session or key. Uploads are slow, so they have their own permits and block no other request.
const UPLOADS: usize = 6;
/// Maximum wait for a permit, and then for the body.
const WAIT: Duration = Duration::from_secs(20);
/// Bytes per frame: hyper copies each frame whole into its buffer.
const PIECE: usize = 64 * 1024;

/// Each session has its own permits, so that a stolen session cannot block the user's other sessions.
type Key = (Asker, Option<SessionId>);

pub struct Flights {
    askers: Mutex<HashMap<Key, Arc<Semaphore>>>,
    each: usize,
}

impl Flights {
    pub fn answers() -> Self {
        Self { askers: Mutex::default(), each: EACH }
    }

    pub fn uploads() -> Self {
        Self { askers: Mutex::default(), each: UPLOADS }
    }

    /// A permit; `None` when none is free after 20 s.
    async fn take(&self, key: Key) -> Option<OwnedSemaphorePermit> {
        let own = {
            let mut askers = self.askers.lock().unwrap_or_else(PoisonError::into_inner);
            askers.retain(|_, own| Arc::strong_count(own) > 1);
            askers.entry(key).or_insert_with(|| Arc::new(Semaphore::new(self.each))).clone()
        };
        timeout(WAIT, own.acquire_owned()).await.ok()?.ok()
    }
}

pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, request: Request, next: Next) -> Response {
    let Some(actor) = request.extensions().get::<Actor>() else { return next.run(request).await };
    let key = (Asker::from(actor), actor.session);
    let limit = policy.largest_body();
    let flights = if limit.is_some() { &app.flights } else { &app.uploads };
    let Some(permit) = flights.take(key).await else { return refuse(policy.errors, Error::TooMany { retry_after: 5 }) };
    let request = match limit {
        Some(limit) => arrived(&app, request, limit).await,
        // The upload's handler rechecks access after the file has arrived.
        None => Ok(request),
    };
    match request {
        Ok(request) if policy.errors == Errors::Page => whole(request, next, permit).await,
        Ok(request) => held(next.run(request).await, permit, false),
        Err(error) => refuse(policy.errors, error),
    }
}

/// Renders a page to its end even when the client disconnects: its parts depend on each other, and one must not be dropped while another
/// reads its data. The permit is held until then.
async fn whole(request: Request, next: Next, permit: OwnedSemaphorePermit) -> Response {
    let rendering = async move { held(next.run(request).await, permit, true) };
    match tokio::spawn(rendering.in_current_span()).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => refuse(Errors::Page, Error::Unavailable("The server stops; try again in a moment".to_owned())),
        },
    }
}

fn held(answer: Response, permit: OwnedSemaphorePermit, whole: bool) -> Response {
    answer.map(|body| Body::new(Held { body, rest: Bytes::new(), whole, permit: Some(permit) }))
}

/// Buffers the whole body and rechecks the credential.
async fn arrived(app: &App, request: Request, limit: u64) -> Result<Request> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let late = |_| Error::Unavailable("The request did not arrive in time; nothing was changed".to_owned());
    let whole = timeout(WAIT, to_bytes(body, limit as usize)).await.map_err(late)?;
    let whole = whole.map_err(|error| match std::error::Error::source(&error) {
        Some(cause) if cause.is::<LengthLimitError>() => Error::TooLarge { limit },
        _ => Error::Malformed("The request broke off".to_owned()),
    })?;
    if let Some(Credential(secret)) = parts.extensions.get() {
        let now = app.services.accounts.actor(secret).await?.ok_or(Error::Unauthorized)?;
        parts.extensions.insert(now);
    }
    Ok(Request::from_parts(parts, whole.into()))
}

/// A response body that holds the permit until it is sent or dropped.
struct Held {
    body: Body,
    /// Rest of the present frame.
    rest: Bytes,
    /// Read the body to its end even when the client disconnects.
    whole: bool,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.whole {
            return;
        }
        let (mut body, permit) = (mem::take(&mut self.body), self.permit.take());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                while let Some(Ok(_)) = body.frame().await {}
                drop(permit);
            });
        }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(context)).transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => this.rest = data,
                Some(Err(trailers)) => return Poll::Ready(Some(Ok(trailers))),
                None => {
                    this.whole = false;
                    return Poll::Ready(None);
                }
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ActorRef, UserId};
    use futures::FutureExt;
    use uuid::Uuid;

    fn asker(n: u128) -> Key {
        let asker =
            Asker::from(&Actor { who: ActorRef::User { id: UserId(Uuid::from_u128(n)), name: "Ana".to_owned() }, ..Actor::system() });
        (asker, None)
    }

    #[tokio::test]
    async fn a_large_answer_is_handed_on_in_pieces() {
        let flights = Flights::answers();
        let whole: Vec<u8> = (0..PIECE * 2 + 7).map(|at| at as u8).collect();
        let mut body = Held { body: Body::from(whole.clone()), rest: Bytes::new(), whole: false, permit: flights.take(asker(1)).await };
        assert_eq!(body.size_hint().exact(), Some(whole.len() as u64));
        let mut came = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(!piece.is_empty() && piece.len() <= PIECE);
            came.extend_from_slice(&piece);
            assert_eq!(body.size_hint().exact(), Some((whole.len() - came.len()) as u64));
        }
        assert_eq!(came, whole);
    }

    #[tokio::test]
    async fn another_session_has_places_of_its_own() {
        let flights = Flights::answers();
        let (person, _) = asker(1);
        let session = |n| (person, Some(SessionId(Uuid::from_u128(n))));
        let mut held = Vec::new();
        for _ in 0..EACH {
            held.push(flights.take(session(1)).await.unwrap());
        }
        assert!(flights.take(session(1)).now_or_never().is_none());
        assert!(flights.take(session(2)).now_or_never().flatten().is_some());
    }

    #[tokio::test]
    async fn one_asker_waits_for_their_own_answers() {
        let flights = Flights::answers();
        let mut held = Vec::new();
        for _ in 0..EACH {
            held.push(flights.take(asker(1)).await.unwrap());
        }
        assert!(flights.take(asker(1)).now_or_never().is_none(), "one more, and nobody reads");
        assert!(flights.take(asker(2)).now_or_never().flatten().is_some(), "others do not wait");
        held.pop();
        assert!(flights.take(asker(1)).now_or_never().flatten().is_some());
        drop(held);
        drop(flights.take(asker(2)).await);
        assert!(!flights.askers.lock().unwrap().contains_key(&asker(1)), "whoever is done leaves no trace");
    }
}

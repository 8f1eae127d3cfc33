//! Requests and answers on their way from and to one session or key. Whoever asks for much and reads slowly has their own requests wait, and
//! holds no more memory than this many answers take. Counted on each node by itself.
//!
//! A request that may write asks again whether it still may once its turn and its body have come: access may have been taken away meanwhile.
//! One that only reads shows what could be read when it was sent, 20 s ago at most.

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

/// Requests and answers of one session or key at once; more wait.
const EACH: usize = 24;
/// And uploads, which take as long as they take: they keep nothing else from being answered.
const UPLOADS: usize = 6;
/// Longest wait for a place, and then for the body.
const WAIT: Duration = Duration::from_secs(20);
/// Bytes that are handed to the connection at once. It takes what it is given into its own memory, whole.
const PIECE: usize = 64 * 1024;

/// Another session of the same person has places of its own: one that was stolen cannot shut them out.
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

    /// `None` when the earlier answers of this asker are still on their way after 20 s.
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
        // Whoever takes a file in looks at the right of who sent it once it has come.
        None => Ok(request),
    };
    match request {
        Ok(request) if policy.errors == Errors::Page => whole(request, next, permit).await,
        Ok(request) => held(next.run(request).await, permit, false),
        Err(error) => refuse(policy.errors, error),
    }
}

/// A page that was begun is rendered to its end, also when its reader leaves: its parts wait for each other, and what one of them reads must
/// not go before it has. The place is taken until then.
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

/// The whole request, and who asks as they are by then.
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

/// A body that ends a flight once it is sent or dropped.
struct Held {
    body: Body,
    /// Of the frame that is being handed on.
    rest: Bytes,
    /// To be read to its end, also when nobody takes it.
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

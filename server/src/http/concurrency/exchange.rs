//! A request under way, then its response. Another task can end it, also while the client reads nothing and hyper does not poll the body.

use super::callers::{Permit, Permits};
use axum::body::{Body, Bytes, HttpBody};
use domain::{Error, Result};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};
use tokio::runtime::Handle;

/// Bytes per frame: hyper copies each frame whole into its buffer.
const PIECE: usize = 16 * 1024;
/// Bytes of one response that HTTP/2 may buffer before it takes the next frame.
pub(in crate::http) const AHEAD: usize = 4 * 1024;

pub(super) struct Exchange(Mutex<State>);

struct State {
    permits: Option<Permits>,
    /// The response, until it is sent.
    answer: Option<Body>,
    /// Rest of the current frame.
    rest: Bytes,
    /// Must be read to its end, also when the client disconnects.
    whole: bool,
    over: bool,
    /// Wakes the task that waits for the end or the next frame.
    waker: Option<Waker>,
}

impl Exchange {
    pub(super) fn new(permits: Permits) -> Self {
        let (answer, rest, waker) = (None, Bytes::new(), None);
        Self(Mutex::new(State { permits: Some(permits), answer, rest, whole: false, over: false, waker }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the response. True when access has ended.
    pub(super) fn begin(&self, answer: Body, whole: bool) -> bool {
        let mut state = self.state();
        (state.answer, state.whole) = (Some(answer), whole);
        state.over
    }

    /// Ends the request. True when this released the permits; they are kept while a handler still works on the response.
    pub(super) fn end(&self) -> bool {
        let (answer, permits, waker, whole) = {
            let mut state = self.state();
            state.over = true;
            state.rest = Bytes::new();
            let answer = state.answer.take();
            let permits = answer.is_some().then(|| state.permits.take()).flatten();
            (answer, permits, state.waker.take(), state.whole)
        };
        let free = answer.is_some();
        give_up(answer, permits, whole);
        waker.into_iter().for_each(Waker::wake);
        free
    }

    /// Drops the rest of the response, and the permits.
    pub(super) fn leave(&self) {
        let (answer, permits, whole) = {
            let mut state = self.state();
            (state.answer.take(), state.permits.take(), state.whole)
        };
        give_up(answer, permits, whole);
    }

    /// Ready when access has ended.
    pub(super) fn poll_over(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.over {
            return Poll::Ready(());
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

fn give_up(answer: Option<Body>, permits: Option<Permits>, whole: bool) {
    if let (Some(mut answer), true, Ok(runtime)) = (answer, whole, Handle::try_current()) {
        runtime.spawn(async move {
            while let Some(Ok(_)) = answer.frame().await {}
            drop(permits);
        });
    }
}

impl State {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let Some(answer) = &mut self.answer else {
                return Poll::Ready(self.over.then(|| Err(axum::Error::new(Error::Unauthorized))));
            };
            match ready!(Pin::new(answer).poll_frame(context)).transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => self.rest = data,
                Some(Err(trailers)) => return Poll::Ready(Some(Ok(trailers))),
                None => {
                    (self.answer, self.permits) = (None, None);
                    return Poll::Ready(None);
                }
            }
        }
        // hyper's HTTP/2 polls one frame ahead, and keeps it until the one before has left its buffer. The last byte is a frame of its own, so
        // that the permits are held until the rest is sent.
        let length = match self.rest.len() {
            more if more > PIECE => PIECE,
            last if last > AHEAD => last - 1,
            little => little,
        };
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }
}

/// A response body that holds its permits until it is sent or dropped. It ends with an error when access has ended.
pub(super) struct PermitBody(pub(super) Permit);

impl HttpBody for PermitBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = self.0.exchange.state();
        let polled = state.poll_frame(context);
        if polled.is_pending() {
            state.waker = Some(context.waker().clone());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let state = self.0.exchange.state();
        match &state.answer {
            Some(answer) => state.rest.is_empty() && answer.is_end_stream(),
            None => !state.over,
        }
    }

    fn size_hint(&self) -> SizeHint {
        let state = self.0.exchange.state();
        let Some(answer) = &state.answer else { return SizeHint::default() };
        let (rest, answer) = (state.rest.len() as u64, answer.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(answer.lower() + rest);
        if let Some(upper) = answer.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{
        concurrency::callers::{ConcurrencyLimit, Key},
        throttle::Address,
    };
    use futures::FutureExt;

    async fn held(concurrency: &ConcurrencyLimit, answer: Body) -> PermitBody {
        let caller = concurrency.caller(Key::Stranger(Address::Unknown), || None);
        let (permit, _) = concurrency.acquire(caller, None).await.unwrap();
        PermitBody(permit.answered(answer, false).unwrap())
    }

    #[tokio::test]
    async fn a_large_answer_is_handed_on_in_pieces() {
        let concurrency = ConcurrencyLimit::answers();
        for length in [0, 1, AHEAD, AHEAD + 1, PIECE, PIECE + 1, PIECE * 2 + 7] {
            let whole: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let mut body = held(&concurrency, Body::from(whole.clone())).await;
            assert_eq!(body.size_hint().exact(), Some(length as u64));
            let (mut came, mut last) = (Vec::new(), 0);
            while let Some(frame) = body.frame().await {
                let piece = frame.unwrap().into_data().unwrap();
                assert!(!piece.is_empty() && piece.len() <= PIECE);
                last = piece.len();
                came.extend_from_slice(&piece);
                if !body.is_end_stream() {
                    assert_eq!(body.size_hint().exact(), Some((length - came.len()) as u64));
                }
            }
            assert!(came == whole && last <= AHEAD, "{length}: the permit is held until there is little left");
            drop(body);
            assert_eq!(concurrency.under_way(), 0);
        }
    }

    #[tokio::test]
    async fn an_answer_that_may_not_go_on_breaks_off_and_frees_its_permit() {
        let concurrency = ConcurrencyLimit::answers();
        let mut body = held(&concurrency, Body::from(vec![0; PIECE * 3])).await;
        assert!(body.frame().await.unwrap().is_ok());
        let exchange = body.0.exchange.clone();
        assert!(exchange.state().permits.is_some());
        assert!(exchange.end());
        assert!(exchange.state().permits.is_none(), "though nobody asks for the next piece");
        assert!(body.frame().await.unwrap().is_err() && !body.is_end_stream());

        // One that waits is woken.
        let mut slow = held(&concurrency, Body::from_stream(futures::stream::pending::<Result<Bytes>>())).await;
        let exchange = slow.0.exchange.clone();
        assert!(slow.frame().now_or_never().is_none());
        let ended = tokio::spawn(async move { slow.frame().await.is_some_and(|frame| frame.is_err()) });
        tokio::task::yield_now().await;
        assert!(exchange.end());
        assert!(ended.await.unwrap());
    }
}

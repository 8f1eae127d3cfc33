//! A request under way, then its response. Another task can end it, also while the client sends or reads nothing.

use super::{
    in_flight::{InFlight, late},
    phase::Phase,
};
use axum::body::{Body, Bytes, HttpBody};
use domain::{Error, Result};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit, time::Instant};

/// Bytes per frame: hyper copies each frame whole into its buffer. A body or response moves on when this much has passed.
const PIECE: usize = 16 * 1024;
/// Bytes of one response that HTTP/2 may buffer before it takes the next frame.
pub(in crate::http) const AHEAD: usize = 4 * 1024;

/// The caller's, and that of its group.
pub(super) type Permits = [OwnedSemaphorePermit; 2];

#[derive(Default)]
pub(super) struct Exchange {
    state: Mutex<State>,
    /// What arrives or is sent; `None` while the request runs or waits. Not in `state`, which is locked while a part of a page is rendered.
    transfer: Mutex<Option<Transfer>>,
}

struct Transfer {
    phase: Phase,
    moved: Instant,
    /// Bytes since then.
    bytes: usize,
}

#[derive(Default)]
struct State {
    permits: Option<Permits>,
    /// The response, until it is sent.
    answer: Option<Body>,
    /// Rest of the current frame.
    rest: Bytes,
    /// Must be read to its end, also when the client disconnects.
    whole: bool,
    over: Option<Error>,
    /// Wakes the task that waits for the end or the next frame.
    waker: Option<Waker>,
}

impl Exchange {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn transfer(&self) -> MutexGuard<'_, Option<Transfer>> {
        self.transfer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a phase with its permits, and gives back those of the phase before.
    pub(super) fn enter(&self, phase: Phase, permits: Permits) -> Result<()> {
        let mut state = self.state();
        state.may_go_on()?;
        state.permits = Some(permits);
        *self.transfer() = (phase != Phase::Running).then(|| Transfer { phase, moved: Instant::now(), bytes: 0 });
        Ok(())
    }

    /// Counts bytes of the body that arrived.
    pub(super) fn moves(&self, bytes: usize) {
        if let Some(transfer) = &mut *self.transfer() {
            transfer.bytes += bytes;
            if transfer.bytes >= PIECE {
                (transfer.moved, transfer.bytes) = (Instant::now(), 0);
            }
        }
    }

    /// When the body or response of this phase last moved on.
    pub(super) fn moved(&self, phase: Phase) -> Option<Instant> {
        self.transfer().as_ref().filter(|transfer| transfer.phase == phase).map(|transfer| transfer.moved)
    }

    /// The body is complete, and cannot stall any more.
    pub(super) fn arrived(&self) -> Result<()> {
        let state = self.state();
        *self.transfer() = None;
        state.may_go_on()
    }

    /// Adds the response.
    pub(super) fn answered(&self, answer: Body, whole: bool) {
        let mut state = self.state();
        (state.answer, state.whole) = (Some(answer), whole);
    }

    /// Ends the request if it has not moved on since. False when it has.
    pub(super) fn end_stalled(&self, since: Instant) -> bool {
        let state = self.state();
        let still = self.transfer().as_ref().is_some_and(|transfer| transfer.moved == since);
        still && self.finish(state, late())
    }

    /// Ends the request. True when this released the permits; they are kept while the request waits or runs.
    pub(super) fn end(&self, reason: Error) -> bool {
        self.finish(self.state(), reason)
    }

    fn finish(&self, mut state: MutexGuard<'_, State>, reason: Error) -> bool {
        state.over = Some(reason);
        let waker = state.waker.take();
        let transferred = self.transfer().take().is_some();
        let left = if transferred { state.leave() } else { (None, None) };
        let whole = state.whole;
        drop(state);
        give_up(left, whole);
        waker.into_iter().for_each(Waker::wake);
        transferred
    }

    /// Drops the rest of the response, and the permits.
    pub(super) fn leave(&self) {
        let (left, whole) = {
            let mut state = self.state();
            (state.leave(), state.whole)
        };
        give_up(left, whole);
    }

    /// `Err` when the request has been ended.
    pub(super) fn may_go_on(&self) -> Result<()> {
        self.state().may_go_on()
    }

    /// Waits until the request is ended.
    pub(super) async fn over(&self) -> Error {
        poll_fn(|context| {
            let mut state = self.state();
            state.waker = Some(context.waker().clone());
            state.over.clone().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

type Left = (Option<Body>, Option<Permits>);

/// Reads a `whole` response to its end; until then it keeps its permits.
fn give_up((answer, permits): Left, whole: bool) {
    if let (Some(mut answer), true, Ok(runtime)) = (answer, whole, Handle::try_current()) {
        runtime.spawn(async move {
            while let Some(Ok(_)) = answer.frame().await {}
            drop(permits);
        });
    }
}

impl State {
    fn may_go_on(&self) -> Result<()> {
        self.over.clone().map_or(Ok(()), Err)
    }

    fn leave(&mut self) -> Left {
        self.rest = Bytes::new();
        (self.answer.take(), self.permits.take())
    }

    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let Some(answer) = &mut self.answer else {
                return Poll::Ready(self.over.clone().map(|over| Err(axum::Error::new(over))));
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

/// A response body that holds its permits until it is sent or dropped. It ends with an error when the request is ended.
pub(super) struct PermitBody(pub(super) InFlight);

impl HttpBody for PermitBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = self.0.exchange.state();
        let polled = state.poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => self.0.exchange.moves(frame.data_ref().map_or(0, Bytes::len)),
            Poll::Ready(_) => *self.0.exchange.transfer() = None,
            Poll::Pending => state.waker = Some(context.waker().clone()),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let state = self.0.exchange.state();
        match &state.answer {
            Some(answer) => state.rest.is_empty() && answer.is_end_stream(),
            None => state.over.is_none(),
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
    use super::super::callers::{ConcurrencyLimit, Key};
    use super::*;
    use crate::http::throttle::Address;
    use futures::FutureExt;

    async fn sent(limit: &ConcurrencyLimit, answer: Body) -> PermitBody {
        let request = InFlight::new(limit, limit.caller(Key::Stranger(Address::Unknown), || None), None);
        request.exchange.answered(answer, false);
        request.enter(Phase::Sending).await.unwrap();
        PermitBody(request)
    }

    #[tokio::test]
    async fn a_large_response_is_handed_on_in_pieces() {
        let limit = ConcurrencyLimit::answers();
        for length in [0, 1, AHEAD, AHEAD + 1, PIECE, PIECE + 1, PIECE * 2 + 7] {
            let whole: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let mut body = sent(&limit, Body::from(whole.clone())).await;
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
            assert_eq!(limit.under_way(), 0);
        }
    }

    #[tokio::test]
    async fn a_response_that_is_ended_breaks_off_and_frees_its_permits() {
        let limit = ConcurrencyLimit::answers();
        let mut body = sent(&limit, Body::from(vec![0; PIECE * 3])).await;
        assert!(body.frame().await.unwrap().is_ok());
        let exchange = body.0.exchange.clone();
        assert!(exchange.state().permits.is_some());
        assert!(exchange.end(Error::Unauthorized));
        assert!(exchange.state().permits.is_none(), "though nobody asks for the next piece");
        assert!(body.frame().await.unwrap().is_err() && !body.is_end_stream());

        // One that waits is woken.
        let mut slow = sent(&limit, Body::from_stream(futures::stream::pending::<Result<Bytes>>())).await;
        let exchange = slow.0.exchange.clone();
        assert!(slow.frame().now_or_never().is_none());
        let ended = tokio::spawn(async move { slow.frame().await.is_some_and(|frame| frame.is_err()) });
        tokio::task::yield_now().await;
        assert!(exchange.end(Error::Unauthorized));
        assert!(ended.await.unwrap());
    }
}

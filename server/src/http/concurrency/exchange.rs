//! A request under way, then its response. Another task can end it, also while the client sends or reads nothing.

use super::{in_flight::InFlight, pool::Pool};
use axum::body::{Body, Bytes, HttpBody};
use domain::{Error, Result};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use std::{
    future::poll_fn,
    mem::take,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit, time::Instant};

/// Bytes per frame: hyper copies each frame whole into its buffer. A body or response moves on when this much has passed.
pub(in crate::http) const PIECE: usize = 16 * 1024;
/// Bytes of one response that HTTP/2 may buffer before it takes the next frame.
pub(in crate::http) const AHEAD: usize = 4 * 1024;

/// Memory of a pool in KiB: of the caller, of its group, and of all.
pub(super) struct Permits(pub(super) [OwnedSemaphorePermit; 3]);

impl Permits {
    fn size(&self) -> u32 {
        self.0[0].num_permits() as u32
    }

    /// Gives back all but `size`.
    fn shrink(&mut self, size: u32) {
        for permit in &mut self.0 {
            drop(permit.split(permit.num_permits().saturating_sub(size as usize)));
        }
    }
}

#[derive(Default)]
pub(super) struct Exchange {
    state: Mutex<State>,
    /// What arrives or is sent; `None` while the request waits, or runs with its whole body. Not in `state`, which is locked while a part of
    /// a page is rendered.
    transfer: Mutex<Option<Transfer>>,
}

struct Transfer {
    /// Where it takes memory.
    pool: Pool,
    moved: Instant,
    /// Bytes since then.
    bytes: usize,
    /// Since when the client waits for us: until there is more of the answer, or what came of the body is processed.
    paused: Option<Instant>,
}

#[derive(Default)]
struct State {
    /// By `Pool`.
    permits: [Option<Permits>; 2],
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

    /// Takes memory of a pool.
    pub(super) fn takes(&self, pool: Pool, permits: Permits) -> Result<()> {
        let mut state = self.state();
        state.may_go_on()?;
        state.permits[pool as usize] = Some(permits);
        Ok(())
    }

    /// A body begins to arrive; it takes the memory of this pool.
    pub(super) fn arrives(&self, pool: Pool) {
        *self.transfer() = Some(Transfer { pool, moved: Instant::now(), bytes: 0, paused: Some(Instant::now()) });
    }

    /// When the body or answer in this pool last moved on; `None` when it cannot stall.
    pub(super) fn moved(&self, pool: Pool) -> Option<Instant> {
        self.transfer().as_ref().filter(|transfer| transfer.pool == pool && transfer.paused.is_none()).map(|transfer| transfer.moved)
    }

    /// The body is complete with this size in KiB, and cannot stall any more.
    pub(super) fn arrived(&self, size: u32) -> Result<()> {
        let mut state = self.state();
        *self.transfer() = None;
        state.permits[Pool::Bodies as usize].iter_mut().for_each(|permits| permits.shrink(size));
        state.may_go_on()
    }

    /// Adds the answer. Of the memory that the request took to run, it keeps at most `size` KiB; the rest is given back, with that of the
    /// body.
    pub(super) fn answered(&self, answer: Body, size: u32, whole: bool) -> Result<()> {
        let mut state = self.state();
        // Also when the request has been ended: a whole answer is read to its end.
        (state.answer, state.whole) = (Some(answer), whole);
        state.may_go_on()?;
        state.permits[Pool::Bodies as usize] = None;
        state.permits[Pool::Answers as usize].iter_mut().for_each(|permits| permits.shrink(size));
        *self.transfer() = Some(Transfer { pool: Pool::Answers, moved: Instant::now(), bytes: 0, paused: None });
        Ok(())
    }

    /// Ends the request if it has not moved on since. The KiB that it took; `None` when it has moved on.
    pub(super) fn end_stalled(&self, since: Instant, reason: Error) -> Option<u32> {
        let state = self.state();
        let still = self.transfer().as_ref().is_some_and(|transfer| transfer.moved == since && transfer.paused.is_none());
        if still { self.finish(state, reason) } else { None }
    }

    /// Ends the request. True when this gave back the memory; it is kept while the request waits or runs.
    pub(super) fn end(&self, reason: Error) -> bool {
        self.finish(self.state(), reason).is_some()
    }

    fn finish(&self, mut state: MutexGuard<'_, State>, reason: Error) -> Option<u32> {
        state.over = Some(reason);
        let waker = state.waker.take();
        let transfer = self.transfer().take();
        let left = if transfer.is_some() { state.leave() } else { Left::default() };
        let whole = state.whole;
        drop(state);
        let size = left.1.iter().flatten().map(Permits::size).sum();
        give_up(left, whole);
        waker.into_iter().for_each(Waker::wake);
        transfer.map(|_| size)
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

type Left = (Option<Body>, [Option<Permits>; 2]);

impl Transfer {
    /// It is for the client to go on.
    fn resume(&mut self) {
        if let Some(since) = self.paused.take() {
            self.moved += since.elapsed();
        }
    }

    fn moves(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes >= PIECE {
            (self.moved, self.bytes) = (Instant::now(), 0);
        }
    }
}

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
        (self.answer.take(), take(&mut self.permits))
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
                    (self.answer, self.permits) = (None, [None, None]);
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

/// A body that arrives. It is ended when it stalls, but not while the handler leaves it waiting.
pub(super) struct WatchedBody {
    pub(super) body: Body,
    pub(super) exchange: Arc<Exchange>,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Some(transfer) = &mut *self.exchange.transfer() {
            transfer.resume();
            if let Poll::Ready(frame) = &polled {
                let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                transfer.moves(data.map_or(0, Bytes::len));
                transfer.paused = Some(Instant::now());
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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
        let mut transfer = self.0.exchange.transfer();
        match (&polled, &mut *transfer) {
            (Poll::Ready(Some(Ok(frame))), Some(transfer)) => {
                transfer.resume();
                transfer.moves(frame.data_ref().map_or(0, Bytes::len));
            }
            (Poll::Ready(_), _) => *transfer = None,
            (Poll::Pending, transfer) => {
                state.waker = Some(context.waker().clone());
                if let Some(transfer) = transfer {
                    transfer.paused.get_or_insert_with(Instant::now);
                }
            }
        }
        drop(transfer);
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
    use std::time::Duration;

    const IDLE: Duration = Duration::from_mins(1);

    async fn sent(limit: &ConcurrencyLimit, answer: Body) -> PermitBody {
        let request = InFlight::new(limit, limit.caller(Key::Stranger(Address::Unknown), || None), None);
        request.run().await.unwrap();
        request.exchange.answered(answer, 48, false).unwrap();
        PermitBody(request)
    }

    fn taken(exchange: &Exchange) -> u32 {
        exchange.state().permits.iter().flatten().map(Permits::size).sum()
    }

    #[tokio::test]
    async fn a_large_response_is_handed_on_in_pieces() {
        let limit = ConcurrencyLimit::answers(IDLE);
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
        let limit = ConcurrencyLimit::answers(IDLE);
        let mut body = sent(&limit, Body::from(vec![0; PIECE * 3])).await;
        assert!(body.frame().await.unwrap().is_ok());
        let exchange = body.0.exchange.clone();
        assert_eq!(taken(&exchange), 48);
        assert!(exchange.end(Error::Unauthorized));
        assert_eq!(taken(&exchange), 0, "though nobody asks for the next piece");
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

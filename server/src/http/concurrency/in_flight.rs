//! A request in flight: from the first byte of its body to the last byte of its response.

use super::{
    callers::{Caller, ConcurrencyLimit},
    exchange::{AHEAD, Exchange, PermitBody},
    phase::Phase,
};
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use domain::{Error, Result, Role};
use http_body_util::{BodyExt, LengthLimitError};
use std::sync::Arc;
use tokio::time::timeout;

/// Dropping it gives back its permits.
pub(super) struct InFlight {
    limit: ConcurrencyLimit,
    caller: Arc<Caller>,
    id: u64,
    pub(super) exchange: Arc<Exchange>,
}

impl InFlight {
    pub(super) fn new(limit: &ConcurrencyLimit, caller: Arc<Caller>, role: Option<Role>) -> Self {
        let exchange = Arc::new(Exchange::default());
        let id = caller.enter(exchange.clone(), role);
        Self { limit: limit.clone(), caller, id, exchange }
    }

    /// Waits for the permits of a phase, then gives back those of the phase before. True when it had to wait.
    ///
    /// # Errors
    /// `TooMany` when they are not free within 20 s, or too many requests wait. `Unauthorized` when access has ended.
    pub(super) async fn enter(&self, phase: Phase) -> Result<bool> {
        let free = self.caller.free(phase);
        let waits = free.is_none();
        let permits = if waits { self.limit.wait(&self.caller, phase).await } else { free };
        self.exchange.enter(phase, permits.ok_or(Error::TooMany { retry_after: 5 })?)?;
        Ok(waits)
    }

    /// Buffers a body of at most `largest` bytes.
    ///
    /// # Errors
    /// `Unavailable` when it does not arrive in time, or was the slowest while others wait. `TooLarge`. `Malformed` when it breaks off.
    pub(super) async fn receive(&self, body: Body, largest: u64) -> Result<Bytes> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        self.enter(Phase::Arriving).await?;
        let exchange = &self.exchange;
        let body = body.map_frame({
            let exchange = exchange.clone();
            move |frame| {
                exchange.moves(frame.data_ref().map_or(0, Bytes::len));
                frame
            }
        });
        let whole = tokio::select! {
            biased;
            over = exchange.over() => return Err(over),
            whole = timeout(self.limit.limits().arrival, to_bytes(Body::new(body), largest as usize)) => whole,
        };
        let whole = whole.map_err(|_| late())?.map_err(|error| match std::error::Error::source(&error) {
            Some(cause) if cause.is::<LengthLimitError>() => Error::TooLarge { limit: largest },
            _ => Error::Malformed("The request broke off".to_owned()),
        })?;
        exchange.arrived()?;
        Ok(whole)
    }

    /// Sends the response. A `whole` one is read to its end even when the client disconnects.
    ///
    /// # Errors
    /// As for `enter`.
    pub(super) async fn send(self, answer: Body, whole: bool) -> Result<Body> {
        // hyper takes a small response at once, so it need not wait until others are read.
        if answer.size_hint().upper().is_some_and(|most| most <= AHEAD as u64) {
            self.exchange.may_go_on()?;
            return Ok(answer);
        }
        self.exchange.answered(answer, whole);
        self.enter(Phase::Sending).await?;
        Ok(Body::new(PermitBody(self)))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.caller.leave(self.id);
        self.exchange.leave();
    }
}

/// The error for a body that takes too long.
pub(super) fn late() -> Error {
    Error::Unavailable("The request did not arrive in time; nothing was changed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            callers::Key,
            phase::{Limit, Limits},
        },
        *,
    };
    use crate::http::throttle::Address;
    use futures::{
        FutureExt,
        channel::mpsc::{UnboundedSender, unbounded},
    };
    use std::time::Duration;

    const LARGEST: u64 = 100_000;
    const PIECE: usize = 16 * 1024;

    /// At most two bodies arrive, two requests run, and two responses are sent.
    fn limit(stalled: Duration) -> ConcurrencyLimit {
        let phase = |stalled| Limit { each_caller: 2, each_group: 100, stalled };
        let phases = [phase(Some(stalled)), phase(None), phase(Some(stalled))];
        ConcurrencyLimit::new(Limits { phases, waiting: 10, arrival: Duration::from_mins(1) })
    }

    fn request(limit: &ConcurrencyLimit) -> InFlight {
        InFlight::new(limit, limit.caller(Key::Stranger(Address::Unknown), || None), None)
    }

    /// A body, and what sends its parts.
    fn body() -> (UnboundedSender<Result<Bytes>>, Body) {
        let (sender, receiver) = unbounded();
        (sender, Body::from_stream(receiver))
    }

    #[tokio::test]
    async fn half_sent_bodies_give_way_to_the_next_oldest_first() {
        let limit = limit(Duration::ZERO);
        let requests = [request(&limit), request(&limit), request(&limit)];
        let (_first_sender, first) = body();
        let (second_sender, second) = body();
        let mut first = Box::pin(requests[0].receive(first, LARGEST));
        assert_eq!((&mut first).now_or_never(), None);
        let mut second = Box::pin(requests[1].receive(second, LARGEST));
        assert_eq!((&mut second).now_or_never(), None);
        assert_eq!(requests[2].receive(Body::from("quick"), LARGEST).await, Ok("quick".into()));
        assert_eq!(first.await, Err(late()));
        assert_eq!((&mut second).now_or_never(), None, "it has had less time");
        second_sender.unbounded_send(Ok("slow".into())).unwrap();
        drop(second_sender);
        assert_eq!(second.await, Ok("slow".into()));
        assert_eq!(limit.under_way(), 2, "the ended one does not count");
    }

    #[tokio::test]
    async fn a_body_that_moves_on_stays_and_a_trickle_does_not() {
        let limit = limit(Duration::from_millis(50));
        let requests = [request(&limit), request(&limit), request(&limit)];
        let ((moves, steady), (trickles, slow)) = (body(), body());
        let mut steady = Box::pin(requests[0].receive(steady, LARGEST));
        assert_eq!((&mut steady).now_or_never(), None);
        let mut slow = Box::pin(requests[1].receive(slow, LARGEST));
        assert_eq!((&mut slow).now_or_never(), None);
        moves.unbounded_send(Ok(vec![0; PIECE].into())).unwrap();
        assert_eq!((&mut steady).now_or_never(), None);
        trickles.unbounded_send(Ok("x".into())).unwrap();
        assert_eq!((&mut slow).now_or_never(), None);
        assert!(requests[2].receive(Body::from("next"), LARGEST).await.is_ok());
        assert_eq!(slow.await, Err(late()));
        drop(moves);
        assert_eq!(steady.await.map(|body| body.len()), Ok(PIECE));
    }

    #[tokio::test]
    async fn a_body_has_a_deadline_however_it_trickles() {
        let limits = Limits { arrival: Duration::from_millis(50), ..Limits::STRANGERS };
        let limit = ConcurrencyLimit::new(limits);
        let (trickles, slow) = body();
        let trickle = async {
            while trickles.unbounded_send(Ok("x".into())).is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let slow = async { request(&limit).receive(slow, LARGEST).await };
        assert_eq!(tokio::join!(slow, trickle).0, Err(late()));
    }

    #[tokio::test]
    async fn a_body_that_is_here_never_gives_way_but_bounds_how_many_arrive() {
        let limit = limit(Duration::ZERO);
        let running = [request(&limit), request(&limit)];
        for request in &running {
            assert_eq!(request.enter(Phase::Running).await, Ok(false));
        }
        let here = [request(&limit), request(&limit)];
        for request in &here {
            assert_eq!(request.receive(Body::from("here"), LARGEST).await, Ok("here".into()));
        }
        let next = request(&limit);
        let mut arrives = Box::pin(next.receive(Body::from("next"), LARGEST));
        assert_eq!((&mut arrives).now_or_never(), None);
        drop(running);
        assert_eq!(here[0].enter(Phase::Running).await, Ok(false), "it was not ended");
        assert_eq!(arrives.await, Ok("next".into()));
        assert_eq!(here[1].enter(Phase::Running).await, Ok(false));
    }

    #[tokio::test]
    async fn the_response_that_stalls_gives_way_to_the_next() {
        let limit = limit(Duration::from_millis(50));
        let large = || Body::from(vec![0; 10 * PIECE]);
        let send = async |limit: &ConcurrencyLimit| {
            let request = request(limit);
            request.enter(Phase::Running).await.unwrap();
            request.send(large(), false).await.unwrap()
        };
        let (mut moves, mut stalls) = (send(&limit).await, send(&limit).await);
        assert!(stalls.frame().await.unwrap().is_ok());
        assert!(moves.frame().await.unwrap().is_ok());
        let next = send(&limit).await;
        assert!(stalls.frame().await.unwrap().is_err());
        assert_eq!(to_bytes(next, usize::MAX).await.unwrap().len(), 10 * PIECE);
        assert_eq!(to_bytes(moves, usize::MAX).await.unwrap().len(), 9 * PIECE);
        drop(stalls);
        assert_eq!(limit.under_way(), 0);
    }

    #[tokio::test]
    async fn a_small_response_waits_for_nobody() {
        let limit = limit(Duration::from_mins(1));
        let stalled = [request(&limit).send(Body::from(vec![0; PIECE]), false), request(&limit).send(Body::from(vec![0; PIECE]), false)];
        let stalled = futures::future::join_all(stalled).await;
        let small = request(&limit).send(Body::from("done"), false).now_or_never();
        assert!(small.is_some_and(|sent| sent.is_ok()));
        assert!(request(&limit).send(Body::from(vec![0; PIECE]), false).now_or_never().is_none(), "a large one waits");
        drop(stalled);
    }
}

//! A request in flight: from the first byte of its body to the last byte of its response.

use super::{
    callers::{Caller, ConcurrencyLimit},
    exchange::{AHEAD, Exchange, PIECE, PermitBody, WatchedBody},
    pool::{LEAST, Pool},
};
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use domain::{Error, Result, Role};
use http_body_util::LengthLimitError;
use std::{sync::Arc, time::Duration};
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

    /// Waits until the request may run. True when it had to wait.
    ///
    /// # Errors
    /// `TooMany` when there is no memory within 20 s, or too many requests wait. `Unauthorized` when access has ended.
    pub(super) async fn run(&self) -> Result<bool> {
        self.take(Pool::Answers, self.limit.limits().running).await
    }

    /// Takes memory of a pool, in KiB. True when it had to wait.
    async fn take(&self, pool: Pool, size: u32) -> Result<bool> {
        let free = self.caller.free(pool, size);
        let waits = free.is_none();
        let permits = if waits { self.limit.wait(&self.caller, pool, size).await } else { free };
        self.exchange.takes(pool, permits.ok_or(Error::TooMany { retry_after: 5 })?)?;
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
        if body.size_hint().lower() > largest {
            return Err(Error::TooLarge { limit: largest });
        }
        self.take(Pool::Bodies, kib(body.size_hint().upper().unwrap_or(largest).min(largest)).max(LEAST)).await?;
        let (exchange, body) = (&self.exchange, self.watched(body, Pool::Bodies));
        let whole = tokio::select! {
            biased;
            over = exchange.over() => return Err(over),
            whole = timeout(self.limit.limits().arrival, to_bytes(body, largest as usize)) => whole,
        };
        let whole = whole.map_err(|_| late())?.map_err(|error| match std::error::Error::source(&error) {
            Some(cause) if cause.is::<LengthLimitError>() => Error::TooLarge { limit: largest },
            _ => Error::Malformed("The request broke off".to_owned()),
        })?;
        exchange.arrived(kib(whole.len() as u64).max(LEAST))?;
        Ok(whole)
    }

    /// A body that takes the memory of this pool, and is ended when it stalls.
    pub(super) fn watched(&self, body: Body, pool: Pool) -> Body {
        self.exchange.arrives(pool);
        Body::new(WatchedBody { body, exchange: self.exchange.clone() })
    }

    /// Sends the answer, of `size` bytes if that is known. A `whole` one is read to its end even when the client disconnects.
    ///
    /// # Errors
    /// `Unauthorized` when access has ended, or why the request was ended.
    pub(super) fn send(self, answer: Body, size: Option<u64>, whole: bool) -> Result<Body> {
        // hyper takes a small response at once.
        if answer.size_hint().upper().is_some_and(|most| most <= AHEAD as u64) {
            self.exchange.may_go_on()?;
            return Ok(answer);
        }
        self.exchange.answered(answer, size.map_or(self.limit.limits().streamed, kib), whole)?;
        Ok(Body::new(PermitBody(self)))
    }
}

fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
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

/// The error for a body that stalls, or moves too slowly.
pub(super) fn stalled(idle: Duration) -> Error {
    let (least, seconds) = (PIECE / 1024, idle.as_secs());
    Error::Unavailable(format!(
        "Less than {least} KiB of the request arrived within {seconds} s, so it was ended and nothing was changed; send it again"
    ))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            callers::Key,
            pool::{Limit, Limits},
        },
        *,
    };
    use crate::http::throttle::Address;
    use futures::{
        FutureExt,
        channel::mpsc::{UnboundedSender, unbounded},
    };
    use http_body_util::BodyExt;

    const LARGEST: u64 = 100_000;
    const MINUTE: Duration = Duration::from_mins(1);

    /// Memory for bodies of 200 KiB, and for two requests that run or answers of 160 KiB.
    fn limit(stalled: Duration, idle: Duration) -> ConcurrencyLimit {
        let pool = |size| Limit { each_caller: size, each_group: 1_000, all: 1_000, stalled };
        let pools = [pool(200), pool(320)];
        ConcurrencyLimit::new(Limits { pools, running: 160, streamed: 160, waiting: 10, arrival: MINUTE, idle })
    }

    fn request(limit: &ConcurrencyLimit) -> InFlight {
        InFlight::new(limit, limit.caller(Key::Stranger(Address::Unknown), || None), None)
    }

    /// A body of unknown length, and what sends its parts.
    fn body() -> (UnboundedSender<Result<Bytes>>, Body) {
        let (sender, receiver) = unbounded();
        (sender, Body::from_stream(receiver))
    }

    #[tokio::test]
    async fn half_sent_bodies_give_way_to_the_next_oldest_first() {
        let limit = limit(Duration::ZERO, MINUTE);
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
        let limit = limit(Duration::from_millis(50), MINUTE);
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
        let limits = Limits { arrival: Duration::from_millis(50), ..Limits::strangers(MINUTE) };
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
    async fn a_body_takes_its_length_until_the_request_has_run() {
        let limit = limit(Duration::ZERO, MINUTE);
        let large = || Body::from(vec![0; 90_000]);
        let here = [request(&limit), request(&limit)];
        for request in &here {
            assert_eq!(request.receive(large(), LARGEST).await.map(|body| body.len()), Ok(90_000));
            assert_eq!(request.run().await, Ok(false));
        }
        let next = request(&limit);
        assert_eq!(next.receive(Body::from("little"), LARGEST).await, Ok("little".into()));
        let mut arrives = Box::pin(next.receive(large(), LARGEST));
        assert_eq!((&mut arrives).now_or_never(), None);
        let [first, second] = here;
        let answer = first.send(Body::from(vec![0; PIECE]), Some(PIECE as u64), false).unwrap();
        assert_eq!(arrives.await.map(|body| body.len()), Ok(90_000));
        assert_eq!(second.exchange.may_go_on(), Ok(()), "what runs is not ended");
        drop(answer);
        let error = next.receive(Body::from(vec![0; LARGEST as usize + 1]), LARGEST).now_or_never();
        assert_eq!(error, Some(Err(Error::TooLarge { limit: LARGEST })), "known before it is read");
    }

    /// Sends an answer of 160 kB.
    async fn send(limit: &ConcurrencyLimit) -> Body {
        let request = request(limit);
        request.run().await.unwrap();
        request.send(Body::from(vec![0; 10 * PIECE]), Some(10 * PIECE as u64), false).unwrap()
    }

    #[tokio::test]
    async fn the_answer_that_stalls_gives_way_to_the_next() {
        let limit = limit(Duration::from_millis(50), MINUTE);
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
    async fn an_unread_answer_takes_only_its_own_size_from_what_runs() {
        let limit = limit(MINUTE, MINUTE);
        let mut unread = Vec::new();
        for _ in 0..10 {
            let request = request(&limit);
            assert_eq!(request.run().await, Ok(false));
            unread.push(request.send(Body::from(vec![0; PIECE]), Some(PIECE as u64), false).unwrap());
        }
        let last = request(&limit);
        assert_eq!(last.run().now_or_never(), Some(Ok(false)), "ten answers of 16 KiB leave 160");
        assert!(request(&limit).run().now_or_never().is_none());
        // A small one is in memory only until hyper takes it.
        assert!(last.send(Body::from("done"), Some(4), false).is_ok());
        assert_eq!(limit.under_way(), 10);
        drop(unread);
    }

    #[tokio::test]
    async fn what_does_not_move_on_is_ended_though_nobody_waits() {
        let limit = limit(MINUTE, Duration::from_millis(100));
        let mut answer = send(&limit).await;
        assert!(answer.frame().await.unwrap().is_ok());
        let (trickles, slow) = body();
        let trickle = async {
            while trickles.unbounded_send(Ok("x".into())).is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let slow = async { request(&limit).receive(slow, LARGEST).await };
        let ended = tokio::join!(slow, trickle).0;
        assert_eq!(ended, Err(stalled(Duration::from_millis(100))));
        assert!(answer.frame().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_client_that_waits_for_us_does_not_stall() {
        let limit = limit(MINUTE, Duration::from_millis(100));
        let (sender, page) = body();
        let request = self::request(&limit);
        request.run().await.unwrap();
        let mut page = request.send(page, None, true).unwrap();
        assert!(page.frame().now_or_never().is_none());
        let upload = self::request(&limit);
        let mut file = upload.watched(Body::from(vec![0; PIECE]), Pool::Answers);
        assert!(file.frame().await.unwrap().is_ok());
        let (_sender, stalls) = body();
        assert_eq!(self::request(&limit).receive(stalls, LARGEST).await, Err(stalled(Duration::from_millis(100))));
        sender.unbounded_send(Ok("more".into())).unwrap();
        assert!(page.frame().await.unwrap().is_ok(), "an answer that is being made");
        assert_eq!(upload.exchange.may_go_on(), Ok(()), "a file that is being written");
    }
}

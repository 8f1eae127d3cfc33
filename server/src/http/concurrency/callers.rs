//! Permits per caller, and the check that ends requests whose access has ended.

use super::{
    exchange::{Exchange, Permits},
    phase::{Limit, Limits, Phase},
};
use crate::{http::throttle::Address, store::Requester};
use domain::{Error, Role, SessionId, services::AccountService};
use std::{
    collections::{BTreeMap, HashMap},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until, timeout},
};

/// Maximum wait for a permit.
const WAIT: Duration = Duration::from_secs(20);
/// A waiting request ends at most one other per second: a page that is ended keeps its permit until it is rendered.
const BETWEEN_ENDS: Duration = Duration::from_secs(1);
/// Interval of rechecks. Accounts cache an actor for a second, so nothing goes on for longer than 5 s after the session ended, the key was
/// revoked or the role was lowered, on any node.
const RECHECK: Duration = Duration::from_secs(3);
/// A younger request needs no recheck: its credential was looked up when it came.
const YOUNG: Duration = Duration::from_secs(1);

/// The caller. Each session has its own permits, so that a stolen session cannot block the user's other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Signed(Requester, Option<SessionId>),
    Stranger(Address),
}

impl Key {
    /// Callers that share permits: the sessions of one account, or all addresses. Many sessions must not take the memory of all.
    fn group(&self) -> Option<Requester> {
        match self {
            Self::Signed(requester, _) => Some(*requester),
            Self::Stranger(_) => None,
        }
    }
}

/// A credential that can be rechecked.
pub(super) struct Recheck {
    pub(super) secret: String,
    pub(super) accounts: Arc<dyn AccountService>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct ConcurrencyLimit(Arc<Shared>);

struct Shared {
    limits: Limits,
    /// Callers with requests under way, or within the last 3 s.
    callers: Mutex<HashMap<Key, Arc<Caller>>>,
}

/// The permits and requests of one caller.
pub(super) struct Caller {
    group: Option<Requester>,
    permits: [Arc<Semaphore>; 3],
    /// Those of its group.
    shared: [Arc<Semaphore>; 3],
    waiting: AtomicUsize,
    requests: Mutex<Requests>,
}

#[derive(Default)]
struct Requests {
    next: u64,
    /// In order of arrival.
    by_id: BTreeMap<u64, Request>,
}

struct Request {
    exchange: Arc<Exchange>,
    began: Instant,
    /// The role at the start of the request.
    role: Option<Role>,
}

/// The request of which body or response has not moved on for longest.
struct Stalled {
    since: Instant,
    caller: Arc<Caller>,
    id: u64,
    exchange: Arc<Exchange>,
}

impl ConcurrencyLimit {
    pub(super) fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared { limits, callers: Mutex::default() }))
    }

    pub fn answers() -> Self {
        Self::new(Limits::SIGNED_IN)
    }

    pub fn uploads() -> Self {
        Self::new(Limits::UPLOADS)
    }

    pub fn strangers() -> Self {
        Self::new(Limits::STRANGERS)
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Requests in any phase, until the response is sent.
    pub fn under_way(&self) -> usize {
        self.callers().values().map(|caller| caller.requests().by_id.len()).sum()
    }

    /// Those of them that wait for a permit.
    pub fn waiting(&self) -> usize {
        self.callers().values().map(|caller| caller.waiting.load(Ordering::Relaxed)).sum()
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<Key, Arc<Caller>>> {
        self.0.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The caller's permits. `recheck` is only called for a new caller; `None` without a session.
    pub(super) fn caller(&self, key: Key, recheck: impl FnOnce() -> Option<Recheck>) -> Arc<Caller> {
        let mut callers = self.callers();
        if let Some(caller) = callers.get(&key) {
            return caller.clone();
        }
        let permits = |most: fn(Limit) -> usize| self.0.limits.phases.map(|limit| Arc::new(Semaphore::new(most(limit))));
        let group = key.group();
        let known = callers.values().find(|caller| caller.group == group).map(|caller| caller.shared.clone());
        let caller = Arc::new(Caller {
            group,
            permits: permits(|limit| limit.each_caller),
            shared: known.unwrap_or_else(|| permits(|limit| limit.each_group)),
            waiting: AtomicUsize::new(0),
            requests: Mutex::default(),
        });
        callers.insert(key, caller.clone());
        tokio::spawn(self.clone().follow(key, caller.clone(), recheck()));
        caller
    }

    /// The permits of a phase, once they are free. `None` when they are not within 20 s, or too many requests wait.
    pub(super) async fn wait(&self, caller: &Arc<Caller>, phase: Phase) -> Option<Permits> {
        // What has been done is answered, however long that takes.
        let (most, patience) = match phase {
            Phase::Arriving | Phase::Running => (self.0.limits.waiting, WAIT),
            Phase::Sending => (usize::MAX, Duration::MAX),
        };
        let _waiting = Waiting::enter(caller, most)?;
        let limit = self.0.limits.phases[phase as usize];
        let permits = async {
            // The caller's own permit first: a caller with many requests must not fill the queue of its group.
            let own = queue(&caller.permits[phase as usize], limit, || caller.stalled(phase)).await?;
            let shared = queue(&caller.shared[phase as usize], limit, || self.stalled(caller.group, phase)).await?;
            Some([own, shared])
        };
        timeout(patience, permits).await.ok()?
    }

    fn stalled(&self, group: Option<Requester>, phase: Phase) -> Option<Stalled> {
        let callers = self.callers();
        let group = callers.values().filter(|caller| caller.group == group);
        group.filter_map(|caller| caller.stalled(phase)).min_by_key(|stalled| stalled.since)
    }

    /// Ends requests whose access has ended, as long as the caller has any. A short request costs no recheck.
    async fn follow(self, key: Key, caller: Arc<Caller>, recheck: Option<Recheck>) {
        loop {
            sleep(RECHECK).await;
            {
                let mut callers = self.callers();
                // Only `callers` and this task hold it: nothing is under way or waits.
                if Arc::strong_count(&caller) == 2 {
                    callers.remove(&key);
                    return;
                }
            }
            if let Some(recheck) = &recheck {
                caller.recheck(recheck).await;
            }
        }
    }
}

/// Waits for a permit. Whoever has stalled for too long gives way meanwhile.
async fn queue(permits: &Arc<Semaphore>, limit: Limit, stalled: impl Fn() -> Option<Stalled>) -> Option<OwnedSemaphorePermit> {
    let mut permit = pin!(permits.clone().acquire_owned());
    let Some(patience) = limit.stalled else { return permit.await.ok() };
    let mut next_end = Instant::now();
    loop {
        let slowest = stalled();
        let due = slowest.as_ref().map_or_else(|| Instant::now() + BETWEEN_ENDS, |slowest| next_end.max(slowest.since + patience));
        tokio::select! {
            biased;
            permit = &mut permit => return permit.ok(),
            () = sleep_until(due) => {
                if slowest.is_some_and(Stalled::end) {
                    next_end = Instant::now() + BETWEEN_ENDS;
                }
            }
        }
    }
}

impl Stalled {
    /// False when it has moved on meanwhile.
    fn end(self) -> bool {
        let ended = self.exchange.end_stalled(self.since);
        if ended {
            self.caller.leave(self.id);
        }
        ended
    }
}

impl Caller {
    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request, and returns its id.
    pub(super) fn enter(&self, exchange: Arc<Exchange>, role: Option<Role>) -> u64 {
        let mut requests = self.requests();
        requests.next += 1;
        let id = requests.next;
        requests.by_id.insert(id, Request { exchange, began: Instant::now(), role });
        id
    }

    /// The permits of a phase, when they are free.
    pub(super) fn free(&self, phase: Phase) -> Option<Permits> {
        let own = self.permits[phase as usize].clone().try_acquire_owned().ok()?;
        let shared = self.shared[phase as usize].clone().try_acquire_owned().ok()?;
        Some([own, shared])
    }

    pub(super) fn leave(&self, id: u64) {
        self.requests().by_id.remove(&id);
    }

    fn stalled(self: &Arc<Self>, phase: Phase) -> Option<Stalled> {
        let requests = self.requests();
        let moved = requests.by_id.iter().filter_map(|(id, request)| Some((request.exchange.moved(phase)?, *id, &request.exchange)));
        let (since, id, exchange) = moved.min_by_key(|(since, ..)| *since)?;
        Some(Stalled { since, caller: self.clone(), id, exchange: exchange.clone() })
    }

    async fn recheck(&self, recheck: &Recheck) {
        if self.requests().by_id.values().next().is_none_or(|oldest| oldest.began.elapsed() < YOUNG) {
            return;
        }
        // On a database error the last result holds until the next recheck.
        if let Ok(now) = recheck.accounts.actor(&recheck.secret).await {
            let now = now.map(|now| now.role);
            self.end(|request| now < request.role);
        }
    }

    fn end(&self, is_over: impl Fn(&Request) -> bool) {
        let over: Vec<(u64, Arc<Exchange>)> = {
            let requests = self.requests();
            requests.by_id.iter().filter(|(_, request)| is_over(request)).map(|(id, request)| (*id, request.exchange.clone())).collect()
        };
        for (id, exchange) in over {
            if exchange.end(Error::Unauthorized) {
                self.leave(id);
            }
        }
    }
}

/// A waiting request, for as long as it waits.
struct Waiting<'c>(&'c Caller);

impl<'c> Waiting<'c> {
    fn enter(caller: &'c Caller, most: usize) -> Option<Self> {
        let waiting = Self(caller);
        (caller.waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::in_flight::InFlight, *};
    use domain::{Actor, ActorRef, UserId};
    use futures::FutureExt;
    use uuid::Uuid;

    fn session(n: u128) -> Key {
        let who = ActorRef::User { id: UserId(Uuid::from_u128(1)), name: "Ana".to_owned() };
        Key::Signed(Requester::from(&Actor { who, ..Actor::system() }), Some(SessionId(Uuid::from_u128(n))))
    }

    fn address(n: u8) -> Key {
        Key::Stranger(Address::V4([10, 0, 0, n]))
    }

    fn request(limit: &ConcurrencyLimit, key: Key) -> InFlight {
        InFlight::new(limit, limit.caller(key, || None), None)
    }

    fn runs(request: &InFlight) -> Option<Result<bool, Error>> {
        request.enter(Phase::Running).now_or_never()
    }

    #[tokio::test]
    async fn a_session_waits_for_its_own_requests_only() {
        let limit = ConcurrencyLimit::answers();
        let mut running: Vec<_> = (0..25).map(|_| request(&limit, session(1))).collect();
        let waits = running.pop().unwrap();
        assert!(running.iter().all(|request| runs(request) == Some(Ok(false))));
        let mut waiting = Box::pin(waits.enter(Phase::Running));
        assert_eq!((&mut waiting).now_or_never(), None);
        assert_eq!((limit.under_way(), limit.waiting()), (25, 1));
        assert_eq!(runs(&request(&limit, session(2))), Some(Ok(false)), "the same user's other session");
        running.pop();
        assert_eq!(waiting.await, Ok(true));
        drop((running, waits));
        assert_eq!(limit.under_way(), 0);
    }

    #[tokio::test]
    async fn many_sessions_of_one_account_take_no_more_than_two() {
        let limit = ConcurrencyLimit::answers();
        let of_sessions: Vec<_> = (0..10).flat_map(|n| (0..10).map(move |_| n)).map(|n| request(&limit, session(n))).collect();
        let running = of_sessions.iter().filter(|request| runs(request) == Some(Ok(false))).count();
        assert_eq!(running, 48);
        let other = ActorRef::User { id: UserId(Uuid::from_u128(2)), name: "Ben".to_owned() };
        let other = Key::Signed(Requester::from(&Actor { who: other, ..Actor::system() }), None);
        assert_eq!(runs(&request(&limit, other)), Some(Ok(false)), "another account does not wait");
    }

    #[tokio::test]
    async fn an_address_has_few_permits_all_have_not_many_more_and_few_wait() {
        let mut limits = Limits { waiting: 1, ..Limits::STRANGERS };
        limits.phases[Phase::Running as usize] = Limit { each_caller: 2, each_group: 3, stalled: None };
        let limit = ConcurrencyLimit::new(limits);
        let first = [request(&limit, address(1)), request(&limit, address(1))];
        assert!(first.iter().all(|request| runs(request) == Some(Ok(false))));
        let waits = request(&limit, address(1));
        let mut waiting = Box::pin(waits.enter(Phase::Running));
        assert_eq!((&mut waiting).now_or_never(), None);
        let refused = runs(&request(&limit, address(1)));
        assert_eq!(refused, Some(Err(Error::TooMany { retry_after: 5 })), "at once: one waits already");
        let second = request(&limit, address(2));
        assert_eq!(runs(&second), Some(Ok(false)));
        assert_eq!(runs(&request(&limit, address(3))), None, "no permit is left at all");
        drop(second);
        assert_eq!(runs(&request(&limit, address(3))), Some(Ok(false)));
        drop(first);
        assert_eq!(waiting.await, Ok(true));
    }
}

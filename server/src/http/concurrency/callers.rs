//! Permits per caller, and the check that ends requests whose access has ended.

use super::{WAIT, exchange::Exchange};
use crate::{http::throttle::Address, store::Requester};
use axum::body::Body;
use domain::{Role, SessionId, services::AccountService};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};

/// Concurrent requests per session or key; more wait.
const EACH: usize = 24;
/// Concurrent uploads per session or key. Uploads are slow, so they have their permits permits and block no other request.
const UPLOADS: usize = 6;
/// Concurrent requests per address without a session. One address may be a whole office.
const STRANGERS: usize = 32;
/// Waiting requests per address without a session; more are refused.
const STRANGERS_WAITING: usize = 200;
/// Concurrent requests without a session, over all addresses.
const ALL_STRANGERS: usize = 1_024;
/// Interval of rechecks. Accounts cache an actor for a second, so nothing goes on for longer than 5 s after the session ended, the key was
/// revoked or the role was lowered, on any node.
const RECHECK: Duration = Duration::from_secs(3);
/// A younger request needs no recheck: its credential was looked up when it came.
const YOUNG: Duration = Duration::from_secs(1);
/// Maximum time to read a response without a session. It is a page, never a file.
const TAKEN: Duration = Duration::from_secs(10);

/// The caller. Each session has its permits permits, so that a stolen session cannot block the user's other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Signed(Requester, Option<SessionId>),
    Stranger(Address),
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
    /// Callers with requests under way, or within the last 3 s.
    callers: Mutex<HashMap<Key, Arc<Caller>>>,
    each: usize,
    waiting: usize,
    all: Option<Arc<Semaphore>>,
}

/// The permits and requests of one caller.
pub(super) struct Caller {
    permits: Arc<Semaphore>,
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
    answered: Option<Instant>,
    /// The role at the start of the request.
    role: Option<Role>,
}

pub(super) type Permits = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

impl ConcurrencyLimit {
    fn new(each: usize, waiting: usize, all: Option<usize>) -> Self {
        Self(Arc::new(Shared { callers: Mutex::default(), each, waiting, all: all.map(|all| Arc::new(Semaphore::new(all))) }))
    }

    pub fn answers() -> Self {
        Self::new(EACH, usize::MAX, None)
    }

    pub fn uploads() -> Self {
        Self::new(UPLOADS, usize::MAX, None)
    }

    pub fn strangers() -> Self {
        Self::new(STRANGERS, STRANGERS_WAITING, Some(ALL_STRANGERS))
    }

    /// Requests that hold a permit.
    pub fn under_way(&self) -> usize {
        self.callers().values().map(|caller| caller.requests().by_id.len()).sum()
    }

    /// Requests that wait for a permit.
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
        let caller =
            Arc::new(Caller { permits: Arc::new(Semaphore::new(self.0.each)), waiting: AtomicUsize::new(0), requests: Mutex::default() });
        callers.insert(key, caller.clone());
        tokio::spawn(self.clone().follow(key, caller.clone(), recheck()));
        caller
    }

    /// A permit, and whether the request waited for it. `None` when none is free after 20 s, or too many requests wait.
    pub(super) async fn acquire(&self, caller: Arc<Caller>, role: Option<Role>) -> Option<(Permit, bool)> {
        if let Some(permits) = self.free(&caller) {
            return Some((Permit::new(caller, permits, role), false));
        }
        let waiting = Waiting::enter(&caller, self.0.waiting)?;
        // The caller's own permit first: a caller with many requests must not fill the queue of all.
        let permits = async {
            let permits = caller.permits.clone().acquire_owned().await.ok()?;
            let all = match &self.0.all {
                Some(all) => Some(all.clone().acquire_owned().await.ok()?),
                None => None,
            };
            Some((permits, all))
        };
        let permits = timeout(WAIT, permits).await.ok()??;
        drop(waiting);
        Some((Permit::new(caller, permits, role), true))
    }

    fn free(&self, caller: &Caller) -> Option<Permits> {
        let permits = caller.permits.clone().try_acquire_owned().ok()?;
        let all = match &self.0.all {
            Some(all) => Some(all.clone().try_acquire_owned().ok()?),
            None => None,
        };
        Some((permits, all))
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
            match &recheck {
                Some(recheck) => caller.recheck(recheck).await,
                None => caller.end(|request| request.answered.is_some_and(|since| since.elapsed() >= TAKEN)),
            }
        }
    }
}

impl Caller {
    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
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
            if exchange.end() {
                self.requests().by_id.remove(&id);
            }
        }
    }
}

/// A waiting request, for as long as it waits.
struct Waiting<'p>(&'p Caller);

impl<'p> Waiting<'p> {
    fn enter(caller: &'p Caller, most: usize) -> Option<Self> {
        let waiting = Self(caller);
        (caller.waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request with its permits, until its response is sent.
pub(super) struct Permit {
    caller: Arc<Caller>,
    id: u64,
    pub(super) exchange: Arc<Exchange>,
}

impl Permit {
    fn new(caller: Arc<Caller>, permits: Permits, role: Option<Role>) -> Self {
        let exchange = Arc::new(Exchange::new(permits));
        let request = Request { exchange: exchange.clone(), began: Instant::now(), answered: None, role };
        let id = {
            let mut requests = caller.requests();
            requests.next += 1;
            let id = requests.next;
            requests.by_id.insert(id, request);
            id
        };
        Self { caller, id, exchange }
    }

    /// Adds the response. A `whole` one is read to its end even when the client disconnects. `None` when access has ended meanwhile.
    pub(super) fn answered(self, body: Body, whole: bool) -> Option<Self> {
        if self.exchange.begin(body, whole) {
            self.exchange.end();
            return None;
        }
        if let Some(request) = self.caller.requests().by_id.get_mut(&self.id) {
            request.answered = Some(Instant::now());
        }
        Some(self)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.caller.requests().by_id.remove(&self.id);
        self.exchange.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Actor, ActorRef, UserId};
    use futures::FutureExt;
    use uuid::Uuid;

    fn key(n: u128, session: Option<u128>) -> Key {
        let who = ActorRef::User { id: UserId(Uuid::from_u128(n)), name: "Ana".to_owned() };
        let session = session.map(|n| SessionId(Uuid::from_u128(n)));
        Key::Signed(Requester::from(&Actor { who, ..Actor::system() }), session)
    }

    fn acquire(concurrency: &ConcurrencyLimit, key: Key) -> Option<Permit> {
        concurrency.acquire(concurrency.caller(key, || None), None).now_or_never().flatten().map(|(permit, _)| permit)
    }

    #[tokio::test]
    async fn another_session_has_permits_of_its_own() {
        let concurrency = ConcurrencyLimit::answers();
        let held: Vec<_> = (0..EACH).map(|_| acquire(&concurrency, key(1, Some(1))).unwrap()).collect();
        assert!(acquire(&concurrency, key(1, Some(1))).is_none());
        assert!(acquire(&concurrency, key(1, Some(2))).is_some());
        drop(held);
    }

    #[tokio::test]
    async fn a_caller_waits_for_its_own_answers() {
        let concurrency = ConcurrencyLimit::answers();
        let mut held: Vec<_> = (0..EACH).map(|_| acquire(&concurrency, key(1, None)).unwrap()).collect();
        assert!(acquire(&concurrency, key(1, None)).is_none(), "one more, and nobody reads");
        assert!(acquire(&concurrency, key(2, None)).is_some(), "others do not wait");
        let mut waiting = Box::pin(concurrency.acquire(concurrency.caller(key(1, None), || None), None));
        assert!((&mut waiting).now_or_never().is_none());
        held.pop();
        assert!(waiting.await.is_some_and(|(_, waited)| waited));
        assert_eq!(concurrency.under_way(), EACH - 1);
        drop(held);
        assert_eq!(concurrency.under_way(), 0);
    }

    #[tokio::test]
    async fn an_address_has_few_permits_all_have_not_many_more_and_few_wait() {
        let concurrency = ConcurrencyLimit::new(2, 1, Some(3));
        let address = |n: u8| Key::Stranger(Address::V4([10, 0, 0, n]));
        let first = [acquire(&concurrency, address(1)).unwrap(), acquire(&concurrency, address(1)).unwrap()];
        let mut waiting = Box::pin(concurrency.acquire(concurrency.caller(address(1), || None), None));
        assert!((&mut waiting).now_or_never().is_none());
        let refused = concurrency.acquire(concurrency.caller(address(1), || None), None).now_or_never();
        assert!(refused.is_some_and(|refused| refused.is_none()), "at once: one waits already");
        let second = acquire(&concurrency, address(2)).unwrap();
        assert!(acquire(&concurrency, address(3)).is_none(), "no permit is left at all");
        drop(second);
        assert!(acquire(&concurrency, address(3)).is_some());
        drop(first);
        assert!(waiting.await.is_some());
    }
}

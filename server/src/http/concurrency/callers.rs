//! Memory per caller, and the check that ends requests whose access has ended.

use super::{
    exchange::{Exchange, Permits},
    in_flight::{late, stalled},
    pool::{Limits, Pool},
};
use crate::{
    http::throttle::{Account, Address},
    store::Requester,
};
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

/// Maximum wait for memory.
const WAIT: Duration = Duration::from_secs(20);
/// Time until a waiting request ends others again: a page that is ended keeps its memory until it is rendered.
const BETWEEN_ENDS: Duration = Duration::from_secs(1);
/// Interval of rechecks. Accounts cache an actor for a second, so nothing goes on for longer than 5 s after the session ended, the key was
/// revoked or the role was lowered, on any node.
const RECHECK: Duration = Duration::from_secs(3);
/// A younger request needs no recheck: its credential was looked up when it came.
const YOUNG: Duration = Duration::from_secs(1);

/// The caller. Each session has its own memory, so that a stolen session cannot block the user's other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Signed(Requester, Option<SessionId>),
    /// A browser that has signed in to this account before.
    Device(Account),
    Stranger(Address),
}

impl Key {
    /// Callers with a limit together: the sessions of one account, or all without a session.
    fn group(&self) -> Option<Requester> {
        match self {
            Self::Signed(requester, _) => Some(*requester),
            Self::Device(_) | Self::Stranger(_) => None,
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
    /// Memory of all, by `Pool`.
    all: [Arc<Memory>; 2],
    /// Callers with requests under way, or within the last 3 s.
    callers: Mutex<HashMap<Key, Arc<Caller>>>,
}

/// Memory of a caller, of a group, or of all.
struct Memory {
    /// In KiB.
    free: Arc<Semaphore>,
    /// Held by the request that has waited for longest. It alone ends others, so that no more are ended than it needs.
    first: tokio::sync::Mutex<()>,
}

/// The memory and requests of one caller.
pub(super) struct Caller {
    group: Option<Requester>,
    /// By `Pool`: its own, its group's, and that of all.
    memory: [[Arc<Memory>; 3]; 2],
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
        let all = limits.pools.map(|limit| Memory::new(limit.all));
        Self(Arc::new(Shared { limits, all, callers: Mutex::default() }))
    }

    /// What has not moved on for `idle` is ended.
    pub fn answers(idle: Duration) -> Self {
        Self::new(Limits::signed_in(idle))
    }

    pub fn uploads(idle: Duration) -> Self {
        Self::new(Limits::uploads(idle))
    }

    pub fn strangers(idle: Duration) -> Self {
        Self::new(Limits::strangers(idle))
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Requests in any phase, until the response is sent.
    pub fn under_way(&self) -> usize {
        self.callers().values().map(|caller| caller.requests().by_id.len()).sum()
    }

    /// Those of them that wait for memory.
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
        let group = key.group();
        let other = callers.values().find(|caller| caller.group == group).map(|caller| &caller.memory);
        let memory = [Pool::Bodies, Pool::Answers].map(|pool| {
            let (limit, pool) = (self.0.limits.pools[pool as usize], pool as usize);
            let shared = other.map_or_else(|| Memory::new(limit.each_group), |other| other[pool][1].clone());
            [Memory::new(limit.each_caller), shared, self.0.all[pool].clone()]
        });
        let caller = Arc::new(Caller { group, memory, waiting: AtomicUsize::new(0), requests: Mutex::default() });
        callers.insert(key, caller.clone());
        tokio::spawn(self.clone().follow(key, caller.clone(), recheck()));
        caller
    }

    /// Memory of a pool in KiB, once it is free. `None` when it is not within 20 s, or too many requests wait.
    pub(super) async fn wait(&self, caller: &Arc<Caller>, pool: Pool, size: u32) -> Option<Permits> {
        let _waiting = Waiting::enter(caller, self.0.limits.waiting)?;
        let patience = self.0.limits.pools[pool as usize].stalled;
        let [own, group, all] = &caller.memory[pool as usize];
        let permits = async {
            // The caller's own first: a caller with many requests must not fill the queue of its group, nor a group that of all.
            let own = own.wait(size, patience, || caller.stalled(pool)).await?;
            let group = group.wait(size, patience, || self.stalled(pool, |other| other.group == caller.group)).await?;
            let all = all.wait(size, patience, || self.stalled(pool, |_| true)).await?;
            Some(Permits([own, group, all]))
        };
        timeout(WAIT, permits).await.ok()?
    }

    fn stalled(&self, pool: Pool, among: impl Fn(&Caller) -> bool) -> Option<Stalled> {
        let callers = self.callers();
        let among = callers.values().filter(|caller| among(caller));
        among.filter_map(|caller| caller.stalled(pool)).min_by_key(|stalled| stalled.since)
    }

    /// Ends requests whose access has ended, and those that stall, as long as the caller has any. A short request costs no recheck.
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
            caller.end_idle(self.0.limits.idle);
        }
    }
}

impl Memory {
    fn new(kib: u32) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(kib as usize)), first: tokio::sync::Mutex::default() })
    }

    /// Waits for memory in KiB. Whoever has stalled for longer than `patience` gives way meanwhile.
    async fn wait(&self, size: u32, patience: Duration, stalled: impl Fn() -> Option<Stalled>) -> Option<OwnedSemaphorePermit> {
        let _first = self.first.lock().await;
        let mut permit = pin!(self.free.clone().acquire_many_owned(size));
        let (mut next_end, mut freed) = (Instant::now(), 0);
        loop {
            let slowest = stalled();
            let due = slowest.as_ref().map_or_else(|| Instant::now() + BETWEEN_ENDS, |slowest| next_end.max(slowest.since + patience));
            tokio::select! {
                biased;
                permit = &mut permit => return permit.ok(),
                () = sleep_until(due) => {
                    freed += slowest.and_then(|slowest| slowest.end(late())).unwrap_or(0);
                    if freed >= size {
                        (next_end, freed) = (Instant::now() + BETWEEN_ENDS, 0);
                    }
                }
            }
        }
    }
}

impl Stalled {
    /// The KiB that it took; `None` when it has moved on meanwhile.
    fn end(self, reason: Error) -> Option<u32> {
        let size = self.exchange.end_stalled(self.since, reason)?;
        self.caller.leave(self.id);
        Some(size)
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

    /// Memory of a pool in KiB, when it is free.
    pub(super) fn free(&self, pool: Pool, size: u32) -> Option<Permits> {
        let take = |memory: &Memory| memory.free.clone().try_acquire_many_owned(size).ok();
        let [own, group, all] = &self.memory[pool as usize];
        Some(Permits([take(own)?, take(group)?, take(all)?]))
    }

    pub(super) fn leave(&self, id: u64) {
        self.requests().by_id.remove(&id);
    }

    fn stalled(self: &Arc<Self>, pool: Pool) -> Option<Stalled> {
        let requests = self.requests();
        let moved = requests.by_id.iter().filter_map(|(id, request)| Some((request.exchange.moved(pool)?, *id, &request.exchange)));
        let (since, id, exchange) = moved.min_by_key(|(since, ..)| *since)?;
        Some(Stalled { since, caller: self.clone(), id, exchange: exchange.clone() })
    }

    /// Ends what has not moved on for `idle`, whether others wait or not.
    fn end_idle(self: &Arc<Self>, idle: Duration) {
        for pool in [Pool::Bodies, Pool::Answers] {
            while let Some(slowest) = self.stalled(pool).filter(|slowest| slowest.since.elapsed() >= idle) {
                slowest.end(stalled(idle));
            }
        }
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
    use super::{
        super::{in_flight::InFlight, pool::Limit},
        *,
    };
    use domain::{Actor, ActorRef, UserId};
    use futures::FutureExt;
    use uuid::Uuid;

    const IDLE: Duration = Duration::from_mins(1);

    fn user(n: u128) -> Requester {
        let who = ActorRef::User { id: UserId(Uuid::from_u128(n)), name: "Ana".to_owned() };
        Requester::from(&Actor { who, ..Actor::system() })
    }

    fn account(n: u128) -> Key {
        Key::Signed(user(n), None)
    }

    fn session(n: u128) -> Key {
        Key::Signed(user(1), Some(SessionId(Uuid::from_u128(n))))
    }

    fn address(n: u8) -> Key {
        Key::Stranger(Address::V4([10, 0, 0, n]))
    }

    fn request(limit: &ConcurrencyLimit, key: Key) -> InFlight {
        InFlight::new(limit, limit.caller(key, || None), None)
    }

    fn runs(request: &InFlight) -> Option<Result<bool, Error>> {
        request.run().now_or_never()
    }

    #[tokio::test]
    async fn a_session_waits_for_its_own_requests_only() {
        let limit = ConcurrencyLimit::answers(IDLE);
        let mut running: Vec<_> = (0..25).map(|_| request(&limit, session(1))).collect();
        let waits = running.pop().unwrap();
        assert!(running.iter().all(|request| runs(request) == Some(Ok(false))));
        let mut waiting = Box::pin(waits.run());
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
        let limit = ConcurrencyLimit::answers(IDLE);
        let of_sessions: Vec<_> = (0..10).flat_map(|n| (0..10).map(move |_| n)).map(|n| request(&limit, session(n))).collect();
        let running = of_sessions.iter().filter(|request| runs(request) == Some(Ok(false))).count();
        assert_eq!(running, 48);
        assert_eq!(runs(&request(&limit, account(2))), Some(Ok(false)), "another account does not wait");
    }

    #[tokio::test]
    async fn all_accounts_together_have_a_limit() {
        let limit = ConcurrencyLimit::answers(IDLE);
        let of_accounts: Vec<_> = (0..20).flat_map(|n| (0..20).map(move |_| n)).map(|n| request(&limit, account(n))).collect();
        let running = of_accounts.iter().filter(|request| runs(request) == Some(Ok(false))).count();
        assert_eq!(running, 256);
    }

    #[tokio::test]
    async fn an_address_has_little_memory_all_have_not_much_more_and_few_wait() {
        let mut limits = Limits { waiting: 1, running: 1, ..Limits::strangers(IDLE) };
        limits.pools[Pool::Answers as usize] = Limit { each_caller: 2, each_group: 3, all: 3, stalled: Duration::ZERO };
        let limit = ConcurrencyLimit::new(limits);
        let first = [request(&limit, address(1)), request(&limit, address(1))];
        assert!(first.iter().all(|request| runs(request) == Some(Ok(false))));
        let waits = request(&limit, address(1));
        let mut waiting = Box::pin(waits.run());
        assert_eq!((&mut waiting).now_or_never(), None);
        let refused = runs(&request(&limit, address(1)));
        assert_eq!(refused, Some(Err(Error::TooMany { retry_after: 5 })), "at once: one waits already");
        let known = request(&limit, Key::Device([1; 16]));
        assert_eq!(runs(&known), Some(Ok(false)), "a known device at this address does not wait");
        assert_eq!(runs(&request(&limit, address(3))), None, "nothing is left at all");
        drop(known);
        assert_eq!(runs(&request(&limit, address(3))), Some(Ok(false)));
        drop(first);
        assert_eq!(waiting.await, Ok(true));
    }
}

//! Permits per caller, and the check that ends requests whose access has ended.

use super::{WAIT, under::Under};
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
/// Concurrent uploads per session or key. Uploads are slow, so they have their own permits and block no other request.
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

/// The caller. Each session has its own permits, so that a stolen session cannot block the user's other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Signed(Requester, Option<SessionId>),
    Stranger(Address),
}

/// A credential that can be rechecked.
pub(super) struct Standing {
    pub(super) secret: String,
    pub(super) accounts: Arc<dyn AccountService>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct ConcurrencyLimit(Arc<Shared>);

struct Shared {
    /// Callers with requests under way, or within the last 3 s.
    askers: Mutex<HashMap<Key, Arc<Places>>>,
    each: usize,
    waiting: usize,
    all: Option<Arc<Semaphore>>,
}

/// The permits and requests of one caller.
pub(super) struct Places {
    own: Arc<Semaphore>,
    waiting: AtomicUsize,
    flying: Mutex<Flying>,
}

#[derive(Default)]
struct Flying {
    next: u64,
    /// In order of arrival.
    concurrency: BTreeMap<u64, One>,
}

struct One {
    under: Arc<Under>,
    began: Instant,
    answered: Option<Instant>,
    /// The role at the start of the request.
    role: Option<Role>,
}

pub(super) type Permits = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

impl ConcurrencyLimit {
    fn new(each: usize, waiting: usize, all: Option<usize>) -> Self {
        Self(Arc::new(Shared { askers: Mutex::default(), each, waiting, all: all.map(|all| Arc::new(Semaphore::new(all))) }))
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
        self.askers().values().map(|places| places.flying().concurrency.len()).sum()
    }

    /// Requests that wait for a permit.
    pub fn waiting(&self) -> usize {
        self.askers().values().map(|places| places.waiting.load(Ordering::Relaxed)).sum()
    }

    fn askers(&self) -> MutexGuard<'_, HashMap<Key, Arc<Places>>> {
        self.0.askers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The caller's permits. `standing` is only called for a new caller; `None` without a session.
    pub(super) fn places(&self, key: Key, standing: impl FnOnce() -> Option<Standing>) -> Arc<Places> {
        let mut askers = self.askers();
        if let Some(places) = askers.get(&key) {
            return places.clone();
        }
        let places =
            Arc::new(Places { own: Arc::new(Semaphore::new(self.0.each)), waiting: AtomicUsize::new(0), flying: Mutex::default() });
        askers.insert(key, places.clone());
        tokio::spawn(self.clone().follow(key, places.clone(), standing()));
        places
    }

    /// A permit, and whether the request waited for it. `None` when none is free after 20 s, or too many requests wait.
    pub(super) async fn take(&self, places: Arc<Places>, role: Option<Role>) -> Option<(Flight, bool)> {
        if let Some(permits) = self.free(&places) {
            return Some((Flight::new(places, permits, role), false));
        }
        let waiting = Waiting::enter(&places, self.0.waiting)?;
        // The caller's own permit first: a caller with many requests must not fill the queue of all.
        let permits = async {
            let own = places.own.clone().acquire_owned().await.ok()?;
            let all = match &self.0.all {
                Some(all) => Some(all.clone().acquire_owned().await.ok()?),
                None => None,
            };
            Some((own, all))
        };
        let permits = timeout(WAIT, permits).await.ok()??;
        drop(waiting);
        Some((Flight::new(places, permits, role), true))
    }

    fn free(&self, places: &Places) -> Option<Permits> {
        let own = places.own.clone().try_acquire_owned().ok()?;
        let all = match &self.0.all {
            Some(all) => Some(all.clone().try_acquire_owned().ok()?),
            None => None,
        };
        Some((own, all))
    }

    /// Ends requests whose access has ended, as long as the caller has any. A short request costs no recheck.
    async fn follow(self, key: Key, places: Arc<Places>, standing: Option<Standing>) {
        loop {
            sleep(RECHECK).await;
            {
                let mut askers = self.askers();
                // Only `askers` and this task hold it: nothing is under way or waits.
                if Arc::strong_count(&places) == 2 {
                    askers.remove(&key);
                    return;
                }
            }
            match &standing {
                Some(standing) => places.recheck(standing).await,
                None => places.end(|one| one.answered.is_some_and(|since| since.elapsed() >= TAKEN)),
            }
        }
    }
}

impl Places {
    fn flying(&self) -> MutexGuard<'_, Flying> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn recheck(&self, standing: &Standing) {
        if self.flying().concurrency.values().next().is_none_or(|oldest| oldest.began.elapsed() < YOUNG) {
            return;
        }
        // On a database error the last result holds until the next recheck.
        if let Ok(now) = standing.accounts.actor(&standing.secret).await {
            let now = now.map(|now| now.role);
            self.end(|one| now < one.role);
        }
    }

    fn end(&self, is_over: impl Fn(&One) -> bool) {
        let over: Vec<(u64, Arc<Under>)> = {
            let flying = self.flying();
            flying.concurrency.iter().filter(|(_, one)| is_over(one)).map(|(id, one)| (*id, one.under.clone())).collect()
        };
        for (id, under) in over {
            if under.end() {
                self.flying().concurrency.remove(&id);
            }
        }
    }
}

/// A waiting request, for as long as it waits.
struct Waiting<'p>(&'p Places);

impl<'p> Waiting<'p> {
    fn enter(places: &'p Places, most: usize) -> Option<Self> {
        let waiting = Self(places);
        (places.waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request with its permits, until its response is sent.
pub(super) struct Flight {
    places: Arc<Places>,
    id: u64,
    pub(super) under: Arc<Under>,
}

impl Flight {
    fn new(places: Arc<Places>, permits: Permits, role: Option<Role>) -> Self {
        let under = Arc::new(Under::new(permits));
        let one = One { under: under.clone(), began: Instant::now(), answered: None, role };
        let id = {
            let mut flying = places.flying();
            flying.next += 1;
            let id = flying.next;
            flying.concurrency.insert(id, one);
            id
        };
        Self { places, id, under }
    }

    /// Adds the response. A `whole` one is read to its end even when the client disconnects. `None` when access has ended meanwhile.
    pub(super) fn answered(self, body: Body, whole: bool) -> Option<Self> {
        if self.under.begin(body, whole) {
            self.under.end();
            return None;
        }
        if let Some(one) = self.places.flying().concurrency.get_mut(&self.id) {
            one.answered = Some(Instant::now());
        }
        Some(self)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.places.flying().concurrency.remove(&self.id);
        self.under.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Actor, ActorRef, UserId};
    use futures::FutureExt;
    use uuid::Uuid;

    fn asker(n: u128, session: Option<u128>) -> Key {
        let who = ActorRef::User { id: UserId(Uuid::from_u128(n)), name: "Ana".to_owned() };
        let session = session.map(|n| SessionId(Uuid::from_u128(n)));
        Key::Signed(Requester::from(&Actor { who, ..Actor::system() }), session)
    }

    fn take(concurrency: &ConcurrencyLimit, key: Key) -> Option<Flight> {
        concurrency.take(concurrency.places(key, || None), None).now_or_never().flatten().map(|(concurrency, _)| concurrency)
    }

    #[tokio::test]
    async fn another_session_has_places_of_its_own() {
        let concurrency = ConcurrencyLimit::answers();
        let held: Vec<_> = (0..EACH).map(|_| take(&concurrency, asker(1, Some(1))).unwrap()).collect();
        assert!(take(&concurrency, asker(1, Some(1))).is_none());
        assert!(take(&concurrency, asker(1, Some(2))).is_some());
        drop(held);
    }

    #[tokio::test]
    async fn one_asker_waits_for_their_own_answers() {
        let concurrency = ConcurrencyLimit::answers();
        let mut held: Vec<_> = (0..EACH).map(|_| take(&concurrency, asker(1, None)).unwrap()).collect();
        assert!(take(&concurrency, asker(1, None)).is_none(), "one more, and nobody reads");
        assert!(take(&concurrency, asker(2, None)).is_some(), "others do not wait");
        let mut waiting = Box::pin(concurrency.take(concurrency.places(asker(1, None), || None), None));
        assert!((&mut waiting).now_or_never().is_none());
        held.pop();
        assert!(waiting.await.is_some_and(|(_, waited)| waited));
        assert_eq!(concurrency.under_way(), EACH - 1);
        drop(held);
        assert_eq!(concurrency.under_way(), 0);
    }

    #[tokio::test]
    async fn an_address_has_few_places_all_have_not_many_more_and_few_wait() {
        let concurrency = ConcurrencyLimit::new(2, 1, Some(3));
        let address = |n: u8| Key::Stranger(Address::V4([10, 0, 0, n]));
        let first = [take(&concurrency, address(1)).unwrap(), take(&concurrency, address(1)).unwrap()];
        let mut waiting = Box::pin(concurrency.take(concurrency.places(address(1), || None), None));
        assert!((&mut waiting).now_or_never().is_none());
        let refused = concurrency.take(concurrency.places(address(1), || None), None).now_or_never();
        assert!(refused.is_some_and(|refused| refused.is_none()), "at once: one waits already");
        let second = take(&concurrency, address(2)).unwrap();
        assert!(take(&concurrency, address(3)).is_none(), "no place is left at all");
        drop(second);
        assert!(take(&concurrency, address(3)).is_some());
        drop(first);
        assert!(waiting.await.is_some());
    }
}

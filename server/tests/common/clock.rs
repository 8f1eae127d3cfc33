//! A clock that tests move by hand.

use ::server::clock::{Clock, SystemClock};
use domain::Timestamp;
use futures::future::BoxFuture;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

pub struct TestClock {
    hands: Mutex<Hands>,
    /// Notifies that a task started to sleep.
    slept: Notify,
}

struct Hands {
    now: Timestamp,
    /// Wake-up time of each sleeping task.
    sleepers: Vec<(Timestamp, oneshot::Sender<()>)>,
}

impl TestClock {
    /// A clock stopped at the present time.
    pub fn stopped() -> Arc<Self> {
        Arc::new(Self { hands: Mutex::new(Hands { now: SystemClock.now(), sleepers: Vec::new() }), slept: Notify::new() })
    }

    /// Advances the clock and wakes the tasks whose time has come.
    pub fn pass(&self, time: Duration) {
        let mut hands = self.hands.lock().unwrap();
        hands.now = after(hands.now, time);
        let now = hands.now;
        for (_, sleeper) in hands.sleepers.extract_if(.., |(until, _)| *until <= now) {
            // The task may have been cancelled.
            let _ = sleeper.send(());
        }
    }

    /// Waits until at least `count` tasks sleep on this clock.
    pub async fn sleepers(&self, count: usize) {
        loop {
            let slept = self.slept.notified();
            if self.hands.lock().unwrap().sleepers.iter().filter(|(_, sleeper)| !sleeper.is_closed()).count() >= count {
                return;
            }
            slept.await;
        }
    }
}

fn after(now: Timestamp, time: Duration) -> Timestamp {
    Timestamp(now.0 + i64::try_from(time.as_micros()).unwrap())
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.hands.lock().unwrap().now
    }

    fn id(&self) -> Uuid {
        SystemClock.id()
    }

    fn secret(&self) -> [u8; 32] {
        SystemClock.secret()
    }

    fn sleep(&self, how_long: Duration) -> BoxFuture<'static, ()> {
        let (sleeper, woken) = oneshot::channel();
        let mut hands = self.hands.lock().unwrap();
        let until = after(hands.now, how_long);
        hands.sleepers.push((until, sleeper));
        drop(hands);
        self.slept.notify_waiters();
        Box::pin(async move {
            // The clock may be dropped first.
            drop(woken.await);
        })
    }
}

/// A clock that runs, and can be set forward: whoever sleeps past that time wakes.
#[derive(Default)]
pub struct RunningClock {
    /// Microseconds ahead of the machine's clock.
    ahead: AtomicI64,
    set: Notify,
}

impl RunningClock {
    pub fn pass(&self, time: Duration) {
        self.ahead.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
        self.set.notify_waiters();
    }
}

/// The clock as it is shared with a server.
pub struct Shared(pub Arc<RunningClock>);

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.ahead.load(Ordering::SeqCst))
    }

    fn id(&self) -> Uuid {
        SystemClock.id()
    }

    fn secret(&self) -> [u8; 32] {
        SystemClock.secret()
    }

    fn sleep(&self, how_long: Duration) -> BoxFuture<'static, ()> {
        let (until, clock) = (after(self.now(), how_long), Self(self.0.clone()));
        Box::pin(async move {
            loop {
                let set = clock.0.set.notified();
                let left = until.0 - clock.now().0;
                if left <= 0 {
                    return;
                }
                tokio::select! {
                    () = set => {}
                    () = tokio::time::sleep(Duration::from_micros(left.unsigned_abs())) => {}
                }
            }
        })
    }
}

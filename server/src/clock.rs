//! The only code that reads the time, creates ids and draws random bytes. All other code gets them from a `Clock`.

use domain::Timestamp;
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// Time and randomness, so that tests can fix both.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// A UUID v7: sorts by its time of creation, also within a millisecond.
    fn id(&self) -> Uuid;

    /// 256 random bits, for tokens.
    fn secret(&self) -> [u8; 32];

    /// Returns after this much of the clock's time has passed.
    fn sleep(&self, how_long: Duration) -> BoxFuture<'static, ()>;
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock and random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is given")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is given")]
    fn id(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // Without randomness there are no safe tokens: no server is better than one with guessable tokens.
        #[expect(clippy::expect_used, reason = "the system's random source does not fail once the system is up")]
        getrandom::fill(&mut bytes).expect("the system's random source");
        bytes
    }

    fn sleep(&self, how_long: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(how_long))
    }
}

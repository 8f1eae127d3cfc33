//! How often someone may ask, and how often a sign-in may fail. Counted on each node by itself.

use super::{App, Peer, problem::refuse};
use crate::clock::SharedClock;
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use domain::{
    Actor, ActorRef, Error, Result, Timestamp,
    time::{MINUTE, SECOND},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock, middleware::StateInformationMiddleware};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// Failed sign-ins per minute, for one address and for one e-mail.
const TRIES: u32 = 10;
/// Keys kept before old ones are swept.
const KEPT: usize = 10_000;

type Requests = DefaultKeyedRateLimiter<Uuid, StateInformationMiddleware>;

pub struct Limits {
    clock: SharedClock,
    /// Requests per minute and actor; `None` is no limit.
    requests: Option<(u32, Requests)>,
    tries: Mutex<HashMap<String, (u32, Timestamp)>>,
}

impl Limits {
    /// `per_minute`: requests to the API by one actor; 0 is no limit.
    pub fn new(clock: SharedClock, per_minute: u32) -> Self {
        let requests = NonZeroU32::new(per_minute)
            .map(|quota| (per_minute, RateLimiter::keyed(Quota::per_minute(quota)).with_middleware::<StateInformationMiddleware>()));
        Self { clock, requests, tries: Mutex::default() }
    }

    /// Counts one try to sign in; call `forgive` when it succeeded.
    ///
    /// # Errors
    /// `TooMany`, when this address or this e-mail failed too often in the last minute.
    pub fn try_sign_in(&self, peer: &Peer, email: &str) -> Result<()> {
        let now = self.clock.now();
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= KEPT {
            tries.retain(|_, (_, since)| now.0 - since.0 < MINUTE);
        }
        let keys = keys(peer, email);
        for key in &keys {
            if let Some((count, since)) = tries.get(key)
                && *count >= TRIES
                && (0..MINUTE).contains(&(now.0 - since.0))
            {
                return Err(Error::TooMany { retry_after: ((since.0 + MINUTE - now.0) / SECOND + 1) as u32 });
            }
        }
        for key in keys {
            let (count, since) = tries.entry(key).or_insert((0, now));
            if !(0..MINUTE).contains(&(now.0 - since.0)) {
                (*count, *since) = (0, now);
            }
            *count += 1;
        }
        Ok(())
    }

    /// The try was a person with the right password.
    pub fn forgive(&self, peer: &Peer, email: &str) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(peer, email) {
            if let Some((count, _)) = tries.get_mut(&key) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

fn keys(peer: &Peer, email: &str) -> [String; 2] {
    [format!("ip {:?}", peer.ip), format!("email {}", domain::text::fold(email.trim()))]
}

/// Limits the requests of each actor to the API and the server functions, and says how many are left.
pub(super) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<Actor>().and_then(|actor| match actor.who {
        ActorRef::User { id, .. } => Some(id.0),
        ActorRef::Key { id, .. } => Some(id.0),
        ActorRef::Guest | ActorRef::System => None,
    });
    let path = request.uri().path();
    let counted = path.starts_with("/api/") || path.starts_with("/sfn/");
    let (Some((per_minute, requests)), Some(id), true) = (&app.limits.requests, id, counted) else { return next.run(request).await };
    if requests.len() >= KEPT {
        requests.retain_recent();
    }
    let (mut response, left, wait) = match requests.check_key(&id) {
        Ok(state) => {
            let left = state.remaining_burst_capacity();
            (next.run(request).await, left, 60_u32.saturating_sub(left * 60 / per_minute))
        }
        Err(until) => {
            let retry_after = until.wait_time_from(requests.clock().now()).as_secs() as u32 + 1;
            (refuse(path, Error::TooMany { retry_after }), 0, retry_after)
        }
    };
    let mut set = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    set("ratelimit-policy", format!("\"actor\";q={per_minute};w=60"));
    set("ratelimit", format!("\"actor\";r={left};t={wait}"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Arc;

    #[test]
    fn failures_are_counted_and_successes_are_not() {
        let limits = Limits::new(Arc::new(SystemClock), 0);
        let peer = |last| Peer { ip: Some([10, 0, 0, last].into()), https: false, host: String::new() };
        for _ in 0..50 {
            limits.try_sign_in(&peer(1), "ana@example.com").unwrap();
            limits.forgive(&peer(1), "ana@example.com");
        }
        for _ in 0..10 {
            limits.try_sign_in(&peer(2), "Ben@example.com").unwrap();
        }
        assert!(matches!(limits.try_sign_in(&peer(2), "cleo@example.com"), Err(Error::TooMany { retry_after: 1..=60 })), "the address");
        assert!(limits.try_sign_in(&peer(3), "ben@example.com ").is_err(), "the e-mail, however it is written");
        assert!(limits.try_sign_in(&peer(3), "cleo@example.com").is_ok());
    }
}

//! Rate limit of requests per actor. Each node counts for itself.

use super::{
    App, Peer,
    policy::Policy,
    problem::refuse,
    throttle::{Address, address},
};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use domain::{Actor, ActorRef, Error};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock, middleware::StateInformationMiddleware};
use std::num::NonZeroU32;
use uuid::Uuid;

/// Maximum keys before old ones are swept.
const KEPT: usize = 10_000;

/// Whose requests count together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// A user or an API key.
    Id(Uuid),
    /// Guests of one address.
    Guests(Address),
}

type Requests = DefaultKeyedRateLimiter<Key, StateInformationMiddleware>;

pub struct Limits {
    /// Requests per minute and actor; `None`: unlimited.
    requests: Option<(u32, Requests)>,
}

impl Limits {
    /// `per_minute`: requests to the API per actor; 0: unlimited.
    pub fn new(per_minute: u32) -> Self {
        let requests = NonZeroU32::new(per_minute)
            .map(|quota| (per_minute, RateLimiter::keyed(Quota::per_minute(quota)).with_middleware::<StateInformationMiddleware>()));
        Self { requests }
    }
}

/// Limits the requests of each actor where the policy counts them, and sends `RateLimit` headers.
pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, request: Request, next: Next) -> Response {
    let key = request.extensions().get::<Actor>().and_then(|actor| match actor.who {
        ActorRef::User { id, .. } => Some(Key::Id(id.0)),
        ActorRef::Key { id, .. } => Some(Key::Id(id.0)),
        ActorRef::Guest => Some(Key::Guests(address(request.extensions().get::<Peer>().and_then(|peer| peer.ip)))),
        ActorRef::System => None,
    });
    let (Some((per_minute, requests)), Some(key), true) = (&app.limits.requests, key, policy.counted) else {
        return next.run(request).await;
    };
    if requests.len() >= KEPT {
        requests.retain_recent();
    }
    let (mut response, left, wait) = match requests.check_key(&key) {
        Ok(state) => {
            let left = state.remaining_burst_capacity();
            (next.run(request).await, left, 60_u32.saturating_sub(left * 60 / per_minute))
        }
        Err(until) => {
            let retry_after = until.wait_time_from(requests.clock().now()).as_secs() as u32 + 1;
            (refuse(policy.errors, Error::TooMany { retry_after }), 0, retry_after)
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

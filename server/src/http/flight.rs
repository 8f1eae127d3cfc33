//! Answers on their way to one person or key. Whoever asks for much and reads slowly has their own requests wait, and holds no more memory
//! than this many answers take. Counted on each node by itself.

use super::{App, policy::Policy, problem::refuse};
use crate::store::Asker;
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use domain::{Actor, Error};
use hyper::body::{Frame, SizeHint};
use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Requests and answers of one asker at once; more wait.
const EACH: usize = 24;
/// Longest wait.
const WAIT: Duration = Duration::from_secs(20);

#[derive(Default)]
pub struct Flights(Mutex<HashMap<Asker, Arc<Semaphore>>>);

impl Flights {
    /// `None` when the earlier answers of this asker are still on their way after 20 s.
    async fn take(&self, asker: Asker) -> Option<OwnedSemaphorePermit> {
        let own = {
            let mut askers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            askers.retain(|_, own| Arc::strong_count(own) > 1);
            askers.entry(asker).or_insert_with(|| Arc::new(Semaphore::new(EACH))).clone()
        };
        timeout(WAIT, own.acquire_owned()).await.ok()?.ok()
    }
}

pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, request: Request, next: Next) -> Response {
    let Some(asker) = request.extensions().get::<Actor>().map(Asker::from) else { return next.run(request).await };
    let Some(permit) = app.flights.take(asker).await else {
        return refuse(policy.errors, Error::TooMany { retry_after: 5 });
    };
    next.run(request).await.map(|body| Body::new(Held { body, _permit: permit }))
}

/// A body that ends a flight once it is sent or dropped.
struct Held {
    body: Body,
    _permit: OwnedSemaphorePermit,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ActorRef, UserId};
    use futures::FutureExt;
    use uuid::Uuid;

    fn asker(n: u128) -> Asker {
        Asker::from(&Actor { who: ActorRef::User { id: UserId(Uuid::from_u128(n)), name: "Ana".to_owned() }, ..Actor::system() })
    }

    #[tokio::test]
    async fn one_asker_waits_for_their_own_answers() {
        let flights = Flights::default();
        let mut held = Vec::new();
        for _ in 0..EACH {
            held.push(flights.take(asker(1)).await.unwrap());
        }
        assert!(flights.take(asker(1)).now_or_never().is_none(), "one more, and nobody reads");
        assert!(flights.take(asker(2)).now_or_never().flatten().is_some(), "others do not wait");
        held.pop();
        assert!(flights.take(asker(1)).now_or_never().flatten().is_some());
        drop(held);
        drop(flights.take(asker(2)).await);
        assert!(!flights.0.lock().unwrap().contains_key(&asker(1)), "whoever is done leaves no trace");
    }
}

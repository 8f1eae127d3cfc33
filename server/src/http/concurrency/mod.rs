//! Limits concurrent requests per session or API key, and per address where nobody is signed in, until the response is fully sent. A caller
//! with many requests or slow reading waits for its own requests, and uses only the memory of this many responses. Each node counts for
//! itself.
//!
//! Access that ends also ends what is under way: the credential is rechecked every 3 s while a request or response lasts. A request that
//! waited for a permit, or may write, also rechecks it before it runs.

mod callers;
mod exchange;

pub use callers::ConcurrencyLimit;
pub(super) use exchange::AHEAD;

use super::{
    App, Credential, Peer,
    policy::{Errors, Policy, Traffic},
    problem::refuse,
    throttle::address,
};
use crate::store::Requester;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use callers::{Caller, Key, Permit, Recheck};
use domain::{Actor, Error, Result};
use exchange::PermitBody;
use http_body_util::LengthLimitError;
use std::{future::poll_fn, panic::resume_unwind, sync::Arc, time::Duration};
use tokio::time::timeout;
use tracing::Instrument;

/// Maximum wait for a permit, and then for the body.
const WAIT: Duration = Duration::from_secs(20);
/// Maximum wait for the body of a caller that is not signed in: it is small, and its permit is shared with everyone at the same address.
const WAIT_OPEN: Duration = Duration::from_secs(5);

pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let file = policy.traffic == Traffic::File && !reads;
    let role = request.extensions().get::<Actor>().map(|actor| actor.role);
    let (concurrency, caller) = caller(&app, &request, file);
    let Some((permit, waited)) = concurrency.acquire(caller, role).await else {
        return refuse(policy.errors, Error::TooMany { retry_after: 5 });
    };
    let request = match arrived(policy.largest_body().filter(|_| !reads), request).await {
        // The upload's handler rechecks access after the file has arrived.
        Ok(request) if waited || !(reads || file) => asked_again(&app, request).await,
        arrived => arrived,
    };
    match request {
        Ok(request) if file => tokio::select! {
            biased;
            answer = next.run(request) => held(answer, permit, false, policy.errors),
            () = poll_fn(|context| permit.exchange.poll_over(context)) => refuse(policy.errors, Error::Unauthorized),
        },
        Ok(request) if policy.errors == Errors::Page => whole(request, next, permit).await,
        Ok(request) => held(next.run(request).await, permit, false, policy.errors),
        Err(error) => refuse(policy.errors, error),
    }
}

/// The limit that applies, and the caller's permits in it.
fn caller<'a>(app: &'a App, request: &Request, file: bool) -> (&'a ConcurrencyLimit, Arc<Caller>) {
    let extensions = request.extensions();
    let (Some(actor), Some(Credential(secret))) = (extensions.get::<Actor>(), extensions.get()) else {
        let address = address(extensions.get::<Peer>().and_then(|peer| peer.ip));
        return (&app.strangers, app.strangers.caller(Key::Stranger(address), || None));
    };
    let concurrency = if file { &app.uploads } else { &app.concurrency };
    let recheck = || Some(Recheck { secret: secret.clone(), accounts: app.services.accounts.clone() });
    (concurrency, concurrency.caller(Key::Signed(Requester::from(actor), actor.session), recheck))
}

/// Renders a page to its end even when the client disconnects: its parts depend on each other, and one must not be dropped while another
/// reads its data. The permit is held until then.
async fn whole(request: Request, next: Next, permit: Permit) -> Response {
    let rendering = async move { held(next.run(request).await, permit, true, Errors::Page) };
    match tokio::spawn(rendering.in_current_span()).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => refuse(Errors::Page, Error::Unavailable("Linnet is restarting; try again in a moment".to_owned())),
        },
    }
}

fn held(answer: Response, permit: Permit, whole: bool, errors: Errors) -> Response {
    let (parts, body) = answer.into_parts();
    match permit.answered(body, whole) {
        Some(permit) => Response::from_parts(parts, Body::new(PermitBody(permit))),
        None => refuse(errors, Error::Unauthorized),
    }
}

/// Buffers the whole body when it has a limit.
async fn arrived(limit: Option<u64>, request: Request) -> Result<Request> {
    let Some(limit) = limit else { return Ok(request) };
    let patience = if request.extensions().get::<Actor>().is_some() { WAIT } else { WAIT_OPEN };
    let (parts, body) = request.into_parts();
    let late = |_| Error::Unavailable("The request did not arrive in time; nothing was changed".to_owned());
    let whole = timeout(patience, to_bytes(body, limit as usize)).await.map_err(late)?;
    let whole = whole.map_err(|error| match std::error::Error::source(&error) {
        Some(cause) if cause.is::<LengthLimitError>() => Error::TooLarge { limit },
        _ => Error::Malformed("The request broke off".to_owned()),
    })?;
    Ok(Request::from_parts(parts, whole.into()))
}

/// Replaces the actor with its current state.
async fn asked_again(app: &App, mut request: Request) -> Result<Request> {
    if let Some(Credential(secret)) = request.extensions().get() {
        let now = app.services.accounts.actor(secret).await?.ok_or(Error::Unauthorized)?;
        request.extensions_mut().insert(now);
    }
    Ok(request)
}

//! Limits concurrent requests per session or API key, and per address where nobody is signed in. A body arrives, the request runs, and the
//! response is sent: each phase has its own permits, so that a client that sends or reads slowly keeps no other request from running. When
//! the permits of bodies or responses are all taken, the one that moved on least recently gives way. A caller, and
//! the sessions of one account together, use only the memory of this many bodies and responses. Each node counts for itself.
//!
//! Access that ends also ends what is under way: the credential is rechecked every 3 s while a request or response lasts. A request that
//! waited for a permit, or may write, also rechecks it before it runs.

mod callers;
mod exchange;
mod in_flight;
mod phase;

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
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use callers::{Key, Recheck};
use domain::{Actor, Error, Result};
use in_flight::InFlight;
use phase::Phase;
use std::panic::resume_unwind;
use tracing::Instrument;

pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let file = policy.traffic == Traffic::File && !reads;
    let in_flight = in_flight(&app, &request, file);
    match begin(&app, policy.largest_body().filter(|_| !reads), request, &in_flight, !(reads || file)).await {
        Ok(request) if file => tokio::select! {
            biased;
            answer = next.run(request) => send(answer, in_flight, false, policy.errors).await,
            over = in_flight.exchange.over() => refuse(policy.errors, over),
        },
        Ok(request) if policy.errors == Errors::Page => whole(request, next, in_flight).await,
        Ok(request) => send(next.run(request).await, in_flight, false, policy.errors).await,
        Err(error) => refuse(policy.errors, error),
    }
}

/// The request at its caller, under the limit that applies.
fn in_flight(app: &App, request: &Request, file: bool) -> InFlight {
    let extensions = request.extensions();
    let (Some(actor), Some(Credential(secret))) = (extensions.get::<Actor>(), extensions.get()) else {
        let address = address(extensions.get::<Peer>().and_then(|peer| peer.ip));
        return InFlight::new(&app.strangers, app.strangers.caller(Key::Stranger(address), || None), None);
    };
    let limit = if file { &app.uploads } else { &app.concurrency };
    let recheck = || Some(Recheck { secret: secret.clone(), accounts: app.services.accounts.clone() });
    InFlight::new(limit, limit.caller(Key::Signed(Requester::from(actor), actor.session), recheck), Some(actor.role))
}

/// Buffers the body when it has a limit, and waits until the request may run. One that `writes` rechecks access; an upload's handler does
/// so after the file has arrived.
async fn begin(app: &App, largest_body: Option<u64>, mut request: Request, in_flight: &InFlight, writes: bool) -> Result<Request> {
    if let Some(largest) = largest_body {
        let (parts, body) = request.into_parts();
        request = Request::from_parts(parts, in_flight.receive(body, largest).await?.into());
    }
    let waited = in_flight.enter(Phase::Running).await?;
    if (waited || writes)
        && let Some(Credential(secret)) = request.extensions().get()
    {
        let now = app.services.accounts.actor(secret).await?.ok_or(Error::Unauthorized)?;
        request.extensions_mut().insert(now);
    }
    Ok(request)
}

/// Renders a page to its end even when the client disconnects: its parts depend on each other, and one must not be dropped while another
/// reads its data. The permits are held until then.
async fn whole(request: Request, next: Next, in_flight: InFlight) -> Response {
    let rendering = async move { send(next.run(request).await, in_flight, true, Errors::Page).await };
    match tokio::spawn(rendering.in_current_span()).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => refuse(Errors::Page, Error::Unavailable("Linnet is restarting; try again in a moment".to_owned())),
        },
    }
}

async fn send(answer: Response, in_flight: InFlight, whole: bool, errors: Errors) -> Response {
    let (parts, body) = answer.into_parts();
    match in_flight.send(body, whole).await {
        Ok(body) => Response::from_parts(parts, body),
        Err(error) => refuse(errors, error),
    }
}

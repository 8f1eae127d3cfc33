//! Limits the memory of requests in bytes: per session or API key, per account, and of all; per known device and address where nobody is
//! signed in. A body takes its length while it arrives and the request runs. A request takes what the largest answers need while it runs,
//! and then what its own answer needs until that is sent, so that slow readers keep no other request from running. When there is no memory,
//! the body or answer that moved on least recently gives way. One that does not move on for `--idle-timeout` is ended in any case.
//! Each node counts for itself.
//!
//! Access that ends also ends what is under way: the credential is rechecked every 3 s while a request or response lasts. A request that
//! waited for memory, or may write, also rechecks it before it runs.

mod callers;
mod exchange;
mod in_flight;
mod pool;

pub use callers::ConcurrencyLimit;
pub(super) use exchange::{AHEAD, PIECE};

use super::{
    App, Credential, Peer,
    page_tasks::PageBody,
    policy::{Errors, Policy, Traffic, VIEW_LIMIT},
    problem::refuse,
    session,
    throttle::address,
    trace::NotReceived,
};
use crate::store::{Requester, abandon};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use callers::{Key, Recheck};
use domain::{Actor, Error, Permission, Result};
use in_flight::InFlight;
use pool::Pool;
use std::panic::resume_unwind;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Bytes of an answer before it is compressed; `None` when it has no known length.
#[derive(Clone, Copy)]
struct Size(Option<u64>);

/// Notes the size of an answer, inside of the layer that compresses it.
pub(super) async fn measure(mut answer: Response) -> Response {
    let size = Size(answer.body().size_hint().exact());
    answer.extensions_mut().insert(size);
    answer
}

pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let file = policy.traffic == Traffic::File && !reads;
    let in_flight = in_flight(&app, &request, file);
    let request = match arrive(policy, request, &in_flight, reads).await {
        Ok(request) => request,
        Err(error) => {
            let mut answer = refuse(policy.errors, error);
            answer.extensions_mut().insert(NotReceived);
            return answer;
        }
    };
    match begin(&app, policy, request, &in_flight, reads).await {
        Ok(request) if file => tokio::select! {
            biased;
            answer = next.run(request) => send(answer, in_flight, false, policy.errors),
            over = in_flight.exchange.over() => {
                let mut answer = refuse(policy.errors, over);
                answer.extensions_mut().insert(NotReceived);
                answer
            }
        },
        Ok(request) if policy.errors == Errors::Page => whole(request, next, in_flight).await,
        Ok(request) => send(next.run(request).await, in_flight, false, policy.errors),
        Err(error) => refuse(policy.errors, error),
    }
}

/// The request at its caller, under the limit that applies.
fn in_flight(app: &App, request: &Request, file: bool) -> InFlight {
    let extensions = request.extensions();
    let (Some(actor), Some(Credential(secret))) = (extensions.get::<Actor>(), extensions.get()) else {
        let peer = extensions.get::<Peer>();
        let device = peer.and_then(|peer| app.throttle.account_of(&session::known_device(request.headers(), peer)?));
        let key = device.map_or_else(|| Key::Stranger(address(peer.and_then(|peer| peer.ip))), Key::Device);
        return InFlight::new(&app.strangers, app.strangers.caller(key, || None), None);
    };
    let limit = if file { &app.uploads } else { &app.concurrency };
    let recheck = || Some(Recheck { secret: secret.clone(), accounts: app.services.accounts.clone() });
    InFlight::new(limit, limit.caller(Key::Signed(Requester::from(actor), actor.session), recheck), Some(actor.role))
}

/// Buffers the body unless it is a file.
async fn arrive(policy: Policy, request: Request, in_flight: &InFlight, reads: bool) -> Result<Request> {
    let Some(largest) = policy.largest_body().filter(|_| !reads) else { return Ok(request) };
    let (parts, body) = request.into_parts();
    let body = receive(in_flight, parts.extensions.get(), body, largest).await?;
    Ok(Request::from_parts(parts, body.into()))
}

/// Waits until the request may run. One that may write rechecks access; the handler of a file does so after the file has arrived.
async fn begin(app: &App, policy: Policy, mut request: Request, in_flight: &InFlight, reads: bool) -> Result<Request> {
    let file = policy.traffic == Traffic::File && !reads;
    let waited = in_flight.run().await?;
    if file {
        request = request.map(|body| in_flight.watched(body, Pool::Answers));
    }
    if (waited || !(reads || file))
        && let Some(Credential(secret)) = request.extensions().get()
    {
        let now = app.services.accounts.actor(secret).await?.ok_or(Error::Unauthorized)?;
        request.extensions_mut().insert(now);
    }
    Ok(request)
}

/// Buffers a body. A large one is refused before it is read when the actor changes nothing but views of their own.
async fn receive(in_flight: &InFlight, actor: Option<&Actor>, body: Body, largest: u64) -> Result<Bytes> {
    match actor.map(|actor| actor.require(Permission::WriteLeads)) {
        Some(Err(forbidden)) if largest > VIEW_LIMIT => match in_flight.receive(body, VIEW_LIMIT).await {
            Err(Error::TooLarge { .. }) => Err(forbidden),
            received => received,
        },
        _ => in_flight.receive(body, largest).await,
    }
}

/// Renders a page to its end even when the client disconnects: its parts depend on each other, and one must not be dropped while another
/// reads its data. The permits are held until then. What it still reads ends at once.
async fn whole(request: Request, next: Next, in_flight: InFlight) -> Response {
    let abandoned = CancellationToken::new();
    let client = abandoned.clone().drop_guard();
    let rendering = abandon::scope(abandoned, async move { send(next.run(request).await, in_flight, true, Errors::Page) });
    match tokio::spawn(rendering.in_current_span()).await {
        Ok(answer) => answer.map(|body| Body::new(PageBody::new(body, client))),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => refuse(Errors::Page, Error::Unavailable("Linnet is restarting; try again in a moment".to_owned())),
        },
    }
}

fn send(answer: Response, in_flight: InFlight, whole: bool, errors: Errors) -> Response {
    let (parts, body) = answer.into_parts();
    let size = parts.extensions.get().map_or_else(|| body.size_hint().exact(), |Size(size)| *size);
    match in_flight.send(body, size, whole) {
        Ok(body) => Response::from_parts(parts, body),
        Err(error) => refuse(errors, error),
    }
}

//! Who asks: a session cookie or a bearer key is looked up once, and the actor put into the request.

use super::{ApiError, App, Credential, Peer};
use crate::accounts::token;
use app::accounts::Forms;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use domain::ActorRef;
use std::sync::Arc;

/// Browsers keep `__Host-` cookies to this very host, and only over TLS.
const COOKIE: &str = "__Host-linnet";
/// On plain HTTP to this very machine, where `Secure` cannot be.
const LOOPBACK_COOKIE: &str = "linnet";
/// Says that this browser once signed in as someone; it opens nothing. Two names for the same two reasons.
const DEVICE: &str = "__Host-linnet-device";
const LOOPBACK_DEVICE: &str = "linnet-device";
/// A secret on its way from the form that made it to the page that shows it, where scripts are off.
const ONCE: &str = "__Host-linnet-once";
const LOOPBACK_ONCE: &str = "linnet-once";
/// As long as browsers allow: the server decides when a session ends.
const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;

pub(super) async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Some(secret) = credential(request.headers(), request.extensions().get::<Peer>()) else { return next.run(request).await };
    match app.services.accounts.actor(&secret).await {
        Ok(Some(actor)) => {
            tracing::Span::current().record(
                "actor",
                match &actor.who {
                    ActorRef::User { id, .. } => id.to_string(),
                    ActorRef::Key { id, .. } => id.to_string(),
                    ActorRef::Guest | ActorRef::System => String::new(),
                },
            );
            request.extensions_mut().insert(actor);
            request.extensions_mut().insert(Credential(secret));
        }
        Ok(None) => {}
        Err(error) => return ApiError(error).into_response(),
    }
    next.run(request).await
}

pub(super) fn credential(headers: &HeaderMap, peer: Option<&Peer>) -> Option<String> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, secret) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim().to_owned())
    });
    let cookie = || {
        let jar = CookieJar::from_headers(headers);
        let plain = || jar.get(LOOPBACK_COOKIE).filter(|_| peer.is_some_and(Peer::is_plain_loopback));
        jar.get(COOKIE).or_else(plain).map(|cookie| cookie.value().to_owned())
    };
    bearer.or_else(cookie).filter(|secret| !secret.is_empty() && secret.len() <= 200)
}

/// What forms of this session carry, and where what is shown once stands.
pub(super) fn forms(secret: Option<&str>, peer: &Peer, headers: &HeaderMap) -> Forms {
    let (name, secure) = if peer.is_plain_loopback() { (LOOPBACK_ONCE, "") } else { (ONCE, "; Secure") };
    Forms {
        token: secret.map(token::form),
        origin: peer.origin(),
        once: CookieJar::from_headers(headers).get(name).map(|cookie| cookie.value().to_owned()),
        cookie: Arc::new(move |value, seconds| format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")),
    }
}

/// The `Set-Cookie` that signs in.
pub(super) fn begin(secret: &str, peer: &Peer) -> HeaderValue {
    set([COOKIE, LOOPBACK_COOKIE], secret, COOKIE_SECONDS, peer)
}

/// The `Set-Cookie` that signs out.
pub(super) fn end(peer: &Peer) -> HeaderValue {
    set([COOKIE, LOOPBACK_COOKIE], "", 0, peer)
}

/// The `Set-Cookie` by which a browser is known when it signs in again, also after signing out.
pub(super) fn device(token: &str, peer: &Peer) -> HeaderValue {
    set([DEVICE, LOOPBACK_DEVICE], token, COOKIE_SECONDS, peer)
}

/// What `device` set.
pub(super) fn known_device(headers: &HeaderMap, peer: &Peer) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    let plain = || jar.get(LOOPBACK_DEVICE).filter(|_| peer.is_plain_loopback());
    jar.get(DEVICE).or_else(plain).map(|cookie| cookie.value().to_owned())
}

fn set([secure_name, loopback_name]: [&str; 2], value: &str, seconds: u32, peer: &Peer) -> HeaderValue {
    let (name, secure) = if peer.is_plain_loopback() && !peer.foreign { (loopback_name, "") } else { (secure_name, "; Secure") };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // A token is base64url: always a header's text.
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""))
}

//! The session layer: resolves the session cookie or bearer key once and puts the actor into the request. Also writes the cookies.

use super::{ApiError, App, Credential, Peer, policy::Policy};
use crate::accounts::token;
use app::accounts::Forms;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use domain::{Actor, ActorRef};
use std::sync::Arc;

/// Browsers send `__Host-` cookies only to this host and only over TLS.
const COOKIE: &str = "__Host-linnet";
/// Name on plain HTTP to loopback, where `Secure` is impossible.
const LOOPBACK_COOKIE: &str = "linnet";
/// Marks a browser that has signed in before; it gives no access. Two names, as above.
const DEVICE: &str = "__Host-linnet-device";
const LOOPBACK_DEVICE: &str = "linnet-device";
/// Carries a new secret from the form to the page that shows it once, without scripts.
const ONCE: &str = "__Host-linnet-once";
const LOOPBACK_ONCE: &str = "linnet-once";
/// The maximum that browsers allow (400 days); the server decides when a session ends.
const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;

pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, mut request: Request, next: Next) -> Response {
    let Some(secret) = credential(request.headers(), request.extensions().get::<Peer>()) else {
        if policy.guests && app.config.open {
            request.extensions_mut().insert(Actor::guest());
        }
        return next.run(request).await;
    };
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

pub(crate) fn credential(headers: &HeaderMap, peer: Option<&Peer>) -> Option<String> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, secret) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim().to_owned())
    });
    let cookie = || {
        let jar = CookieJar::from_headers(headers);
        peer.and_then(|peer| read(&jar, [COOKIE, LOOPBACK_COOKIE], peer)).map(str::to_owned)
    };
    bearer.or_else(cookie).filter(|secret| !secret.is_empty() && secret.len() <= 200)
}

/// The form token of this session, and access to the cookie of a secret that is shown once.
pub(super) fn forms(secret: Option<&str>, peer: &Peer, headers: &HeaderMap) -> Forms {
    let jar = CookieJar::from_headers(headers);
    let (names, plain) = ([ONCE, LOOPBACK_ONCE], peer.sets_plain_cookies());
    let found = read(&jar, names, peer);
    let found_plain = found.is_some() && jar.get(ONCE).is_none();
    let once = found.map(str::to_owned);
    // Clear the cookie under the name it came with: the page that shows it knows less of its origin than the form that set it.
    let cookie = move |value: &str, seconds: u32| {
        let plain = if value.is_empty() { found_plain } else { plain };
        write(names, value, seconds, "Strict", plain)
    };
    Forms { token: secret.map(token::form), origin: peer.origin(), once, cookie: Arc::new(cookie) }
}

/// `Set-Cookie` for sign-in.
pub(super) fn begin(secret: &str, peer: &Peer) -> HeaderValue {
    set([COOKIE, LOOPBACK_COOKIE], secret, COOKIE_SECONDS, peer)
}

/// `Set-Cookie` for sign-out.
pub(crate) fn end(peer: &Peer) -> HeaderValue {
    set([COOKIE, LOOPBACK_COOKIE], "", 0, peer)
}

/// `Set-Cookie` that marks a known browser, also after sign-out.
pub(super) fn device(token: &str, peer: &Peer) -> HeaderValue {
    set([DEVICE, LOOPBACK_DEVICE], token, COOKIE_SECONDS, peer)
}

/// The token that `device` set.
pub(super) fn known_device(headers: &HeaderMap, peer: &Peer) -> Option<String> {
    read(&CookieJar::from_headers(headers), [DEVICE, LOOPBACK_DEVICE], peer).map(str::to_owned)
}

/// A cookie of this name pair, as `read` finds it.
pub(crate) fn cookie(headers: &HeaderMap, names: [&str; 2], peer: &Peer) -> Option<String> {
    read(&CookieJar::from_headers(headers), names, peer).map(str::to_owned)
}

/// The cookie under its `__Host-` name, or on plain loopback under its second name.
fn read<'j>(jar: &'j CookieJar, [secure_name, loopback_name]: [&str; 2], peer: &Peer) -> Option<&'j str> {
    let plain = || jar.get(loopback_name).filter(|_| peer.is_plain_loopback());
    jar.get(secure_name).or_else(plain).map(Cookie::value)
}

/// `Set-Cookie`, with `Max-Age` in seconds. Names: under TLS, and on plain HTTP to loopback.
pub(crate) fn set(names: [&str; 2], value: &str, seconds: u32, peer: &Peer) -> HeaderValue {
    let cookie = write(names, value, seconds, "Lax", peer.sets_plain_cookies());
    // A token is base64url, which is always a valid header value.
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""))
}

/// A `Set-Cookie` value with `Max-Age` in seconds.
fn write([secure_name, loopback_name]: [&str; 2], value: &str, seconds: u32, same_site: &str, plain: bool) -> String {
    let (name, secure) = if plain { (loopback_name, "") } else { (secure_name, "; Secure") };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}")
}

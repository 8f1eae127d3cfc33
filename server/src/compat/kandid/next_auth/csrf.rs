//! The CSRF token of the forms: in a cookie with its signature, and in the form itself. Another site can neither read nor set the cookie.

use crate::http::{ApiError, App, Peer, session};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{AppendHeaders, IntoResponse},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Error;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Name under TLS, and on plain HTTP to loopback.
const COOKIE: [&str; 2] = ["__Host-next-auth.csrf-token", "next-auth.csrf-token"];
const COOKIE_SECONDS: u32 = 24 * 60 * 60;

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CsrfToken {
    csrf_token: String,
}

/// The token for the forms of sign-in and sign-out, also set as a cookie.
#[utoipa::path(get, path = "/api/auth/csrf", tag = "Kandid", responses((status = 200, body = CsrfToken)))]
pub(super) async fn csrf(State(app): State<App>, peer: Peer, headers: HeaderMap) -> impl IntoResponse {
    let csrf_token = known(&app, &peer, &headers).unwrap_or_else(|| URL_SAFE_NO_PAD.encode(app.store.clock.secret()));
    let cookie = session::set(COOKIE, &signed(&app, &csrf_token), COOKIE_SECONDS, &peer);
    (set_cookie(cookie), Json(CsrfToken { csrf_token }))
}

fn set_cookie(cookie: HeaderValue) -> AppendHeaders<[(header::HeaderName, HeaderValue); 1]> {
    AppendHeaders([(header::SET_COOKIE, cookie)])
}

/// Checks the token of a form against the request's cookie.
///
/// # Errors
/// `Forbidden` without the cookie, or with another token.
pub(super) fn check(app: &App, peer: &Peer, headers: &HeaderMap, sent: &str) -> Result<(), ApiError> {
    let right = known(app, peer, headers).is_some_and(|token| bool::from(token.as_bytes().ct_eq(sent.as_bytes())));
    if right {
        return Ok(());
    }
    Err(Error::Forbidden("The form's token does not belong to this browser: get /api/auth/csrf and send its csrfToken".to_owned()).into())
}

/// The token of the cookie, if we signed it.
fn known(app: &App, peer: &Peer, headers: &HeaderMap) -> Option<String> {
    let value = session::cookie(headers, COOKIE, peer)?.replace("%7C", "|");
    let (token, signature) = value.split_once('|')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(app, token)?.verify_slice(&signature).is_ok().then(|| token.to_owned())
}

fn signed(app: &App, token: &str) -> String {
    let signature = mac(app, token).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())).unwrap_or_default();
    format!("{token}|{signature}")
}

fn mac(app: &App, token: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(app.form_secret.as_bytes()).ok()?;
    Some(mac.chain_update("csrf\n").chain_update(token))
}

//! Sign-in and sign-out: plain forms for people, JSON for programs.

use super::{ApiError, ApiJson, App, Credential, Peer, form, session};
use crate::accounts::SESSION_DAYS;
use axum::{
    Extension, Form, Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{
    Actor, Error, Result, Timestamp,
    accounts::{Device, Secret, Session, User},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Maximum bytes of an e-mail that the form shows again.
const EMAIL_MAX: usize = 1_000;

pub fn sign_in_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(login)).routes(routes!(current))
}

pub fn sign_out_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(logout))
}

pub fn sign_in_form() -> Router<App> {
    Router::new().route("/auth/sign-in", post(sign_in))
}

pub fn sign_out_form() -> Router<App> {
    Router::new().route("/auth/sign-out", post(sign_out))
}

pub fn join_form() -> Router<App> {
    Router::new().route("/auth/join", post(join))
}

#[derive(Deserialize)]
struct SignIn {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Join {
    token: String,
    password: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    email: String,
    password: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct SignedIn {
    success: bool,
    user: User,
}

#[derive(Serialize, utoipa::ToSchema)]
struct SignedOut {
    success: bool,
}

#[derive(Serialize, Default, utoipa::ToSchema)]
#[schema(as = CurrentSession)]
struct Current {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User>,
    /// When the session expires if it is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
}

type SetCookie = AppendHeaders<[(header::HeaderName, HeaderValue); 1]>;

fn set_cookie(cookie: HeaderValue) -> SetCookie {
    AppendHeaders([(header::SET_COOKIE, cookie)])
}

pub(crate) fn agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default()
}

/// The cookies after a sign-in: the session, and the known device.
pub(crate) fn begin(app: &App, secret: &str, email: &str, peer: &Peer) -> AppendHeaders<[(header::HeaderName, HeaderValue); 2]> {
    let device = app.throttle.device(email);
    AppendHeaders([(header::SET_COOKIE, session::begin(secret, peer)), (header::SET_COOKIE, session::device(&device, peer))])
}

/// Signs in under the throttle, and ends the browser's former session.
pub(crate) async fn enter(app: &App, peer: &Peer, headers: &HeaderMap, email: &str, password: &str) -> Result<Secret<Session>> {
    let attempt = app.throttle.attempt(peer.ip, email, session::known_device(headers, peer).as_deref()).await?;
    let device = if attempt.is_known() { Device::Known } else { Device::Unknown };
    let entered = app.services.accounts.sign_in(email, password, agent(headers), device).await;
    if entered.as_ref().err() == Some(&Error::BadCredentials) {
        attempt.failed();
    } else {
        attempt.forget();
    }
    let session = entered?;
    end_former(app, peer, headers).await?;
    Ok(session)
}

/// Ends the browser's former session: its token must not outlive it.
async fn end_former(app: &App, peer: &Peer, headers: &HeaderMap) -> Result<()> {
    match session::credential(headers, Some(peer)) {
        Some(former) => app.services.accounts.sign_out(&former).await,
        None => Ok(()),
    }
}

async fn sign_in(State(app): State<App>, peer: Peer, headers: HeaderMap, Form(typed): Form<SignIn>) -> Result<Response, ApiError> {
    let reason = match enter(&app, &peer, &headers, &typed.email, &typed.password).await {
        Ok(session) => {
            return Ok((begin(&app, &session.secret, &typed.email, &peer), Redirect::to(form::local(&typed.next))).into_response());
        }
        Err(Error::BadCredentials) => "credentials",
        Err(Error::TooMany { .. }) => "throttled",
        Err(error) => return Err(error.into()),
    };
    // An e-mail over the limit is not sent back: the header would be too long.
    let email = if typed.email.len() <= EMAIL_MAX { &*typed.email } else { "" };
    let back = form::encode(&[("error", reason), ("email", email), ("next", &typed.next)]);
    Ok(Redirect::to(&format!("/signin?{back}")).into_response())
}

async fn sign_out(State(app): State<App>, peer: Peer, Credential(secret): Credential) -> Result<impl IntoResponse, ApiError> {
    app.services.accounts.sign_out(&secret).await?;
    Ok((set_cookie(session::end(&peer)), Redirect::to("/signin")))
}

/// Sets the password with a link and signs in. Errors come back in the address, beside the token.
async fn join(State(app): State<App>, peer: Peer, headers: HeaderMap, Form(typed): Form<Join>) -> Result<Response, ApiError> {
    let accounts = &app.services.accounts;
    let back = |errors: &[(&str, &str)]| {
        let pairs: Vec<_> = std::iter::once(("token", typed.token.as_str())).chain(errors.iter().copied()).collect();
        Redirect::to(&format!("/join?{}", form::encode(&pairs))).into_response()
    };
    let attempt = app.throttle.link(peer.ip).await?;
    // The page shows that the link does not work.
    let Some(user) = accounts.linked(&typed.token).await? else {
        attempt.failed();
        return Ok(back(&[]));
    };
    attempt.forget();
    match accounts.use_link(&typed.token, &typed.password, agent(&headers)).await {
        Ok(session) => {
            end_former(&app, &peer, &headers).await?;
            Ok((begin(&app, &session.secret, &user.email, &peer), Redirect::to("/")).into_response())
        }
        Err(Error::Invalid(errors)) => {
            let errors = serde_json::to_string(&errors).map_err(|_| Error::Internal)?;
            Ok(back(&[("errors", &errors)]))
        }
        Err(Error::Conflict(_)) => Ok(back(&[])),
        Err(error) => Err(error.into()),
    }
}

/// Signs in. The response sets the session cookie.
#[utoipa::path(post, path = "/api/auth/login", request_body(content = Login, example = json!({ "email": "eva@example.com", "password": "three quiet herons" })), responses((status = 200, body = SignedIn)))]
async fn login(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    ApiJson(typed): ApiJson<Login>,
) -> Result<impl IntoResponse, ApiError> {
    let session = enter(&app, &peer, &headers, &typed.email, &typed.password).await?;
    let actor = app.services.accounts.actor(&session.secret).await?.ok_or(Error::Unauthorized)?;
    let user = app.services.accounts.me(&actor).await?;
    Ok((begin(&app, &session.secret, &typed.email, &peer), Json(SignedIn { success: true, user })))
}

/// Ends the session.
#[utoipa::path(post, path = "/api/auth/logout", responses((status = 200, body = SignedOut)))]
async fn logout(State(app): State<App>, peer: Peer, Credential(secret): Credential) -> Result<impl IntoResponse, ApiError> {
    app.services.accounts.sign_out(&secret).await?;
    Ok((set_cookie(session::end(&peer)), Json(SignedOut { success: true })))
}

/// The signed-in user; `{}` without a session and for API keys.
#[utoipa::path(get, path = "/api/auth/session", responses((status = 200, body = Current)))]
async fn current(State(app): State<App>, actor: Option<Extension<Actor>>) -> Result<impl IntoResponse, ApiError> {
    let Some(Extension(actor)) = actor.filter(|actor| actor.user_id().is_some()) else { return Ok(Json(Current::default())) };
    let expires = app.store.clock.now().plus_days(SESSION_DAYS);
    Ok(Json(Current { user: Some(app.services.accounts.me(&actor).await?), expires: Some(expires) }))
}

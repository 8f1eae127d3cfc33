//! The forms that the client posts: sign-in, sign-out, and its error reports.

use super::{csrf, site, within};
use crate::http::{ApiError, App, Credential, Peer, answered, auth, session};
use axum::{
    Extension, Form, Json,
    extract::State,
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use domain::{Error, Problem};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SignInForm {
    email: String,
    password: String,
    csrf_token: String,
    /// Where to go afterwards, within this site.
    callback_url: String,
    /// `true`: answer with JSON instead of a redirect.
    json: String,
}

#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SignOutForm {
    csrf_token: String,
    /// Where to go afterwards, within this site.
    callback_url: String,
    /// `true`: answer with JSON instead of a redirect.
    json: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Next {
    /// Absolute, because the client parses it.
    url: String,
}

/// A problem with the address at which the client reads the error's code.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct FormRefused {
    #[serde(flatten)]
    problem: Problem,
    url: String,
}

/// Signs in by e-mail and password, like `/api/auth/login`. Sets the session cookie.
// Deviation: a form without a valid token is refused (403). The original answers 200, with the address of its sign-in page.
#[utoipa::path(post, path = "/api/auth/callback/credentials", tag = "Kandid", request_body(content = SignInForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = Next),
    (status = 303, description = "Without `json=true`: back to the page, or to sign-in"),
    (status = 401, body = FormRefused, content_type = "application/problem+json", description = "E-mail or password is wrong"),
    (status = 403, body = FormRefused, content_type = "application/problem+json", description = "The form's token is missing or wrong"),
))]
pub(super) async fn callback(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Form(typed): Form<SignInForm>,
) -> Result<Response, ApiError> {
    let site = site(&peer)?;
    let entered = match csrf::check(&app, &peer, &headers, &typed.csrf_token) {
        Ok(()) => auth::enter(&app, &peer, &headers, &typed.email, &typed.password).await,
        Err(ApiError(error)) => Err(error),
    };
    match entered {
        Ok(session) => {
            let cookies = auth::begin(&app, &session.secret, &typed.email, &peer);
            Ok((cookies, next(&site, &typed.callback_url, &typed.json)).into_response())
        }
        Err(error) => {
            let code = match &error {
                Error::BadCredentials => "CredentialsSignin",
                Error::Forbidden(_) => "MissingCSRF",
                Error::TooMany { .. } => "TooManyAttempts",
                _ => "Callback",
            };
            let page = format!("/api/auth/error?error={code}&provider=credentials");
            if !is_json(&typed.json) {
                return Ok(Redirect::to(&page).into_response());
            }
            let body = FormRefused { problem: error.problem(), url: format!("{site}{page}") };
            Ok(answered(&error, body))
        }
    }
}

/// Ends the session of this browser.
#[utoipa::path(post, path = "/api/auth/signout", tag = "Kandid", request_body(content = SignOutForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = Next),
    (status = 303, description = "Without `json=true`: to the page"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The form's token is missing or wrong"),
))]
pub(super) async fn sign_out(
    State(app): State<App>,
    peer: Peer,
    credential: Option<Extension<Credential>>,
    headers: HeaderMap,
    Form(typed): Form<SignOutForm>,
) -> Result<Response, ApiError> {
    let site = site(&peer)?;
    csrf::check(&app, &peer, &headers, &typed.csrf_token)?;
    if let Some(Extension(Credential(secret))) = credential {
        app.services.accounts.sign_out(&secret).await?;
    }
    let cookie = AppendHeaders([(header::SET_COOKIE, session::end(&peer))]);
    Ok((cookie, next(&site, &typed.callback_url, &typed.json)).into_response())
}

/// Takes the client's error reports. Nothing is kept, because anybody can send them.
#[utoipa::path(post, path = "/api/auth/_log", tag = "Kandid", responses((status = 200, body = serde_json::Value)))]
pub(super) async fn log() -> Json<serde_json::Value> {
    Json(serde_json::json!({}))
}

fn is_json(json: &str) -> bool {
    json == "true"
}

fn next(site: &str, callback: &str, json: &str) -> Response {
    let path = within(site, callback);
    if is_json(json) { Json(Next { url: format!("{site}{path}") }).into_response() } else { Redirect::to(path).into_response() }
}

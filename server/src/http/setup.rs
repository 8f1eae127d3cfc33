//! Set-up: the door that makes an administrator of a stranger. On this machine it is open while nobody uses the installation; from
//! anywhere else, a page of another name among them, it needs the one-time token that the log shows.

use super::{ApiError, App, Peer, auth, form};
use axum::{
    Form, Router,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Error, FieldError, Result, Role, accounts::NewUser};
use serde::Deserialize;
use subtle::ConstantTimeEq;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/auth/setup", post(set_up))
}

#[derive(Deserialize)]
struct SetUp {
    name: String,
    email: String,
    password: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    demo: String,
}

/// The page of set-up; with a field for the token, when this caller needs it.
pub(super) fn page(peer: &Peer) -> &'static str {
    if peer.local { "/setup" } else { "/setup?token=" }
}

/// Whether the address of the page asks for the token, as it must when the caller needs it.
pub(super) fn asks_for_token(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.split('&').any(|pair| pair.starts_with("token=")))
}

fn check(app: &App, peer: &Peer, token: &str) -> Result<()> {
    let shown = app.setup_token.as_deref().unwrap_or_default();
    let right = !shown.is_empty() && bool::from(shown.as_bytes().ct_eq(token.trim().as_bytes()));
    if peer.local || right {
        return Ok(());
    }
    let message = "Enter the token that Linnet’s log showed at its start; without it, set up on the machine itself, at localhost";
    Err(Error::Invalid(vec![FieldError::new("token", message)]))
}

async fn set_up(State(app): State<App>, peer: Peer, headers: HeaderMap, Form(typed): Form<SetUp>) -> Result<Response, ApiError> {
    if !app.services.accounts.is_new().await? {
        return Ok(Redirect::to("/signin").into_response());
    }
    let demo = !matches!(typed.demo.as_str(), "" | "false" | "0");
    let admin = NewUser { email: typed.email.clone(), name: typed.name.clone(), password: typed.password, role: Role::Admin };
    let done = async {
        check(&app, &peer, &typed.token)?;
        app.services.accounts.set_up(admin, demo, auth::agent(&headers)).await
    };
    match done.await {
        Ok(session) => Ok((auth::begin(&app, &session.secret, &typed.email, &peer), Redirect::to("/")).into_response()),
        Err(Error::Invalid(errors)) => {
            let errors = serde_json::to_string(&errors).map_err(|_| Error::Internal)?;
            let demo = if demo { "true" } else { "" };
            let mut back = vec![("errors", errors.as_str()), ("name", &typed.name), ("email", &typed.email), ("demo", demo)];
            if !peer.local {
                back.push(("token", &typed.token));
            }
            Ok(Redirect::to(&format!("/setup?{}", form::encode(&back))).into_response())
        }
        // Someone was faster.
        Err(Error::Conflict(_)) => Ok(Redirect::to("/signin").into_response()),
        Err(error) => Err(error.into()),
    }
}

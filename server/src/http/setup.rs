//! Setup: creates the first administrator. Always needs the one-time token from the log: no request proves that it comes from this machine,
//! because a proxy may forward it.

use super::{ApiError, App, Peer, auth, form};
use axum::{
    Form, Router,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Error, FieldError, Result, Role, accounts::NewUser, workspace::WorkspacePatch};
use serde::Deserialize;
use subtle::ConstantTimeEq;

pub fn routes() -> Router<App> {
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
    /// The workspace's name.
    workspace: Option<String>,
    currency: Option<String>,
    #[serde(rename = "timeZone")]
    time_zone: Option<String>,
    #[serde(rename = "weekStart")]
    week_start: Option<String>,
}

fn check(app: &App, token: &str) -> Result<()> {
    let shown = app.setup_token.as_deref().unwrap_or_default();
    let right = !shown.is_empty() && bool::from(shown.as_bytes().ct_eq(token.trim().as_bytes()));
    if right {
        return Ok(());
    }
    let message = "This is not the set-up token; copy it from the link that Linnet printed when it started";
    Err(Error::Invalid(vec![FieldError::new("token", message)]))
}

async fn set_up(State(app): State<App>, peer: Peer, headers: HeaderMap, Form(typed): Form<SetUp>) -> Result<Response, ApiError> {
    if !app.services.accounts.is_new().await? {
        return Ok(Redirect::to("/signin").into_response());
    }
    let demo = !matches!(typed.demo.as_str(), "" | "false" | "0");
    let admin = NewUser { email: typed.email.clone(), name: typed.name.clone(), password: typed.password, role: Role::Admin };
    let settings = WorkspacePatch {
        name: typed.workspace.clone(),
        currency: typed.currency.clone(),
        time_zone: typed.time_zone.clone(),
        week_start: typed.week_start.clone(),
        revision: None,
    };
    let done = async {
        check(&app, &typed.token)?;
        app.services.accounts.set_up(admin, settings, demo, auth::agent(&headers)).await
    };
    match done.await {
        Ok(session) => Ok((auth::begin(&app, &session.secret, &typed.email, &peer), Redirect::to("/")).into_response()),
        Err(Error::Invalid(errors)) => {
            let errors = serde_json::to_string(&errors).map_err(|_| Error::Internal)?;
            let demo = if demo { "true" } else { "" };
            let mut back =
                vec![("errors", errors.as_str()), ("name", &typed.name), ("email", &typed.email), ("demo", demo), ("token", &typed.token)];
            let settings = [
                ("workspace", &typed.workspace),
                ("currency", &typed.currency),
                ("timeZone", &typed.time_zone),
                ("weekStart", &typed.week_start),
            ];
            back.extend(settings.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
            Ok(Redirect::to(&format!("/setup?{}", form::encode(&back))).into_response())
        }
        // Another setup was faster.
        Err(Error::Conflict(_)) => Ok(Redirect::to("/signin").into_response()),
        Err(error) => Err(error.into()),
    }
}

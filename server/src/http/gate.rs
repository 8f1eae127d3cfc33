//! Who gets in. Everything is closed unless it is listed here.

use super::{App, form, problem::refuse};
use axum::{
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Actor, Error};

/// What needs no account: signing in, and how the server is.
const OPEN: &[&str] =
    &["/auth/sign-in", "/auth/setup", "/api/auth/login", "/api/auth/session", "/api/health", "/healthz", "/readyz", "/metrics"];
/// Pages for people who are not signed in.
const GATES: &[&str] = &["/signin", "/setup"];

pub(super) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if OPEN.contains(&path) {
        return next.run(request).await;
    }
    let signed_in = request.extensions().get::<Actor>().is_some();
    if GATES.contains(&path) {
        return match app.services.accounts.is_new().await {
            Ok(true) if path != "/setup" => Redirect::to("/setup").into_response(),
            Ok(false) if signed_in => Redirect::to("/").into_response(),
            Ok(false) if path != "/signin" => Redirect::to("/signin").into_response(),
            Ok(_) => next.run(request).await,
            Err(error) => refuse(path, error),
        };
    }
    if signed_in {
        return next.run(request).await;
    }
    // A browser that follows a link or sends a plain form is led to where it can sign in.
    let plain =
        request.headers().get(header::ACCEPT).is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")));
    let page = !path.starts_with("/api/") && path != "/live";
    if page && (plain || (reads && !path.starts_with("/sfn/"))) {
        return match app.services.accounts.is_new().await {
            Ok(true) => Redirect::to("/setup").into_response(),
            Ok(false) if reads && path != "/" => {
                let next = request.uri().path_and_query().map_or(path, |full| full.as_str());
                Redirect::to(&format!("/signin?{}", form::encode(&[("next", next)]))).into_response()
            }
            Ok(false) => Redirect::to("/signin").into_response(),
            Err(error) => refuse(path, error),
        };
    }
    refuse(path, Error::Unauthorized)
}

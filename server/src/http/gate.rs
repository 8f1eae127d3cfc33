//! Who gets in. Everything is closed unless it is listed here.

use super::{
    App, form,
    peer::{host_of, name_of},
    problem::refuse,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Actor, Error};
use std::net::IpAddr;

/// What needs no account: signing in, and how the server is.
const OPEN: &[&str] = &[
    "/auth/sign-in",
    "/auth/setup",
    "/auth/join",
    "/join",
    "/api/auth/login",
    "/api/auth/session",
    "/api/health",
    "/healthz",
    "/readyz",
    "/metrics",
];
/// Pages for people who are not signed in.
const GATES: &[&str] = &["/signin", "/setup"];

pub(super) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if OPEN.contains(&path) {
        return match rebound(&app, request.headers()).filter(|_| !reads) {
            Some(name) => refuse(path, unknown_name(name)),
            None => next.run(request).await,
        };
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

/// The name in the address of a page on plain HTTP that nobody told us of. Any site may point a name of its own at this machine and have its
/// visitors' browsers ask us under it (DNS rebinding). Cookies and keys stay out of its reach, but a door that needs neither must look
/// whom it serves. A name that points elsewhere cannot be an IP address, nor `localhost`, nor come over TLS.
fn rebound<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    let origin = headers.get(header::ORIGIN)?.to_str().ok()?;
    let (scheme, host) = (origin.split_once("://")?.0, host_of(origin));
    let name = name_of(host);
    let known = !scheme.eq_ignore_ascii_case("http")
        || name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || app.config.trusted_proxies > 0
        || app.config.allowed_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin));
    (!known).then_some(name)
}

fn unknown_name(name: &str) -> Error {
    let name: String = name.chars().take(100).collect();
    Error::Forbidden(format!(
        "Linnet was not told of the name {name}: open it by its IP address, by localhost or over HTTPS, or list the site in --allowed-origin"
    ))
}

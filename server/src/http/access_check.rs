//! The access check, by the policy of the route group.

use super::{
    App, Peer, form,
    peer::{host_of, name_of},
    policy::{Access, Errors, Policy},
    problem::refuse,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Actor, ActorRef, Error};
use std::net::IpAddr;

pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let signed_in = request.extensions().get::<Actor>().is_some();
    let lets_in = match policy.access {
        Access::Open => match origin(request.headers()).and_then(|origin| rebound(&app, origin)).filter(|_| !reads) {
            Some(name) => return refuse(policy.errors, unknown_name(name)),
            None => true,
        },
        // A read of the page's own site has no `Origin`, and a guest needs no cookie.
        Access::Signed if is_guest(&request) => {
            let site = request.extensions().get::<Peer>().map(Peer::origin).unwrap_or_default();
            match rebound(&app, &site) {
                // An unreadable host name is none of ours either.
                _ if site.is_empty() => return refuse(policy.errors, unknown_name("")),
                Some(name) => return refuse(policy.errors, unknown_name(name)),
                None => true,
            }
        }
        Access::SignIn | Access::SetUp => match app.services.accounts.is_new().await {
            Ok(true) if policy.access != Access::SetUp => return Redirect::to("/setup").into_response(),
            Ok(false) if signed_in => return Redirect::to("/").into_response(),
            Ok(false) if policy.access != Access::SignIn => return Redirect::to("/signin").into_response(),
            Ok(_) => true,
            Err(error) => return refuse(policy.errors, error),
        },
        Access::Signed => signed_in,
    };
    if lets_in {
        return next.run(request).await;
    }
    // A browser that opens a link or sends a plain form is redirected to the sign-in page.
    let plain =
        request.headers().get(header::ACCEPT).is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")));
    let led = match policy.errors {
        Errors::Problem | Errors::Contract(_) => false,
        Errors::Function | Errors::Form => plain,
        Errors::Page => plain || reads,
    };
    if !led {
        return refuse(policy.errors, Error::Unauthorized);
    }
    // Only a page can be reopened after sign-in.
    let page = request.uri().path_and_query().map(PathAndQuery::as_str).filter(|page| reads && *page != "/");
    match (app.services.accounts.is_new().await, page) {
        (Ok(true), _) => Redirect::to("/setup").into_response(),
        (Ok(false), Some(page)) => Redirect::to(&format!("/signin?{}", form::encode(&[("next", page)]))).into_response(),
        (Ok(false), None) => Redirect::to("/signin").into_response(),
        (Err(error), _) => refuse(policy.errors, error),
    }
}

fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN)?.to_str().ok()
}

fn is_guest(request: &Request) -> bool {
    request.extensions().get::<Actor>().is_some_and(|actor| actor.who == ActorRef::Guest)
}

/// The host name of a page's origin, when it is on plain HTTP and unknown to us (DNS rebinding).
///
/// Any site may point a name of its own at this machine, so that its visitors' browsers send requests to us. It cannot use our cookies and
/// keys, but a route that needs neither must check the name. IP addresses, `localhost` and names under TLS cannot be rebound.
fn rebound<'o>(app: &App, origin: &'o str) -> Option<&'o str> {
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

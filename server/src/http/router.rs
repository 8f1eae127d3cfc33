//! Everything that is served, and what every request passes on its way.

use super::{
    ApiError, App, Credential, Peer, assets, auth, body, docs, flight, form_page, gate, headers, health, limits, peer, problem, refusal,
    session, setup, trace,
};
use crate::api;
use app::{DevReload, Theme};
use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode, Uri, header, request::Parts},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use domain::{Actor, Error, Result};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};
use std::time::Duration;
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer, limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};

/// For everything but sockets and uploads.
const TIMEOUT: Duration = Duration::from_secs(30);

/// # Errors
/// `Invalid` for an allowed origin that is none.
pub fn router(app: App) -> Result<Router> {
    let mut csrf = CsrfLayer::new();
    for origin in &app.config.allowed_origins {
        csrf = csrf.add_trusted_origin(origin).map_err(|error| Error::invalid("allowed-origin", error.to_string()))?;
    }
    let csrf = csrf.with_rejection_response(|_| {
        ApiError(Error::Forbidden(
            "This came from another site; start from Linnet's own pages, or list the site in --allowed-origin".to_owned(),
        ))
        .into_response()
    });

    // The setup page's form is no part of the API.
    let open = auth::routes().merge(setup::routes().into()).layer(RequestBodyLimitLayer::new(body::OPEN_LIMIT as usize));
    let (native, mut description) = api::routes().merge(open).merge(health::routes()).split_for_parts();
    let (uploads, of_uploads) = api::uploads().split_for_parts();
    description.merge(of_uploads);

    let bounded = native
        .merge(docs::routes(&api::complete(description))?)
        .leptos_routes_with_context(&app, generate_route_list(app::App), contexts(&app), shell(&app))
        .layer(from_fn_with_state(app.clone(), form_page::layer))
        .layer(RequestBodyLimitLayer::new(body::LIMIT as usize))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));

    // The last layer is the first that a request meets.
    Ok(bounded
        .merge(uploads)
        .fallback(missing)
        .layer(from_fn_with_state(app.clone(), flight::layer))
        // Sockets last, and have limits of their own.
        .merge(crate::live::routes())
        .layer(csrf)
        .layer(from_fn_with_state(app.clone(), gate::layer))
        .layer(from_fn_with_state(app.clone(), limits::layer))
        .layer(from_fn_with_state(app.clone(), refusal::layer))
        .layer(from_fn_with_state(app.clone(), session::layer))
        .layer(from_fn_with_state(app.site.clone(), assets::layer))
        .layer(CatchPanicLayer::custom(|_| ApiError(Error::Internal).into_response()))
        .layer(from_fn(problem::layer))
        .layer(from_fn(headers::layer))
        .layer(from_fn_with_state(app.clone(), trace::layer))
        .layer(from_fn_with_state(app.clone(), peer::layer))
        .with_state(app))
}

/// What pages and server functions find in their context.
fn contexts(app: &App) -> impl Fn() + Clone + Send + Sync + 'static {
    let (services, reload_port) = (app.services.clone(), std::env::var_os("LEPTOS_WATCH").map(|_| app.options.reload_port));
    move || {
        provide_context(services.clone());
        form_page::provide_address();
        if let Some(port) = reload_port {
            provide_context(DevReload(format!("ws://127.0.0.1:{port}")));
        }
        let Some(parts) = use_context::<Parts>() else { return };
        if let Some(actor) = parts.extensions.get::<Actor>() {
            provide_context(actor.clone());
        }
        if let Some(peer) = parts.extensions.get::<Peer>() {
            let session = parts.extensions.get::<Actor>().and_then(|actor| actor.session);
            // A key comes in a header, which no markup can send.
            let secret = parts.extensions.get::<Credential>().filter(|_| session.is_some()).map(|Credential(secret)| secret);
            provide_context(session::forms(secret.map(String::as_str), peer, &parts.headers));
        }
        if let Some(theme) =
            CookieJar::from_headers(&parts.headers).get(Theme::COOKIE).and_then(|theme| theme.value().parse::<Theme>().ok())
        {
            provide_context(theme);
        }
        // Only pages have a nonce.
        if let (Some(nonce), Some(response), Some(peer)) = (use_nonce(), use_context::<ResponseOptions>(), parts.extensions.get::<Peer>())
            && let Ok(policy) = headers::page_policy(&nonce.to_string(), peer, reload_port).parse()
        {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

fn shell(app: &App) -> impl Fn() -> leptos::prelude::AnyView + Clone + Send + Sync + 'static {
    let assets = app.site.assets();
    move || app::shell(assets.clone()).into_any()
}

/// `/leads/?q=ana` is `/leads?q=ana`. None for what leads elsewhere: browsers read `//` and `/\` at the beginning as another site's name.
fn without_slash(uri: &Uri) -> Option<String> {
    let page = uri.path().strip_suffix('/').map(|path| path.trim_end_matches('/')).filter(|page| page.len() > 1)?;
    let elsewhere = page.chars().nth(1).is_some_and(|second| matches!(second, '/' | '\\'));
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    (!elsewhere).then(|| format!("{page}{query}"))
}

/// A page that answers something else than a request for its address.
pub(super) async fn page(app: &App, request: Request) -> Response {
    leptos_axum::render_app_async_with_context(contexts(app), shell(app))(request).await
}

/// No such address: a page for people, a problem for programs.
async fn missing(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    let page = matches!(*request.method(), Method::GET | Method::HEAD) && !["/api/", "/sfn/"].iter().any(|area| path.starts_with(area));
    if !page {
        return problem::refuse(path, Error::not_found("Address", path));
    }
    if let Some(page) = without_slash(request.uri()) {
        return Redirect::permanent(&page).into_response();
    }
    let mut response = leptos_axum::render_app_to_stream_with_context(contexts(&app), shell(&app))(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

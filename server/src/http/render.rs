//! Rendering of pages: their context, and the page for unknown addresses.

use super::{App, Credential, Peer, form_page, headers, session};
use crate::zones;
use app::{DevReload, OpenHouse, Theme, workspace::PageWorkspace};
use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use domain::Actor;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;

/// The context of pages and server functions.
pub fn contexts(app: &App) -> impl Fn() + Clone + Send + Sync + 'static {
    let is_open = app.config.open;
    let (api_access, current) = (app.api_access.clone(), app.store.current.clone());
    let (services, reload_port) = (app.services.clone(), std::env::var_os("LEPTOS_WATCH").map(|_| app.options.reload_port));
    move || {
        provide_context(services.clone());
        provide_context(api_access.clone());
        form_page::provide_address();
        if let Some(port) = reload_port {
            provide_context(DevReload(format!("ws://127.0.0.1:{port}")));
        }
        if is_open {
            provide_context(OpenHouse);
        }
        let Some(parts) = use_context::<Parts>() else { return };
        if let Some(actor) = parts.extensions.get::<Actor>() {
            provide_context(actor.clone());
            let (as_of, known) = current.as_of();
            let own = actor.time_zone.as_deref().filter(|name| *name != known.zone.name());
            let own_zone = own.map(|name| (*zones::zone(name)).clone());
            provide_context(PageWorkspace {
                as_of,
                workspace: (*known.workspace).clone(),
                zone: (*known.zone).clone(),
                fields: (*known.fields).clone(),
                own_zone,
            });
        }
        if let Some(peer) = parts.extensions.get::<Peer>() {
            let session = parts.extensions.get::<Actor>().and_then(|actor| actor.session);
            // An API key comes in a header, which a form cannot send, so it needs no form token.
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

pub fn shell(app: &App) -> impl Fn() -> AnyView + Clone + Send + Sync + 'static {
    let assets = app.site.assets();
    move || app::shell(assets.clone()).into_any()
}

/// `/leads/?q=ana` gives `/leads?q=ana`. `None` when the result would start with `//` or `/\`, which browsers read as another site.
fn without_slash(uri: &Uri) -> Option<String> {
    let page = uri.path().strip_suffix('/').map(|path| path.trim_end_matches('/')).filter(|page| page.len() > 1)?;
    let elsewhere = page.chars().nth(1).is_some_and(|second| matches!(second, '/' | '\\'));
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    (!elsewhere).then(|| format!("{page}{query}"))
}

/// Renders a page as the response to another request than a GET of its address.
pub(super) async fn page(app: &App, request: Request) -> Response {
    leptos_axum::render_app_async_with_context(contexts(app), shell(app))(request).await
}

/// Unknown address: a page for people, a problem for programs.
pub async fn missing(State(app): State<App>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::NOT_FOUND.into_response();
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

//! Without scripts: when the typed text is too long for a redirect's address, the form's page itself is the response.

use super::{App, render};
use app::ask::{FormPage, WithoutScripts};
use axum::{
    extract::{Request, State},
    http::{Method, Uri, header, request::Parts},
    middleware::Next,
    response::Response,
};
use leptos::prelude::{provide_context, use_context};
use leptos_router::location::RequestUrl;

pub(super) async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let form = FormPage::default();
    request.extensions_mut().insert(form.clone());
    // The page is rendered with the headers and the actor of the form's request.
    let (asked, body) = request.into_parts();
    let mut page = Request::default();
    *page.headers_mut() = asked.headers.clone();
    *page.extensions_mut() = asked.extensions.clone();
    let answer = next.run(Request::from_parts(asked, body)).await;
    let Some(address) = form.address() else { return answer };
    let path = address.split('?').next().unwrap_or_default();
    let Ok(uri) = path.parse::<Uri>() else { return answer };
    *page.uri_mut() = uri;
    for body in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        page.headers_mut().remove(body);
    }
    render::page(&app, page).await
}

/// Provides the address of the redirect to a page that is rendered as the response to a form.
pub(super) fn provide_address() {
    let Some(address) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<FormPage>()?.address()) else { return };
    provide_context(RequestUrl::new(&address));
    provide_context(WithoutScripts);
}

//! The OpenAPI description, and two pages to read it: Swagger UI, which can also send requests, and ReDoc. Their scripts are files of
//! the
//! site (`public/docs`), so that nothing is loaded from other sites.

use super::{App, headers};
use axum::{
    Router,
    http::header,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use domain::{Error, Result};
use utoipa::openapi::OpenApi;

/// A page with the given head elements and scripts.
macro_rules! page {
    ($head:literal, $scripts:literal) => {
        concat!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
            "<title>Linnet API</title><link rel=\"icon\" href=\"/mark.svg\" type=\"image/svg+xml\">",
            $head,
            "</head><body><noscript>This page needs scripts. The API's description itself: <a href=\"/openapi.json\">openapi.json</a></noscript>",
            "<div id=\"api\"></div>",
            $scripts,
            "</body></html>"
        )
    };
}

const SWAGGER: &str = page!(
    "<link rel=\"stylesheet\" href=\"/docs/swagger-ui.css\">",
    "<script src=\"/docs/swagger-ui.js\"></script><script src=\"/docs/swagger-start.js\"></script>"
);
const REDOC: &str = page!("", "<script src=\"/docs/redoc.js\"></script><script src=\"/docs/redoc-start.js\"></script>");

/// # Errors
/// `Internal` when the description cannot be serialised.
pub fn description(api: &OpenApi) -> Result<Router<App>> {
    let text = serde_json::to_vec(api).map_err(|error| {
        tracing::error!(%error, "the description of the API cannot be written");
        Error::Internal
    })?;
    let text = Bytes::from(text);
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], text) };
    Ok(Router::new().route("/openapi.json", get(answer)))
}

pub fn pages() -> Router<App> {
    Router::new().route("/docs", get(|| page(SWAGGER))).route("/api/docs", get(|| page(SWAGGER))).route("/redoc", get(|| page(REDOC)))
}

async fn page(html: &'static str) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, headers::DOCS)], Html(html)).into_response()
}

//! The router of given route groups: the middleware of each.

use super::{
    ApiError, App, access_check, assets, concurrency, dates, form_page, headers, limits, peer,
    policy::{Errors, Policy, REQUEST_HEADERS, RESPONSE_HEADERS, Traffic},
    problem, session, signed_errors, trace,
};
use axum::{
    Router,
    http::{HeaderValue, Method, StatusCode},
    middleware::{from_fn, from_fn_with_state, map_response},
    response::IntoResponse,
};
use domain::{Error, Result};
use std::time::Duration;
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer, cors::CorsLayer, csrf::CsrfLayer,
    limit::RequestBodyLimitLayer, timeout::TimeoutLayer,
};

/// Request timeout, except for sockets and uploads.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long browsers keep the response to a preflight request.
const PREFLIGHT: Duration = Duration::from_hours(1);

/// Routes with the policy that all of them have.
pub struct RouteGroup {
    pub policy: Policy,
    pub router: Router<App>,
}

/// # Errors
/// `Invalid` for a malformed allowed origin.
pub fn router(app: App, route_groups: Vec<RouteGroup>) -> Result<Router> {
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

    let cors = cors(&app.config.allowed_origins)?;

    // The last layer runs first.
    let guarded = route_groups.into_iter().fold(Router::new(), |all, RouteGroup { policy, router }| {
        let guarded = carried(&app, policy, router.layer(from_fn_with_state(app.clone(), dates::layer)))
            .layer(csrf.clone())
            .layer(from_fn_with_state((app.clone(), policy), access_check::layer))
            .layer(from_fn_with_state((app.clone(), policy), limits::layer))
            .layer(from_fn_with_state((app.clone(), policy), signed_errors::layer))
            .layer(from_fn_with_state((app.clone(), policy), session::layer))
            .layer(CatchPanicLayer::custom(|_| ApiError(Error::Internal).into_response()))
            .layer(from_fn_with_state(policy, problem::layer));
        // Outermost, because preflight requests have no credentials.
        all.merge(if policy.cors { guarded.layer(cors.clone()) } else { guarded })
    });
    Ok(guarded
        .layer(from_fn_with_state(app.site.clone(), assets::layer))
        .layer(from_fn(headers::layer))
        .layer(from_fn_with_state(app.clone(), trace::layer))
        .layer(from_fn_with_state(app.clone(), peer::layer))
        .with_state(app))
}

/// # Errors
/// `Invalid` for a malformed allowed origin.
fn cors(allowed_origins: &[String]) -> Result<CorsLayer> {
    let origins = allowed_origins.iter().map(|origin| origin.trim_end_matches('/').parse());
    let origins: Vec<HeaderValue> =
        origins.collect::<Result<_, _>>().map_err(|_| Error::invalid("allowed-origin", "Write an origin such as https://crm.example"))?;
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(REQUEST_HEADERS)
        .expose_headers(RESPONSE_HEADERS)
        .max_age(PREFLIGHT))
}

/// Adds the layers of the policy's traffic limits.
fn carried(app: &App, policy: Policy, mut router: Router<App>) -> Router<App> {
    if policy.errors == Errors::Function {
        router = router.layer(from_fn_with_state(app.clone(), form_page::layer));
    }
    if let Some(limit) = policy.largest_body() {
        router = router
            .layer(map_response(concurrency::measure))
            .layer(RequestBodyLimitLayer::new(limit as usize))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
            .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    }
    match policy.traffic {
        Traffic::Bounded(_) | Traffic::File => router.layer(from_fn_with_state((app.clone(), policy), concurrency::layer)),
        Traffic::Socket | Traffic::Probe => router,
    }
}

//! Error responses as problem+json (RFC 9457). Internal errors are logged where they happen and never sent.

use super::policy::{ContractErrors, Errors, Policy};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{Error, Problem};
use serde::Serialize;

const TYPE: &str = "application/problem+json";
/// Seconds after which something unavailable, or over a quota, may be tried again.
const RETRY: u32 = 5;

/// `domain::Error` as a response. Handlers return `Result<_, ApiError>` and use `?`.
#[derive(Debug)]
pub struct ApiError(pub Error);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = self.0.bounded();
        let mut response = answer(error.problem());
        let headers = response.headers_mut();
        match &error {
            Error::TooMany { retry_after } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            Error::Unavailable(_) | Error::QuotaFull(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY));
            }
            Error::Unauthorized | Error::BadCredentials => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        // For the format of a contract.
        response.extensions_mut().insert(error);
        response
    }
}

/// The error's response with another body.
pub fn answered(error: &Error, body: impl Serialize) -> Response {
    let mut response = ApiError(error.clone()).into_response();
    *response.body_mut() = Json(body).into_response().into_body();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

fn answer(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(problem)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(TYPE));
    response
}

/// The response to an error outside of any handler: a problem, or the format of server functions.
pub(super) fn refuse(errors: Errors, error: Error) -> Response {
    if errors == Errors::Function {
        let error = error.bounded();
        let mut response = ApiError(error.clone()).into_response();
        *response.body_mut() = Json(error).into_response().into_body();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        return response;
    }
    ApiError(error).into_response()
}

/// Turns plain-text errors of axum and its layers into problems: unknown route, wrong method, wrong content type, too large, timeout. In the
/// routes of a contract, turns these and problems into its format.
pub(super) async fn layer(State(policy): State<Policy>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let is_described = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| [TYPE, "application/json", "text/html"].iter().any(|ours| kind.as_bytes().starts_with(ours.as_bytes())));
    if let Errors::Contract(ContractErrors(form)) = policy.errors {
        let error = response.extensions().get::<Error>();
        if is_described && error.is_none() {
            return response;
        }
        let described = form(status, error);
        return instead(response, described);
    }
    // Server functions answer errors as encoded text, marked as such.
    if is_described || response.headers().contains_key("serverfnerror") {
        return response;
    }
    let refusal = match status {
        StatusCode::NOT_FOUND => refuse(policy.errors, Error::not_found("Address", path.as_str())),
        StatusCode::BAD_REQUEST if policy.errors == Errors::Function => refuse(policy.errors, Error::not_found("Address", path.as_str())),
        StatusCode::PAYLOAD_TOO_LARGE if let Some(limit) = policy.largest_body() => refuse(policy.errors, Error::TooLarge { limit }),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => {
            refuse(policy.errors, Error::Unavailable("This took too long; try again".to_owned()))
        }
        StatusCode::METHOD_NOT_ALLOWED => answer(plain(status, "method-not-allowed", "This address does not take this method; see Allow")),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            answer(plain(status, "unsupported-media-type", "Send JSON with `Content-Type: application/json`"))
        }
        _ if status.is_client_error() => answer(plain(status, "refused", status.canonical_reason().unwrap_or("Refused"))),
        _ => refuse(policy.errors, Error::Internal),
    };
    instead(response, refusal)
}

/// The refusal, with the other headers of the response that it replaces, such as `Allow`.
fn instead(response: Response, refusal: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        parts.headers.remove(name);
    }
    let (status, body) = (refusal.status(), refusal.headers().clone());
    parts.headers.extend(body);
    parts.status = status;
    Response::from_parts(parts, refusal.into_body())
}

fn plain(status: StatusCode, kind: &str, detail: &str) -> Problem {
    Problem {
        kind: format!("/problems/{kind}"),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        error: detail.to_owned(),
        ..Error::Malformed(detail.to_owned()).problem()
    }
}

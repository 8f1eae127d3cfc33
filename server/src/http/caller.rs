//! Extractors for the caller. The session layer reads the cookie or bearer key once and stores the actor in the request.

use super::ApiError;
use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{Actor, Error};
use std::net::IpAddr;

/// The actor of a session or an API key; otherwise 401.
pub struct CurrentActor(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for CurrentActor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Actor>().cloned().map(Self).ok_or(ApiError(Error::Unauthorized))
    }
}

/// The session token or API key of the request, to recheck access on long connections; otherwise 401.
#[derive(Clone)]
pub struct Credential(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Credential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError(Error::Unauthorized))
    }
}

/// The origin of a request, behind trusted proxies. Present in every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub ip: Option<IpAddr>,
    /// The browser's connection uses TLS.
    pub https: bool,
    /// Host and port that the browser requested; empty when missing or malformed.
    pub host: String,
    /// Behind a reverse proxy: a configured one, or one that shows in the headers.
    pub proxied: bool,
    /// The `Origin` is not a loopback name. Also true when a proxy sends us a loopback host instead of its own.
    pub foreign: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError(Error::Internal))
    }
}

//! Who asks. The session layer reads the cookie or the bearer key once and leaves the actor in the request.

use super::ApiError;
use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{Actor, Error};
use std::net::IpAddr;

/// The signed-in user or the key's program; 401 for anybody else.
pub struct CurrentActor(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for CurrentActor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Actor>().cloned().map(Self).ok_or(ApiError(Error::Unauthorized))
    }
}

/// The session token or API key that the actor came with. Whoever holds a connection open asks again with it. 401 for anybody else.
#[derive(Clone)]
pub struct Credential(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Credential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError(Error::Unauthorized))
    }
}

/// Where a request comes from, past the proxies that are trusted. In every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub ip: Option<IpAddr>,
    /// The browser's own connection is encrypted.
    pub https: bool,
    /// The host and port that the browser asked for; empty when it sent none or an odd one.
    pub host: String,
    /// Past a reverse proxy: one that we were told of, or one that gives itself away.
    pub proxied: bool,
    /// From a page that is not under a loopback name, as it is also when a proxy names a loopback host to us instead of its own.
    pub foreign: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError(Error::Internal))
    }
}

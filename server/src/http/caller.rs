//! Who asks. A layer reads the session cookie or the bearer key once and leaves the actor in the request.

use super::ApiError;
use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{Actor, Error};

/// The signed-in user or the key's program; 401 for anybody else.
pub struct CurrentActor(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for CurrentActor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Actor>().cloned().map(Self).ok_or(ApiError(Error::Unauthorized))
    }
}

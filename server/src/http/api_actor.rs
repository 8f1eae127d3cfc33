//! The actor of an API request, with the `Linnet-Origin` that marks its changes.

use super::{ApiError, CurrentActor};
use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{Actor, Error, Origin};

/// A UUID chosen by the caller; returned in the live deltas of this request's changes.
const ORIGIN: &str = "linnet-origin";

/// The actor of an API request; otherwise 401.
pub struct ApiActor(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for ApiActor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let CurrentActor(actor) = CurrentActor::from_request_parts(parts, state).await?;
        let origin: Option<Origin> = match parts.headers.get(ORIGIN) {
            None => None,
            Some(value) => {
                let origin = value.to_str().ok().and_then(|text| text.parse().ok());
                Some(origin.ok_or_else(|| Error::Malformed("Linnet-Origin must be a UUID".to_owned()))?)
            }
        };
        Ok(Self(actor.with_origin(origin)))
    }
}

//! How server functions ask: the services and the actor from the context, and the one error they answer with.

use domain::{Actor, Error, Services};
use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr, use_context},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};
use std::fmt;

pub type Result<T> = std::result::Result<T, AppError>;

/// A domain error on its way through a server function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub Error);

/// What the server can do, as its router provided it.
pub fn services() -> Result<Services> {
    use_context().ok_or_else(|| Error::Internal.into())
}

/// Who asks.
pub fn actor() -> Result<Actor> {
    use_context().ok_or_else(|| Error::Unauthorized.into())
}

/// The one place that picks the HTTP status, of pages and of server functions alike.
impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        #[cfg(feature = "ssr")]
        if let Some(response) = use_context::<leptos_axum::ResponseOptions>()
            && let Ok(status) = error.status().try_into()
        {
            response.set_status(status);
        }
        Self(error)
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr::{Args, Deserialization, MissingArg, Request};
        match error {
            Request(_) | Deserialization(_) => Self(Error::Unavailable("The server did not answer; nothing was changed".to_owned())),
            Args(text) | MissingArg(text) => Error::Malformed(text).into(),
            _ => Error::Internal.into(),
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AppError {}

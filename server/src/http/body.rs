//! axum's JSON and query extractors with our errors: 400 for an unreadable body, 413 for a too large one, 422 for invalid fields.

use super::ApiError;
use axum::{
    Json, RequestExt,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{Error, json, rule};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData};

/// The request's JSON body.
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned + 'static, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        // Kept to classify the error.
        let bytes = match Request::from_parts(parts.clone(), body).extract::<Bytes, _>().await {
            Ok(bytes) => bytes,
            // The problem layer turns this and a wrong content type into problems.
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return Err(error.into_response()),
            Err(error) => return Err(ApiError(Error::Malformed(error.body_text())).into_response()),
        };
        let read = Request::from_parts(parts, bytes.clone().into()).extract::<Json<Object<T>>, _>().await;
        let is_json = || serde_json::from_slice::<IgnoredAny>(&bytes).is_ok();
        let error = match (read, json::once(&bytes, "")) {
            (Ok(Json(Object(value))), Ok(())) => return Ok(Self(value)),
            (Err(error @ JsonRejection::MissingJsonContentType(_)), _) => return Err(error.into_response()),
            (_, Err(twice)) => twice,
            (Err(JsonRejection::JsonDataError(error)), _) => unfit(&error, &bytes),
            // Serde also reports a syntax error for valid JSON with a wrong type in place of an enum.
            (Err(JsonRejection::JsonSyntaxError(error)), _) if is_json() => unfit(&error, &bytes),
            (Err(error), _) => Error::Malformed(error.body_text()),
        };
        Err(ApiError(error).into_response())
    }
}

/// A JSON object. Serde would also accept an array, in the order of the struct's fields.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// The error for JSON that does not match the type, at its field.
fn unfit(rejection: &(dyn std::error::Error + 'static), body: &[u8]) -> Error {
    let mut cause = rejection.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<serde_path_to_error::Error<serde_json::Error>>() {
            let (path, message) = (error.path().to_string(), error.inner().to_string());
            if path.starts_with("rule")
                && let Err(error) = rule_of(body)
            {
                return error;
            }
            return unfit_at(&path, &message);
        }
        cause = error.source();
    }
    Error::invalid("body", rejection.to_string())
}

/// Parses a body's rule by the parser that knows the path of each mistake.
fn rule_of(body: &[u8]) -> Result<(), Error> {
    match serde_json::from_slice::<serde_json::Value>(body).ok().and_then(|mut body| body.get_mut("rule").map(serde_json::Value::take)) {
        Some(rule) => rule::parse(&rule).map(drop),
        None => Ok(()),
    }
}

fn unfit_at(path: &str, message: &str) -> Error {
    // Line and column do not help, because programs write the JSON.
    let message = match message.rsplit_once(" at line ") {
        _ if message.starts_with("expected value") => "This is a word; give it as a text",
        Some((message, _)) => message,
        None => message,
    };
    Error::invalid(if path == "." { "body" } else { path }, message)
}

/// JSON as this type, with the errors of `ApiJson`.
///
/// # Errors
/// `Invalid` on the field that does not fit.
pub fn fit<T: DeserializeOwned>(json: serde_json::Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(json).map_err(|error| unfit_at(&error.path().to_string(), &error.inner().to_string()))
}

/// The request's query string.
pub struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(Error::invalid("query", error.body_text()).into()),
        }
    }
}

//! Errors as FastAPI writes them: `{"detail": …}`, a sentence, or the list of a 422.

use crate::http::ApiError;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Error, FieldError};
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{
    PathItem, RefOr,
    path::Operation,
    response::{Response as Described, ResponseBuilder},
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

/// Body of an error.
#[derive(Serialize, ToSchema)]
#[schema(as = HTTPError)]
pub struct Said {
    detail: String,
}

/// Body of a 422.
#[derive(Serialize, ToSchema)]
#[schema(as = HTTPValidationError)]
struct Listed {
    detail: Vec<Flaw>,
}

/// One thing that is wrong with a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ValidationError)]
pub struct Flaw {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Loc>,
    msg: String,
    /// What was sent there.
    input: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<Value>,
}

/// A step to the place of a flaw: `query` or `body`, then a name or a position.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ValidationLocation)]
pub enum Loc {
    Name(String),
    At(i64),
}

impl From<&str> for Loc {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl Flaw {
    pub fn new(kind: &'static str, loc: impl IntoIterator<Item = Loc>, msg: impl Into<String>, input: &Value) -> Self {
        Self { kind, loc: loc.into_iter().collect(), msg: msg.into(), input: input.clone(), ctx: None }
    }

    #[must_use]
    pub fn with(self, ctx: Value) -> Self {
        Self { ctx: Some(ctx), ..self }
    }

    /// A refusal by our own rules.
    fn ours(error: &FieldError, body: &Value) -> Self {
        let name = match error.field.as_str() {
            "stage" => "current_stage",
            "lastContactedAt" => "last_contacted",
            field => field,
        };
        let input = body.get(name).unwrap_or(&Value::Null);
        Self::new("value_error", ["body".into(), name.into()], format!("Value error, {}", error.message), input)
            .with(serde_json::json!({ "error": {} }))
    }
}

/// Why a request is refused.
pub enum Refusal {
    /// 422.
    Flaws(Vec<Flaw>),
    /// `detail` begins with the status, as in the contract.
    Status(StatusCode, String),
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<ApiError> for Refusal {
    fn from(ApiError(error): ApiError) -> Self {
        Self::Error(error)
    }
}

impl Refusal {
    pub fn no_lead(id: &str) -> Self {
        let id: String = id.chars().take(200).collect();
        Self::Status(StatusCode::NOT_FOUND, format!("Lead with ID {id} not found"))
    }

    /// The refusal of a write with this body.
    pub fn of_write(error: Error, body: &Value) -> Self {
        match error {
            Error::Duplicate { field, .. } if field == "email" => {
                let email = body.get("email").and_then(Value::as_str).unwrap_or_default();
                Self::Status(StatusCode::CONFLICT, format!("Lead with email {email} already exists"))
            }
            Error::Invalid(errors) => Self::Flaws(errors.iter().map(|error| Flaw::ours(error, body)).collect()),
            error => Self::Error(error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Flaws(detail) => (StatusCode::UNPROCESSABLE_ENTITY, Json(Listed { detail })).into_response(),
            Self::Status(status, what) => (status, Json(Said { detail: format!("{}: {what}", status.as_u16()) })).into_response(),
            // The policy of the routes writes it in the format below.
            Self::Error(error) => ApiError(error).into_response(),
        }
    }
}

/// An error of ours, or of a layer, in the contract's format.
pub fn response(status: StatusCode, error: Option<&Error>) -> Response {
    match error {
        Some(Error::Invalid(errors)) => {
            Refusal::Flaws(errors.iter().map(|error| Flaw::ours(error, &Value::Null)).collect()).into_response()
        }
        error => {
            let detail = error.map_or_else(|| status.canonical_reason().unwrap_or("Error").to_owned(), Error::to_string);
            (status, Json(Said { detail })).into_response()
        }
    }
}

/// Describes the errors of the routes.
pub fn described<S: Clone + Send + Sync + 'static>(mut routes: OpenApiRouter<S>) -> OpenApiRouter<S> {
    let api = routes.get_openapi_mut();
    let mut schemas = Vec::new();
    for (name, schema) in [(Said::name(), Said::schema()), (Listed::name(), Listed::schema())] {
        schemas.push((name.into_owned(), schema));
    }
    Listed::schemas(&mut schemas);
    api.components.get_or_insert_default().schemas.extend(schemas);
    let errors = |operation: &mut Operation, is_open: bool| {
        let (asks, writes) = (operation.parameters.is_some(), operation.request_body.is_some());
        let all = [
            ("400", !is_open, "The request cannot be read"),
            ("401", !is_open, "Nobody is signed in"),
            ("403", !is_open, "The role of whoever asks does not include this"),
            ("413", writes, "Too large"),
            ("429", true, "Too many requests; `Retry-After` says when the next may come"),
            ("500", true, "Something went wrong here; the server's log says what"),
            ("503", true, "Not possible at the moment; try again after the seconds of `Retry-After`"),
            ("507", writes, "The disk is full"),
        ];
        let answers = &mut operation.responses.responses;
        for (status, _, what) in all.into_iter().filter(|(_, can, _)| *can) {
            answers.entry(status.to_owned()).or_insert_with(|| answer::<Said>(what));
        }
        if asks || writes {
            answers.entry("422".to_owned()).or_insert_with(|| answer::<Listed>("Validation Error"));
        }
    };
    for (path, item) in &mut api.paths.paths {
        let PathItem { get, post, put, delete, .. } = item;
        [get, post, put, delete].into_iter().flatten().for_each(|operation| errors(operation, path == "/health"));
    }
    routes
}

fn answer<T: ToSchema>(what: &str) -> RefOr<Described> {
    let body = utoipa::openapi::ContentBuilder::new().schema(Some(utoipa::openapi::Ref::from_schema_name(T::name()))).build();
    ResponseBuilder::new().description(what).content("application/json", body).build().into()
}

//! Sentences that clients of the contract show or compare with.

use crate::http::{ApiError, answered};
use axum::response::{IntoResponse, Response};
use domain::{Entity, Error, Problem};

pub const LEAD_DELETED: &str = "Lead deleted successfully";
pub const CAMPAIGN_DELETED: &str = "Campaign deleted successfully";

/// An error as in the contract. Handlers at its addresses return `Result<_, Refusal>` and use `?`.
#[derive(Debug)]
pub struct Refusal(pub Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<ApiError> for Refusal {
    fn from(ApiError(error): ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        answered(&self.0, problem(&self.0))
    }
}

/// The problem, with `error` and `details` as in the contract.
fn problem(error: &Error) -> Problem {
    let problem = error.problem();
    match error {
        Error::Duplicate { existing, .. } if existing.entity == Entity::Campaign => {
            Problem { error: "Campaign with this name already exists".to_owned(), ..problem }
        }
        Error::NotFound { entity, id } => {
            Problem { details: Some(format!("{entity} with ID {id} does not exist or may have been deleted")), ..problem }
        }
        _ => problem,
    }
}

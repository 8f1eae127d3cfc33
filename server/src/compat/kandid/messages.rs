//! Sentences that clients of the contract show or compare with.

use domain::{Entity, Error, Problem};

pub const LEAD_DELETED: &str = "Lead deleted successfully";
pub const CAMPAIGN_DELETED: &str = "Campaign deleted successfully";

/// The problem, with `error` as in the contract.
pub fn problem(error: &Error) -> Problem {
    let problem = error.problem();
    match error {
        Error::Duplicate { existing, .. } if existing.entity == Entity::Campaign => {
            Problem { error: "Campaign with this name already exists".to_owned(), ..problem }
        }
        _ => problem,
    }
}

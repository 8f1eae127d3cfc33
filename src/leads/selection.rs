//! A selection of leads: by ids, or all that match a rule.

use crate::{Error, LeadId, Result, rule::Rule};
use serde::{Deserialize, Serialize};

/// Most leads that can be selected by id.
const NAMED_MAX: usize = 10_000;

/// The leads of a bulk action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Selection {
    #[serde(rename = "leadIds")]
    Leads(Vec<LeadId>),
    /// All leads that match now.
    #[serde(rename = "rule")]
    Matching(Rule),
}

impl Selection {
    /// # Errors
    /// `Invalid` for no leads, too many, or an invalid rule.
    pub fn check(self) -> Result<Self> {
        match self {
            Self::Leads(ids) if ids.is_empty() => Err(Error::invalid("leadIds", "Choose at least one lead")),
            Self::Leads(ids) if ids.len() > NAMED_MAX => {
                Err(Error::invalid("leadIds", format!("Name at most {NAMED_MAX} leads at once, or send a rule")))
            }
            Self::Leads(ids) => Ok(Self::Leads(ids)),
            Self::Matching(rule) => Ok(Self::Matching(rule.check()?)),
        }
    }
}

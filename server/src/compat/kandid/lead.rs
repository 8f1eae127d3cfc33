//! A lead.

use super::either::{AlsoCalled, Either, Pair};
use domain::{
    Error, LeadId, Result, Timestamp,
    leads::{Connection, Lead, LeadPatch, NewLead},
};
use serde::Serialize;

const TITLE: Pair = ("title", "position");
pub const CONNECTION: Pair = ("connection", "connectionStatus");

/// A lead in a response.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadBody {
    #[serde(flatten)]
    lead: Lead,
    /// The outreach contract's name of `id`.
    #[serde(rename = "_id")]
    same_id: LeadId,
    /// The outreach contract's name of `title`.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    /// The outreach contract's name of `connection`.
    connection_status: Connection,
    /// The outreach contract's name of `lastActivityAt`.
    last_activity_date: Timestamp,
    /// Only in the outreach contract: the lead's step in its campaign; 0: not started.
    sequence_step: i64,
}

impl From<Lead> for LeadBody {
    fn from(lead: Lead) -> Self {
        Self::at(lead, 0)
    }
}

impl LeadBody {
    /// With its step in a campaign.
    pub fn at(lead: Lead, step: i64) -> Self {
        Self {
            same_id: lead.id,
            position: lead.title.clone(),
            connection_status: lead.connection,
            last_activity_date: lead.last_activity_at,
            sequence_step: step,
            lead,
        }
    }
}

/// A new lead by either name.
pub type NewLeadBody = Either<NewLead>;

impl AlsoCalled for NewLead {
    const PAIRS: &'static [Pair] = &[TITLE, CONNECTION];
}

/// The fields that an edit sets, by either name.
pub type LeadPatchBody = Either<LeadPatch>;

impl AlsoCalled for LeadPatch {
    const PAIRS: &'static [Pair] = &[TITLE, CONNECTION];
}

/// # Errors
/// `Malformed` without a name or an e-mail: the contract needs 400 where the native API answers 422.
pub fn named(new: &NewLead) -> Result<()> {
    if new.name.trim().is_empty() || new.email.trim().is_empty() {
        return Err(Error::Malformed("Name and email are required".to_owned()));
    }
    Ok(())
}

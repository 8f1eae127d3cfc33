//! A lead.

use super::either::{AlsoCalled, Either, Pair, Said};
use domain::{
    CampaignId, Error, LeadId, Result, Timestamp, UserId,
    leads::{Connection, Lead, LeadPatch, NewLead},
};
use serde::Serialize;

const TITLE: Pair = ("title", "position");
const CONTACTED: Pair = ("lastContactedAt", "lastContactDate");
pub const CONNECTION: Pair = ("connection", "connectionStatus");
const CAMPAIGN: &str = "campaignId";

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
    /// The outreach contract's name of `lastContactedAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_contact_date: Option<Timestamp>,
    /// Only in the outreach contract: the lead's step in its campaign; 0: not started.
    sequence_step: i64,
    /// Only in the outreach contract: the campaign of the list, or in which the new lead was enrolled. (A lead may be in several.)
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<CampaignId>,
    // Deviation: the contract's leads belong to whoever added them; ours belong to their owner, and to nobody without one.
    /// The outreach contract's name of `owner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
}

impl From<Lead> for LeadBody {
    fn from(lead: Lead) -> Self {
        Self::at(lead, 0, None)
    }
}

impl LeadBody {
    /// With its step in a campaign.
    pub fn at(lead: Lead, step: i64, campaign: Option<CampaignId>) -> Self {
        Self {
            same_id: lead.id,
            position: lead.title.clone(),
            connection_status: lead.connection,
            last_activity_date: lead.last_activity_at,
            last_contact_date: lead.last_contacted_at,
            sequence_step: step,
            campaign_id: campaign,
            user_id: lead.owner,
            lead,
        }
    }
}

/// A new lead by either name.
pub type NewLeadBody = Either<NewLead>;

impl AlsoCalled for NewLead {
    const PAIRS: &'static [Pair] = &[TITLE, CONNECTION, CONTACTED];
    const BESIDE: &'static [&'static str] = &[CAMPAIGN];
}

/// The fields that an edit sets, by either name.
pub type LeadPatchBody = Either<LeadPatch>;

impl AlsoCalled for LeadPatch {
    const PAIRS: &'static [Pair] = &[TITLE, CONNECTION, CONTACTED];
}

/// The campaign in which a new lead is enrolled.
///
/// # Errors
/// `Invalid` on `campaignId` for anything but an id.
// Deviation: the contract stores any text as the campaign of a lead.
pub fn campaign(said: &Said) -> Result<Option<CampaignId>> {
    let Some(value) = said.beside(CAMPAIGN).filter(|value| *value != "") else { return Ok(None) };
    let id = value.as_str().and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| Error::invalid(CAMPAIGN, "Give the id of a campaign, as the list of campaigns shows it"))
}

/// # Errors
/// `Malformed` without a name or an e-mail: the contract needs 400 where the native API answers 422.
pub fn named(new: &NewLead) -> Result<()> {
    if new.name.trim().is_empty() || new.email.trim().is_empty() {
        return Err(Error::Malformed("Name and email are required".to_owned()));
    }
    Ok(())
}

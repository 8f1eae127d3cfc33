//! A campaign.

use super::{
    either::{AlsoCalled, Either, Pair},
    list::ListMeta,
};
use domain::{
    ActorRef, CampaignId, Error, Result, Timestamp,
    campaigns::{Campaign, CampaignPatch, CampaignStatus, NewCampaign, Step},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// A campaign in a response.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignBody {
    #[serde(flatten)]
    campaign: Campaign,
    /// The outreach contract's name of `id`.
    #[serde(rename = "_id")]
    same_id: CampaignId,
    /// As in the outreach contract: replies per lead, in percent with two decimals, rounded down.
    response_rate: f64,
    /// Only in the outreach contract: the user or the API key that made the campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
}

impl From<Campaign> for CampaignBody {
    fn from(campaign: Campaign) -> Self {
        let counts = &campaign.counts;
        let response_rate = (counts.replied * 10_000).checked_div(counts.total_leads).unwrap_or_default() as f64 / 100.0;
        let user_id = match campaign.made_by {
            Some(ActorRef::User { id, .. }) => Some(id.0),
            Some(ActorRef::Key { id, .. }) => Some(id.0),
            Some(ActorRef::Guest | ActorRef::System) | None => None,
        };
        Self { same_id: campaign.id, response_rate, user_id, campaign }
    }
}

/// A single campaign. Two contracts share this address: one reads the fields at the top, the other `success` and `data`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CampaignWhole {
    #[serde(flatten)]
    body: CampaignBody,
    success: bool,
    data: CampaignBody,
}

impl From<Campaign> for CampaignWhole {
    fn from(campaign: Campaign) -> Self {
        Self { body: campaign.clone().into(), success: true, data: campaign.into() }
    }
}

/// Body of a 201, as in the contract.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CreatedCampaign {
    message: &'static str,
    data: CampaignBody,
    meta: ListMeta,
}

impl CreatedCampaign {
    pub fn new(campaign: Campaign, now: Timestamp) -> Self {
        Self { message: "Campaign created successfully", data: campaign.into(), meta: ListMeta::new(now, None) }
    }
}

/// A new campaign.
pub type NewCampaignBody = Either<NewCampaignFields>;

/// The fields that an edit sets.
pub type CampaignPatchBody = Either<CampaignPatch>;

/// Looser than `NewCampaign`, because the contract needs 400 where the native API answers 422.
#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = NewCampaign)]
pub struct NewCampaignFields {
    #[schema(value_type = String)]
    name: Value,
    description: Option<String>,
    #[schema(value_type = Option<CampaignStatus>)]
    status: Option<Value>,
    steps: Option<Vec<Step>>,
}

impl AlsoCalled for NewCampaignFields {
    const PAIRS: &'static [Pair] = &[];
}

impl AlsoCalled for CampaignPatch {
    const PAIRS: &'static [Pair] = &[];
}

impl NewCampaignFields {
    /// # Errors
    /// `Malformed` without a name, and for an unknown status.
    pub fn read(self) -> Result<NewCampaign> {
        let name = self.name.as_str().filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| Error::Malformed("Campaign name is required".to_owned()))?.to_owned();
        let status = self.status.map(serde_json::from_value).transpose();
        let status = status.map_err(|_| Error::Malformed("Invalid status".to_owned()))?.unwrap_or_default();
        Ok(NewCampaign { name, description: self.description.unwrap_or_default(), status, steps: self.steps })
    }
}

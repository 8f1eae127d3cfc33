//! A campaign without its texts, which may be long.

use super::{Campaign, CampaignFigures, CampaignStatus, Counts};
use crate::{ActorRef, CampaignId, Timestamp};
use serde::{Deserialize, Serialize};

/// A campaign as lists and menus show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CampaignSummary {
    pub id: CampaignId,
    /// As in `Campaign`.
    pub revision: i64,
    /// As in `Campaign`.
    pub edited: i64,
    pub name: String,
    pub status: CampaignStatus,
    pub step_count: i64,
    #[serde(flatten)]
    pub counts: Counts,
    /// The creator. `None` when the log no longer holds the creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<ActorRef>,
    pub created_at: Timestamp,
}

impl From<&Campaign> for CampaignSummary {
    fn from(campaign: &Campaign) -> Self {
        Self {
            id: campaign.id,
            revision: campaign.revision,
            edited: campaign.edited,
            name: campaign.name.clone(),
            status: campaign.status,
            step_count: campaign.steps.len() as i64,
            counts: campaign.counts.clone(),
            made_by: campaign.made_by.clone(),
            created_at: campaign.created_at,
        }
    }
}

impl CampaignSummary {
    /// Applies figures with a higher revision, and ignores others. Returns whether they were newer.
    pub fn take(&mut self, figures: &CampaignFigures) -> bool {
        figures.update(self.id, &mut self.revision, &mut self.counts)
    }
}

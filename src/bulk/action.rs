//! Actions of a bulk action, and their sentences.

use super::BulkStatus;
use crate::{
    CampaignId, Error, Permission, Result, UserId,
    leads::{Consent, Lead, LeadPatch, Stage, Status, has_tag},
    text::{grouped, same},
};
use serde::{Deserialize, Serialize};

/// Most tags that a lead can have.
const TAGS_MAX: usize = 50;

/// What a bulk action does with each lead.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum BulkAction {
    SetStage {
        stage: Stage,
    },
    SetStatus {
        status: Status,
    },
    SetConsent {
        consent: Consent,
    },
    /// `null` removes the owner. The field is required.
    SetOwner {
        #[serde(deserialize_with = "Option::deserialize")]
        owner: Option<UserId>,
    },
    AddTag {
        tag: String,
    },
    RemoveTag {
        tag: String,
    },
    /// Stored as `enrol` in older rows.
    #[serde(alias = "enrol")]
    Enroll {
        #[cfg_attr(feature = "openapi", schema(rename = "campaignId"))]
        campaign_id: CampaignId,
    },
    /// Stored as `unenrol` in older rows.
    #[serde(alias = "unenrol")]
    Unenroll {
        #[cfg_attr(feature = "openapi", schema(rename = "campaignId"))]
        campaign_id: CampaignId,
    },
    Delete {},
}

impl BulkAction {
    /// The permission that the action needs: the same as for a single lead.
    pub fn permission(&self) -> Permission {
        match self {
            Self::Enroll { .. } | Self::Unenroll { .. } => Permission::WriteCampaigns,
            _ => Permission::WriteLeads,
        }
    }

    /// The campaign that leads enter or leave.
    pub fn campaign(&self) -> Option<CampaignId> {
        match self {
            Self::Enroll { campaign_id } | Self::Unenroll { campaign_id } => Some(*campaign_id),
            _ => None,
        }
    }

    /// # Errors
    /// `Invalid` on `tag`.
    pub fn check(self) -> Result<Self> {
        let one = |tag: String| {
            let bad = |message: &str| Error::invalid("tag", message);
            let patch = LeadPatch { tags: Some(vec![tag]), ..LeadPatch::default() };
            let patch = patch.check().map_err(|_| bad("A tag has at most 60 characters and no commas"))?;
            patch.tags.and_then(|mut tags| tags.pop()).ok_or_else(|| bad("Enter a tag"))
        };
        Ok(match self {
            Self::AddTag { tag } => Self::AddTag { tag: one(tag)? },
            Self::RemoveTag { tag } => Self::RemoveTag { tag: one(tag)? },
            other => other,
        })
    }

    /// The patch for `lead`; empty for actions that set no field, and when the lead has the tag already or has 50 tags.
    pub fn patch(&self, lead: &Lead) -> LeadPatch {
        let mut set = LeadPatch::default();
        match self {
            Self::SetStage { stage } => set.stage = Some(*stage),
            Self::SetStatus { status } => set.status = Some(*status),
            Self::SetConsent { consent } => set.consent = Some(*consent),
            Self::SetOwner { owner } => set.owner = Some(*owner),
            Self::AddTag { tag } if has_tag(&lead.tags, tag) || lead.tags.len() >= TAGS_MAX => {}
            Self::AddTag { tag } => set.tags = Some(lead.tags.iter().chain([tag]).cloned().collect()),
            Self::RemoveTag { tag } => set.tags = Some(lead.tags.iter().filter(|one| !same(one, tag)).cloned().collect()),
            Self::Enroll { .. } | Self::Unenroll { .. } | Self::Delete {} => {}
        }
        set
    }

    /// Verb phrase for `count` leads; `back` is the phrase of the undo. `name` is the owner's or the campaign's.
    pub fn sentence(&self, count: i64, name: &str, back: bool) -> String {
        let leads = format!("{} {}", grouped(count), if count == 1 { "lead" } else { "leads" });
        match (self, back) {
            (Self::SetStage { stage }, false) => format!("moved {leads} to {stage}"),
            (Self::SetStage { stage }, true) => format!("moved {leads} back from {stage}"),
            (Self::SetStatus { status }, false) => format!("set {leads} to {}", status.label()),
            (Self::SetStatus { status }, true) => format!("set {leads} back from {}", status.label()),
            (Self::SetConsent { consent }, false) => format!("set the consent of {leads} to {}", consent.label()),
            (Self::SetConsent { consent }, true) => format!("set the consent of {leads} back from {}", consent.label()),
            (Self::SetOwner { owner: Some(_) }, false) => format!("gave {leads} to {name}"),
            (Self::SetOwner { owner: Some(_) }, true) => format!("took {leads} back from {name}"),
            (Self::SetOwner { owner: None }, false) => format!("removed the owner from {leads}"),
            (Self::SetOwner { owner: None }, true) => format!("gave {leads} back to their owners"),
            (Self::AddTag { tag }, false) => format!("tagged {leads} “{tag}”"),
            (Self::RemoveTag { tag }, false) | (Self::AddTag { tag }, true) => format!("removed the tag “{tag}” from {leads}"),
            (Self::RemoveTag { tag }, true) => format!("put the tag “{tag}” back on {leads}"),
            (Self::Enroll { .. }, false) => format!("enrolled {leads} in {name}"),
            (Self::Unenroll { .. }, false) => format!("took {leads} out of {name}"),
            (Self::Enroll { .. }, true) => format!("took {leads} out of {name} again"),
            (Self::Unenroll { .. }, true) => format!("put {leads} back in {name}"),
            (Self::Delete {}, false) => format!("deleted {leads}"),
            (Self::Delete {}, true) => format!("restored {leads}"),
        }
    }

    /// What the action did so far, as a sentence without its subject.
    pub fn status_sentence(&self, status: BulkStatus, changed: i64, left_out: i64, name: &str) -> String {
        let back = matches!(status, BulkStatus::Undoing | BulkStatus::Undone);
        self.sentence(changed, name, back) + &Self::without(left_out)
    }

    /// End of the sentence, with the number of leads that were left out.
    pub fn without(left_out: i64) -> String {
        if left_out == 0 { String::new() } else { format!(", {} left out ({})", grouped(left_out), crate::campaigns::WHY_LEFT_OUT) }
    }
}

//! Actions of a bulk action, and their sentences.

use super::BulkStatus;
use crate::{
    CampaignId, Error, Permission, Result, UserId,
    leads::{Consent, Lead, LeadPatch, Stage, Status, TAGS_MAX, has_tag},
    text::{grouped, same},
};
use serde::{Deserialize, Serialize};

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
    /// Puts the tag `to` in the place of `tag`. Leads that have both keep one.
    RenameTag {
        tag: String,
        to: String,
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
    /// `Invalid` on `tag` or `to`.
    pub fn check(self) -> Result<Self> {
        let one = |name: &str, tag: String| {
            let bad = |message: &str| Error::invalid(name, message);
            let patch = LeadPatch { tags: Some(vec![tag]), ..LeadPatch::default() };
            let patch = patch.check().map_err(|_| bad("A tag has at most 60 characters and no commas"))?;
            patch.tags.and_then(|mut tags| tags.pop()).ok_or_else(|| bad("Enter a tag"))
        };
        Ok(match self {
            Self::AddTag { tag } => Self::AddTag { tag: one("tag", tag)? },
            Self::RemoveTag { tag } => Self::RemoveTag { tag: one("tag", tag)? },
            Self::RenameTag { tag, to } => Self::RenameTag { tag: one("tag", tag)?, to: one("to", to)? },
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
            Self::AddTag { tag } if has_tag(&lead.tags, tag) || self.leaves_out(lead) => {}
            Self::AddTag { tag } => set.tags = Some(lead.tags.iter().chain([tag]).cloned().collect()),
            Self::RemoveTag { tag } => set.tags = Some(lead.tags.iter().filter(|one| !same(one, tag)).cloned().collect()),
            Self::RenameTag { tag, to } if has_tag(&lead.tags, tag) => set.tags = Some(renamed(&lead.tags, tag, to)),
            Self::RenameTag { .. } | Self::Enroll { .. } | Self::Unenroll { .. } | Self::Delete {} => {}
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
            (Self::RenameTag { tag, to }, false) => format!("renamed the tag “{tag}” of {leads} to “{to}”"),
            (Self::RenameTag { tag, to }, true) => format!("renamed the tag “{to}” of {leads} back to “{tag}”"),
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
        self.sentence(changed, name, back) + &self.without(left_out, back)
    }

    /// End of the sentence, with the number of leads that were left out, and why. `back`: of its undo.
    fn without(&self, left_out: i64, back: bool) -> String {
        let why = match self {
            Self::Delete {} => "another lead has their e-mail",
            Self::Enroll { .. } | Self::Unenroll { .. } => crate::campaigns::WHY_LEFT_OUT,
            _ if back => "edited since",
            Self::AddTag { .. } => "50 tags already",
            _ => crate::campaigns::WHY_LEFT_OUT,
        };
        if left_out == 0 { String::new() } else { format!(", {} left out ({why})", grouped(left_out)) }
    }

    /// Whether the action cannot be done with `lead`, which has as many tags as a lead can have.
    pub fn leaves_out(&self, lead: &Lead) -> bool {
        matches!(self, Self::AddTag { tag } if lead.tags.len() >= TAGS_MAX && !has_tag(&lead.tags, tag))
    }
}

/// `tags` with `to` in the place of `tag`, once.
fn renamed(tags: &[String], tag: &str, to: &str) -> Vec<String> {
    let mut after: Vec<String> = Vec::with_capacity(tags.len());
    for one in tags {
        let one = if same(one, tag) || same(one, to) { to } else { one.as_str() };
        if !has_tag(&after, one) {
            after.push(one.to_owned());
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_tag_keeps_its_place_and_is_there_once() {
        let after = |tags: &[&str], tag: &str, to: &str| renamed(&tags.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>(), tag, to);
        assert_eq!(after(&["a", "fair", "b"], "FAIR", "Trade fair"), ["a", "Trade fair", "b"]);
        assert_eq!(after(&["vip", "fair", "b"], "fair", "VIP"), ["VIP", "b"]);
        assert_eq!(after(&["fair", "b"], "fair", "Fair"), ["Fair", "b"]);
    }
}

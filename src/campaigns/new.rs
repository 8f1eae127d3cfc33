//! Input for a new campaign.

use super::{
    Campaign, CampaignStatus, Counts, DESCRIPTION_MAX, NAME_MAX, Step,
    step::{check_change, check_steps, name_steps, starter_sequence},
};
use crate::{
    ActorRef, CampaignId, Error, FieldError, Result, Timestamp,
    text::{clean, clean_line},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Fields of a new campaign. Only `name` is required.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewCampaign {
    pub name: String,
    pub description: String,
    pub status: CampaignStatus,
    /// `None` for the starter sequence.
    pub steps: Option<Vec<Step>>,
}

impl NewCampaign {
    /// Cleans the texts and fills in the steps.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(mut self) -> Result<Self> {
        self.name = clean_line(&self.name);
        self.description = clean(&self.description);
        let mut errors = check_texts(Some(&self.name), Some(&self.description));
        if self.status == CampaignStatus::Cancelled {
            errors.push(FieldError::new("status", "A new campaign cannot be cancelled; use draft, active, paused or completed"));
        }
        match check_steps(self.steps.unwrap_or_else(starter_sequence)) {
            Ok(steps) => {
                errors.extend(check_change(&steps, &[]));
                self.steps = Some(steps);
            }
            Err(Error::Invalid(more)) => {
                self.steps = None;
                errors.extend(more);
            }
            Err(other) => return Err(other),
        }
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }

    /// The campaign at revision 1, without leads.
    pub fn into_campaign(self, by: &ActorRef, now: Timestamp, mut new_id: impl FnMut() -> Uuid) -> Campaign {
        let id = CampaignId(new_id());
        let mut steps = self.steps.unwrap_or_default();
        name_steps(&mut steps, new_id);
        let mut campaign = Campaign {
            id,
            revision: 1,
            edited: 1,
            name: self.name,
            description: self.description,
            status: CampaignStatus::Draft,
            steps,
            counts: Counts::default(),
            created_by: by.name().to_owned(),
            made_by: Some(by.clone()),
            created_at: now,
            updated_at: now,
            started_at: None,
            large: false,
            ended_at: None,
        };
        campaign.enter_status(self.status, now);
        campaign
    }

    /// Input for a draft with the same texts and steps under another name. Texts that were checked before are not checked again.
    pub fn like(campaign: &Campaign, name: String) -> Self {
        let unnamed = |step: &Step| Step { id: crate::StepId(Uuid::nil()), ..step.clone() };
        Self {
            name,
            description: campaign.description.clone(),
            status: CampaignStatus::Draft,
            steps: Some(campaign.steps.iter().map(unnamed).collect()),
        }
    }
}

pub(super) fn check_texts(name: Option<&str>, description: Option<&str>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if name == Some("") {
        errors.push(FieldError::new("name", "Enter a name"));
    }
    if name.is_some_and(|name| name.chars().count() > NAME_MAX) {
        errors.push(FieldError::new("name", format!("At most {NAME_MAX} characters; move the rest to the description")));
    }
    if description.is_some_and(|text| text.chars().count() > DESCRIPTION_MAX) {
        errors.push(FieldError::new("description", format!("At most {DESCRIPTION_MAX} characters; shorten it")));
    }
    errors
}

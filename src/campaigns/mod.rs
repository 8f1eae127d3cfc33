//! A campaign: a sequence of steps, and the leads enrolled in it.

mod counts;
mod enrollment;
mod new;
mod patch;
mod placeholder;
mod query;
mod rights;
mod status;
mod step;
mod step_moves;
mod task;

pub use crate::leads::Selection;
pub use counts::Counts;
pub use enrollment::{Enrolled, Enrolling, Enrollment, EnrollmentPage, EnrollmentQuery, EnrollmentState, WHY_LEFT_OUT, Way, position};
pub use new::NewCampaign;
pub use patch::{CampaignEdit, CampaignPatch};
pub use placeholder::PLACEHOLDERS;
pub use query::{CampaignColumn, CampaignPage, CampaignQuery, CampaignSort};
pub use status::{CampaignAction, CampaignStatus};
pub use step::{Step, StepKind, starter_sequence};
pub use step_moves::{StepMove, step_moves};
pub use task::{Task, TaskDone};

use crate::{ActorRef, CampaignId, Timestamp, text::fold};
use serde::{Deserialize, Serialize};

/// Longest name, in characters.
pub const NAME_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 5_000;

/// A campaign as everyone sees it. The sequence is part of it: it is edited as a whole, with one revision and one conflict.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Campaign {
    pub id: CampaignId,
    /// Counts every write to this campaign, those to its counts included; newer wins.
    pub revision: i64,
    /// The revision of the last edit. Those after it only counted, so that who read any of them edits what they saw.
    #[serde(default)]
    pub edited: i64,
    /// Unique, whatever the case.
    pub name: String,
    /// Empty when there is none.
    pub description: String,
    pub status: CampaignStatus,
    /// In order.
    pub steps: Vec<Step>,
    #[serde(flatten)]
    pub counts: Counts,
    /// The name of whoever made it, then.
    pub created_by: String,
    /// Whoever made it. Absent where the log has forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<ActorRef>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When it was first active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was completed or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// A campaign's counters, and the revision that they made of it: what is told and logged when its enrollments move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CampaignFigures {
    pub campaign_id: CampaignId,
    pub revision: i64,
    #[serde(flatten)]
    pub counts: Counts,
}

impl Campaign {
    /// What lists show of it: without the texts that have room on its own page alone. The steps can still be counted.
    #[must_use]
    pub fn in_list(self) -> Self {
        let steps = self.steps.into_iter().map(|step| Step { title: String::new(), content: String::new(), ..step }).collect();
        Self { description: String::new(), steps, ..self }
    }

    /// What search looks through, folded once: name and description, a line each.
    pub fn search_text(&self) -> String {
        // Folded text has no line feeds: no search goes from the one to the other.
        format!("{}\n{}", fold(&self.name), fold(&self.description))
    }

    /// The same with other counts, as the next revision.
    #[must_use]
    pub fn counted(&self, counts: Counts) -> Self {
        Self { revision: self.revision + 1, counts, ..self.clone() }
    }

    pub fn figures(&self) -> CampaignFigures {
        CampaignFigures { campaign_id: self.id, revision: self.revision, counts: self.counts.clone() }
    }

    /// Takes newer figures over; older ones change nothing. Answers whether they were newer.
    pub fn take(&mut self, figures: &CampaignFigures) -> bool {
        let newer = figures.campaign_id == self.id && figures.revision > self.revision;
        if newer {
            self.revision = figures.revision;
            self.counts = figures.counts.clone();
        }
        newer
    }

    /// The same in `status`, with the times that go with it. Says nothing of revision: whoever asks for it does.
    pub(super) fn turned(&mut self, status: CampaignStatus, now: Timestamp) {
        self.status = status;
        if status == CampaignStatus::Active {
            self.started_at.get_or_insert(now);
        }
        self.ended_at = status.is_over().then_some(now);
    }
}

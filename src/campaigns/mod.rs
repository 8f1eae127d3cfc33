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
mod summary;
mod task;

pub use crate::leads::Selection;
pub use counts::Counts;
pub use enrollment::{
    EnrollResult, Enrolled, Enrollment, EnrollmentPage, EnrollmentQuery, EnrollmentState, LeadCampaign, LeadCampaignPage,
    LeadCampaignQuery, WHY_LEFT_OUT, position,
};
pub use new::NewCampaign;
pub use patch::{CampaignEdit, CampaignPatch};
pub use placeholder::placeholders;
pub use query::{CampaignColumn, CampaignPage, CampaignQuery, CampaignSort, SummaryPage};
pub use status::{CampaignAction, CampaignStatus};
pub use step::{Step, StepId, StepKind, starter_sequence};
pub use step_moves::{StepMove, step_moves};
pub use summary::CampaignSummary;
pub use task::{Task, TaskDone};

use crate::{
    ActorRef, ChangeId, Op, Permission, Recorded, Timestamp,
    activity::{ActivityKind, Link, Names, Word},
    id::ids,
    record::Concerned,
    text::fold,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

ids!(CampaignId);

/// Longest name, in characters.
pub const NAME_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 5_000;

/// A campaign. Its sequence is part of it: it is edited as a whole, with one revision and one conflict.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Campaign {
    pub id: CampaignId,
    /// Incremented by every write to this campaign, including its counters; the higher revision wins.
    pub revision: i64,
    /// Revision of the last edit. Later revisions changed only the counters, so an edit based on any of them is not stale.
    #[serde(default)]
    pub edited: i64,
    /// Unique, compared case-insensitively.
    pub name: String,
    /// Empty for none.
    pub description: String,
    pub status: CampaignStatus,
    /// In order.
    pub steps: Vec<Step>,
    #[serde(flatten)]
    pub counts: Counts,
    /// Name of the creator at that time.
    pub created_by: String,
    /// The creator. `None` when the log no longer holds the creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<ActorRef>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When it was first active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// It had more than `rights::LARGE` leads at some time since it was first active, which a manager decided. Absent for no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub large: bool,
    /// When it was completed or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// An edited campaign, and the change for undo; `None` when nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedCampaign {
    pub campaign: Campaign,
    pub undo: Option<ChangeId>,
}

/// A campaign's counters and their revision: what is logged and sent to clients when its enrollments change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CampaignFigures {
    pub campaign_id: CampaignId,
    pub revision: i64,
    #[serde(flatten)]
    pub counts: Counts,
    /// As in `Campaign`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub large: bool,
}

impl Recorded for Campaign {
    const LIVE: Option<Permission> = Some(Permission::Read);

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn campaign_id(&self) -> Option<CampaignId> {
        Some(self.id)
    }

    fn said(&self, op: Op, _: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        let link = Word::link(&self.name, Link::Campaign(self.id));
        Some(match op {
            Op::Delete => (ActivityKind::Deleted, "deleted the campaign", Word::strong(&self.name)),
            Op::Restore => (ActivityKind::Restored, "restored the campaign", link),
            Op::Create | Op::Update | Op::Bulk => (ActivityKind::Added, "created the campaign", link),
        })
    }

    /// As in lists, but with the description, which a search in the list looks at.
    fn in_live_list(mut self) -> Self {
        let description = std::mem::take(&mut self.description);
        Self { description, ..self.in_list() }
    }

    /// Enrollments count only while their campaign exists. Its other edits move no enrollment into or out of it, and no reply.
    fn concerns(&self, op: Op) -> Concerned {
        if matches!(op, Op::Delete | Op::Restore) { Concerned::Anyone } else { Concerned::Nobody }
    }
}

/// Its campaign's activity does not show it.
impl Recorded for CampaignFigures {
    fn id(&self) -> Uuid {
        self.campaign_id.0
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

impl CampaignFigures {
    /// Updates the counters of campaign `id` when these have a higher revision. Returns whether they have.
    fn update(&self, id: CampaignId, revision: &mut i64, counts: &mut Counts) -> bool {
        let newer = self.campaign_id == id && self.revision > *revision;
        if newer {
            *revision = self.revision;
            *counts = self.counts.clone();
        }
        newer
    }
}

impl Campaign {
    /// The campaign as live lists show it: without description and step texts. The steps can still be counted.
    #[must_use]
    pub fn in_list(self) -> Self {
        let steps = self.steps.into_iter().map(|step| Step { title: String::new(), content: String::new(), ..step }).collect();
        Self { description: String::new(), steps, ..self }
    }

    /// The folded text that search runs on: name and description, one line each.
    pub fn search_text(&self) -> String {
        // Folded text contains no line feeds, so that no search matches across both.
        format!("{}\n{}", fold(&self.name), fold(&self.description))
    }

    /// The next revision, with other counters.
    #[must_use]
    pub fn counted(&self, counts: Counts) -> Self {
        let after = Self { revision: self.revision + 1, counts, ..self.clone() };
        Self { large: after.is_large(), ..after }
    }

    pub fn figures(&self) -> CampaignFigures {
        CampaignFigures { campaign_id: self.id, revision: self.revision, counts: self.counts.clone(), large: self.large }
    }

    /// Applies figures with a higher revision, and ignores others. Returns whether they were newer.
    pub fn take(&mut self, figures: &CampaignFigures) -> bool {
        figures.update(self.id, &mut self.revision, &mut self.counts)
    }

    /// Sets the status with `started_at` and `ended_at`. The caller sets the revision.
    pub(super) fn enter_status(&mut self, status: CampaignStatus, now: Timestamp) {
        self.status = status;
        if status == CampaignStatus::Active {
            self.started_at.get_or_insert(now);
            self.large = self.is_large();
        }
        self.ended_at = status.is_over().then_some(now);
    }
}

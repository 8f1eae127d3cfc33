//! One lead in one campaign: its progress and result.

use super::{Campaign, CampaignStatus, Step, StepKind};
use crate::{
    CampaignId, Error, LeadId, Op, Recorded, Result, StepId, Timestamp,
    error::CampaignRef,
    leads::{Connection, Lead, Status},
    record::Concerned,
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

words! {
    /// State of an enrollment, from its newest fact; used for filters and badges.
    EnrollmentState, "state", default Pending {
        Pending = "pending", "Pending";
        Requested = "requested", "Request sent";
        Connected = "connected", "Connected";
        Replied = "replied", "Replied";
        Finished = "finished", "Finished";
        Stopped = "stopped", "Stopped";
    }
}

/// One lead in one campaign: its progress and the times of its facts.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrollment {
    pub campaign_id: CampaignId,
    pub lead_id: LeadId,
    /// Derived from the times below.
    pub state: EnrollmentState,
    /// The last completed step. `None` before the first step, and in older records, which hold only the position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<StepId>,
    /// Position of the last completed step, 0 before the first. Derived from `step_id` and the sequence at that time.
    pub step: i64,
    /// When the last step was completed; before the first step, when the lead was enrolled.
    pub step_at: Timestamp,
    /// Messages and calls done by hand.
    pub messages: i64,
    pub enrolled_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<Timestamp>,
    /// The lead converted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_at: Option<Timestamp>,
    /// When the last step was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// When the request was declined, or the lead may no longer be contacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
}

/// The step `id`, or the one at position `step` when there is no id. For a removed step, the step that came before it.
fn last_done(steps: &[Step], id: Option<StepId>, step: i64) -> Option<&Step> {
    let up_to = |position: i64| steps.iter().rev().find(|step| step.position <= position);
    match id {
        Some(id) => steps.iter().find(|step| step.id == id).or_else(|| up_to(step - 1)),
        None => up_to(step),
    }
}

/// Position in this sequence of the last completed step: of step `id`, or of `step` when there is no id; 0 before the first.
pub fn position(steps: &[Step], id: Option<StepId>, step: i64) -> i64 {
    last_done(steps, id, step).map_or(0, |step| step.position)
}

impl Recorded for Enrollment {
    fn id(&self) -> Uuid {
        self.id()
    }

    fn lead_id(&self) -> Option<LeadId> {
        Some(self.lead_id)
    }

    fn campaign_id(&self) -> Option<CampaignId> {
        Some(self.campaign_id)
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Lead(self.lead_id)
    }
}

impl Enrollment {
    pub fn new(campaign_id: CampaignId, lead_id: LeadId, now: Timestamp) -> Self {
        Self {
            campaign_id,
            lead_id,
            state: EnrollmentState::Pending,
            step_id: None,
            step: 0,
            step_at: now,
            messages: 0,
            enrolled_at: now,
            requested_at: None,
            connected_at: None,
            replied_at: None,
            succeeded_at: None,
            finished_at: None,
            stopped_at: None,
        }
    }

    /// Derived from both ids, because a lead has at most one enrollment in a campaign.
    pub fn id(&self) -> Uuid {
        Uuid::from_u128(self.campaign_id.0.as_u128() ^ self.lead_id.0.as_u128())
    }

    /// The lead was sent a request, written to or called in this campaign, or has replied.
    pub fn is_contacted(&self) -> bool {
        self.step > 0 || self.messages > 0 || self.requested_at.is_some() || self.replied_at.is_some()
    }

    /// The last completed step, in this sequence.
    fn last_done<'s>(&self, steps: &'s [Step]) -> Option<&'s Step> {
        last_done(steps, self.step_id, self.step)
    }

    /// The enrollment with `step_id` and `step` corrected to name the same step of this sequence.
    #[must_use]
    pub fn placed(self, steps: &[Step]) -> Self {
        let last = self.last_done(steps);
        Self { step_id: last.map(|step| step.id), step: last.map_or(0, |step| step.position), ..self }
    }

    /// The next active step; `None` for a stopped enrollment. A request is skipped when the lead is connected or was asked already.
    pub fn next<'s>(&self, steps: &'s [Step], connection: Connection) -> Option<&'s Step> {
        let done = self.last_done(steps).map_or(0, |step| step.position);
        let needed = |step: &&Step| step.kind != StepKind::ConnectionRequest || connection == Connection::NotConnected;
        let mut open = steps.iter().filter(|step| step.active && step.position > done).filter(needed);
        if self.stopped_at.is_some() { None } else { open.next() }
    }

    /// When the next step is due.
    pub fn due_at(&self, steps: &[Step], connection: Connection) -> Option<Timestamp> {
        self.next(steps, connection).map(|step| self.step_at.plus_days(step.delay_days))
    }

    /// The enrollment after `step` was completed by hand. `connection` is the lead's connection afterwards.
    #[must_use]
    pub fn done(mut self, step: &Step, steps: &[Step], connection: Connection, now: Timestamp) -> Self {
        (self.step_id, self.step) = (Some(step.id), step.position);
        self.step_at = now;
        if step.kind != StepKind::ConnectionRequest {
            self.messages += 1;
        }
        if self.next(steps, connection).is_none() {
            self.finished_at = Some(now);
        }
        self.settled()
    }

    /// The enrollment after a request was declined by either side. The request still counts as sent.
    #[must_use]
    pub fn declined(mut self, now: Timestamp) -> Self {
        self.stopped_at = Some(now);
        self.settled()
    }

    /// The enrollment after its deleted lead was restored: stopped when the lead may not be contacted any more.
    #[must_use]
    pub fn restored(mut self, lead: &Lead, now: Timestamp) -> Self {
        if !lead.may_be_contacted() {
            self.stopped_at.get_or_insert(now);
        }
        self.settled()
    }

    /// The enrollment after its lead changed: sets the time of each fact that became true, and clears the facts that are no longer true.
    #[must_use]
    pub fn follow(mut self, steps: &[Step], before: &Lead, after: &Lead, now: Timestamp) -> Self {
        let mark = |fact: &mut Option<Timestamp>, was: bool, is: bool| match (was, is) {
            (false, true) => *fact = Some(now),
            (true, false) => *fact = None,
            _ => {}
        };
        let (was, is) = (before.connection, after.connection);
        mark(&mut self.connected_at, was == Connection::Connected, is == Connection::Connected);
        mark(&mut self.replied_at, before.status.has_replied(), after.status.has_replied());
        mark(&mut self.succeeded_at, before.status == Status::Converted, after.status == Status::Converted);
        mark(&mut self.stopped_at, !before.may_be_contacted(), !after.may_be_contacted());
        match (was, is) {
            (Connection::RequestSent, Connection::NotConnected) => self = self.not_requested(steps),
            (_, Connection::RequestSent) if was != is => self = self.requested(steps, after, now),
            _ => {}
        }
        self.settled()
    }

    /// The enrollment after the undo of the change that made `after` of `before`: each fact that is as that change left it becomes what it
    /// was; the others are those of `followed`, which is this enrollment after it followed its lead.
    #[must_use]
    pub fn undone(&self, before: &Self, after: &Self, mut followed: Self) -> Self {
        fn undo<T: PartialEq + Copy>(fact: &mut T, now: T, before: T, after: T) {
            if now == after {
                *fact = before;
            }
        }
        undo(&mut followed.requested_at, self.requested_at, before.requested_at, after.requested_at);
        undo(&mut followed.connected_at, self.connected_at, before.connected_at, after.connected_at);
        undo(&mut followed.replied_at, self.replied_at, before.replied_at, after.replied_at);
        undo(&mut followed.succeeded_at, self.succeeded_at, before.succeeded_at, after.succeeded_at);
        undo(&mut followed.finished_at, self.finished_at, before.finished_at, after.finished_at);
        undo(&mut followed.stopped_at, self.stopped_at, before.stopped_at, after.stopped_at);
        if (self.step_id, self.step_at, self.messages) == (after.step_id, after.step_at, after.messages) {
            (followed.step_id, followed.step) = (before.step_id, before.step);
            (followed.step_at, followed.messages) = (before.step_at, before.messages);
        }
        followed.settled()
    }

    /// A lead that is sent a request again continues where it stopped.
    fn requested(mut self, steps: &[Step], lead: &Lead, now: Timestamp) -> Self {
        self.requested_at.get_or_insert(now);
        self.stopped_at = self.stopped_at.filter(|_| !lead.may_be_contacted());
        match self.next(steps, Connection::NotConnected) {
            Some(step) if step.kind == StepKind::ConnectionRequest => self.done(step, steps, Connection::RequestSent, now),
            _ => self,
        }
    }

    fn not_requested(mut self, steps: &[Step]) -> Self {
        self.requested_at = None;
        let Some(asked) = self.last_done(steps).filter(|step| step.kind == StepKind::ConnectionRequest) else { return self };
        self.finished_at = None;
        Self { step_id: None, step: asked.position - 1, ..self }.placed(steps)
    }

    fn settled(mut self) -> Self {
        self.state = match &self {
            Self { stopped_at: Some(_), .. } => EnrollmentState::Stopped,
            Self { finished_at: Some(_), .. } => EnrollmentState::Finished,
            Self { replied_at: Some(_), .. } => EnrollmentState::Replied,
            Self { connected_at: Some(_), .. } => EnrollmentState::Connected,
            Self { requested_at: Some(_), .. } => EnrollmentState::Requested,
            _ => EnrollmentState::Pending,
        };
        self
    }
}

/// Query for a page of a campaign's enrollments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentQuery {
    pub state: Option<EnrollmentState>,
    /// Only leads after this one.
    pub after: Option<LeadId>,
    /// Rows to skip, for page numbers.
    pub offset: u32,
    /// Page size, 1–1,000.
    pub limit: u32,
}

impl Default for EnrollmentQuery {
    fn default() -> Self {
        Self { state: None, after: None, offset: 0, limit: 50 }
    }
}

/// Why a lead is not enrolled in a campaign.
pub const WHY_LEFT_OUT: &str = "unsubscribed, bounced, complained or do not contact";

/// Result of enrolling or unenrolling leads.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnrollResult {
    /// Number of leads enrolled or unenrolled, without those that were so already.
    pub count: i64,
    /// Number of leads not enrolled because they may not be contacted: unsubscribed, bounced, complained or “do not contact”.
    pub left_out: i64,
}

impl EnrollResult {
    /// Turns the result for a single lead into an error when it was left out.
    ///
    /// # Errors
    /// `Conflict` when the lead was left out.
    pub fn or_why(self) -> Result<Self> {
        if self.left_out == 0 { Ok(self) } else { Err(Error::Conflict(format!("This lead was left out: {WHY_LEFT_OUT}"))) }
    }
}

/// A lead with its enrollment in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    pub lead: Lead,
    pub enrollment: Enrollment,
}

/// A campaign that a lead is enrolled in, as the lead's page shows it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadCampaign {
    pub campaign: CampaignRef,
    pub status: CampaignStatus,
    /// The whole sequence: completed and open steps, without their texts.
    pub steps: Vec<Step>,
    pub enrollment: Enrollment,
    /// The next step, if the campaign is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Step>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

impl LeadCampaign {
    pub fn new(campaign: Campaign, enrollment: Enrollment, connection: Connection) -> Self {
        let mut way = Self {
            campaign: CampaignRef { id: campaign.id, name: campaign.name },
            status: campaign.status,
            steps: campaign.steps,
            enrollment: enrollment.clone(),
            next: None,
            due_at: None,
        };
        way = way.at(enrollment, connection);
        way.steps.iter_mut().for_each(|step| step.content = String::new());
        way
    }

    /// The same campaign with another state of the enrollment. The text of another next step is not known.
    #[must_use]
    pub fn at(mut self, enrollment: Enrollment, connection: Connection) -> Self {
        let active = self.status == CampaignStatus::Active;
        let enrollment = enrollment.placed(&self.steps);
        self.next = enrollment.next(&self.steps, connection).filter(|_| active).cloned();
        self.due_at = enrollment.due_at(&self.steps, connection).filter(|_| active);
        self.enrollment = enrollment;
        self
    }
}

/// Query for a page of a lead's campaigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadCampaignQuery {
    /// Only campaigns after this one.
    pub after: Option<CampaignId>,
    /// Campaigns to skip, for page numbers.
    pub offset: u32,
    /// Page size, 1–1,000.
    pub limit: u32,
}

impl Default for LeadCampaignQuery {
    fn default() -> Self {
        Self { after: None, offset: 0, limit: 50 }
    }
}

/// One page of a lead's campaigns, oldest first. It may end early, because it is limited in bytes too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadCampaignPage {
    pub campaigns: Vec<LeadCampaign>,
    /// The last campaign of this page; `None` on the last page.
    pub next: Option<CampaignId>,
    /// Number of campaigns that the lead is in.
    pub total: i64,
}

/// One page of a campaign's enrollments, newest leads first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentPage {
    pub enrolled: Vec<Enrolled>,
    /// The last lead of this page; `None` on the last page.
    pub next: Option<LeadId>,
    pub total: i64,
}

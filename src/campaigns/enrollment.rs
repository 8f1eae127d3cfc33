//! One lead in one campaign: how far it is, and what came of it.

use super::{Campaign, CampaignStatus, Step, StepKind};
use crate::{
    CampaignId, Error, LeadId, Result, StepId, Timestamp,
    error::CampaignRef,
    leads::{Connection, Lead, Status},
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

words! {
    /// The newest of the enrollment's facts, for filters and pills.
    EnrollmentState, "state", default Pending {
        Pending = "pending", "Pending";
        Requested = "requested", "Request sent";
        Connected = "connected", "Connected";
        Replied = "replied", "Replied";
        Finished = "finished", "Finished";
        Stopped = "stopped", "Stopped";
    }
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrollment {
    pub campaign_id: CampaignId,
    pub lead_id: LeadId,
    /// Follows from the times below.
    pub state: EnrollmentState,
    /// The last step done. Absent before the first, and in older records, which hold its position alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<StepId>,
    /// The position of the last step done; 0 before the first. Follows from `step_id` and the sequence as it was then.
    pub step: i64,
    /// When that was, or the enrollment.
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
    /// The last step is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Declined, or not to be contacted (any more).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
}

/// The step `id`, or the one at the position `step` where no id is known. For a step that was removed, the one that came before it.
fn last_done(steps: &[Step], id: Option<StepId>, step: i64) -> Option<&Step> {
    let up_to = |position: i64| steps.iter().rev().find(|step| step.position <= position);
    match id {
        Some(id) => steps.iter().find(|step| step.id == id).or_else(|| up_to(step - 1)),
        None => up_to(step),
    }
}

/// The position in this sequence of the last step done: of the step `id`, or of `step` where no id is known; 0 before the first.
pub fn position(steps: &[Step], id: Option<StepId>, step: i64) -> i64 {
    last_done(steps, id, step).map_or(0, |step| step.position)
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

    /// Made of both ids: there is one enrollment of a lead in a campaign.
    pub fn id(&self) -> Uuid {
        Uuid::from_u128(self.campaign_id.0.as_u128() ^ self.lead_id.0.as_u128())
    }

    /// It was asked, written to or called in this campaign, or has replied.
    pub fn is_contacted(&self) -> bool {
        self.step > 0 || self.messages > 0 || self.requested_at.is_some() || self.replied_at.is_some()
    }

    /// The last step done, in this sequence.
    fn last_done<'s>(&self, steps: &'s [Step]) -> Option<&'s Step> {
        last_done(steps, self.step_id, self.step)
    }

    /// The same in this sequence: `step_id` and `step` name the same step of it.
    #[must_use]
    pub fn placed(self, steps: &[Step]) -> Self {
        let last = self.last_done(steps);
        Self { step_id: last.map(|step| step.id), step: last.map_or(0, |step| step.position), ..self }
    }

    /// What is to be done next; nothing for one that is stopped. Whoever is asked or connected already needs no request.
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

    /// After `step` was done by hand, with the lead in this connection now.
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

    /// After the other side, or we, said no. The request was sent all the same.
    #[must_use]
    pub fn declined(mut self, now: Timestamp) -> Self {
        self.stopped_at = Some(now);
        self.settled()
    }

    /// After its lead changed: what became true of the lead is a fact from now on, what is no longer true was a mistake or was taken back.
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

    /// Whoever is approached again goes on where it stopped.
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentQuery {
    pub state: Option<EnrollmentState>,
    /// Leads after this one.
    pub after: Option<LeadId>,
    /// Rows to skip, for page numbers.
    pub offset: u32,
    /// 1–1,000.
    pub limit: u32,
}

impl Default for EnrollmentQuery {
    fn default() -> Self {
        Self { state: None, after: None, offset: 0, limit: 50 }
    }
}

/// Why a lead does not come into a campaign.
pub const WHY_LEFT_OUT: &str = "unsubscribed, bounced, complained or do not contact";

/// What enrolling, or taking out, came to.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrolling {
    /// How many came in, or went. Those that were in, or out, already are not counted.
    pub count: i64,
    /// How many did not come in because they may not be contacted: unsubscribed, bounced, complained or “do not contact”.
    pub left_out: i64,
}

impl Enrolling {
    /// For a single lead.
    ///
    /// # Errors
    /// `Conflict` when it was left out.
    pub fn or_why(self) -> Result<Self> {
        if self.left_out == 0 { Ok(self) } else { Err(Error::Conflict(format!("This lead was left out: {WHY_LEFT_OUT}"))) }
    }
}

/// A lead with its way through a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    pub lead: Lead,
    pub enrollment: Enrollment,
}

/// A campaign that a lead is in, as the lead's sheet shows it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    pub campaign: CampaignRef,
    pub status: CampaignStatus,
    /// The whole sequence, for the steps done and to come.
    pub steps: Vec<Step>,
    pub enrollment: Enrollment,
    /// What is to be done next, if the campaign is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Step>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

impl Way {
    pub fn new(campaign: Campaign, enrollment: Enrollment, connection: Connection) -> Self {
        let way = Self {
            campaign: CampaignRef { id: campaign.id, name: campaign.name },
            status: campaign.status,
            steps: campaign.steps,
            enrollment: enrollment.clone(),
            next: None,
            due_at: None,
        };
        way.at(enrollment, connection)
    }

    /// The same way, further along.
    #[must_use]
    pub fn at(mut self, enrollment: Enrollment, connection: Connection) -> Self {
        let active = self.status == CampaignStatus::Active;
        let enrollment = enrollment.placed(&self.steps);
        self.next = enrollment.next(&self.steps, connection).filter(|_| active).cloned();
        self.due_at = enrollment.due_at(&self.steps, connection).filter(|_| active);
        self.enrollment = enrollment;
        self
    }

    /// With the texts of the next step and the one behind it alone: whoever works on the lead may see these before it is read again.
    #[must_use]
    pub fn in_reach(mut self) -> Self {
        let next = self.next.as_ref().map(|next| next.position);
        let near = |step: &Step| next.is_some_and(|next| (next..=next + 1).contains(&step.position));
        self.steps.iter_mut().filter(|step| !near(step)).for_each(|step| step.content = String::new());
        self
    }
}

/// Newest leads first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentPage {
    pub enrolled: Vec<Enrolled>,
    /// The last lead of this page, when there is another.
    pub next: Option<LeadId>,
    pub total: i64,
}

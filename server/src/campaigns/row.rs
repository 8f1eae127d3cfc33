//! Campaigns and enrollments as rows, in both directions.

use crate::{
    leads::LeadRow,
    store::{Query, Value},
};
use domain::{
    ActorRef, CampaignId, Error, LeadId, Result, StepId, Timestamp,
    campaigns::{Campaign, CampaignFigures, CampaignStatus, CampaignSummary, Counts, Enrolled, Enrollment, EnrollmentState, Step},
    error::CampaignRef,
    text::fold,
};
use sqlx::types::Json;
use uuid::Uuid;

crate::store::bind_ids!(domain::CampaignId, domain::StepId);

#[derive(sqlx::FromRow)]
pub(super) struct CampaignRow {
    id: Uuid,
    revision: i64,
    edited: i64,
    name: String,
    description: String,
    status: String,
    steps: Json<Vec<Step>>,
    total_leads: i64,
    requests_sent: i64,
    connected: i64,
    messages_sent: i64,
    contacted: i64,
    replied: i64,
    successful_leads: i64,
    finished: i64,
    standing: Json<Vec<i64>>,
    created_by: String,
    made_by: Option<Json<ActorRef>>,
    created_at: i64,
    updated_at: i64,
    started_at: Option<i64>,
    large: bool,
    ended_at: Option<i64>,
}

/// Approximate size of a campaign or enrollment without long texts as JSON, in bytes.
const SHORT: usize = 700;

impl CampaignRow {
    pub(super) fn id(&self) -> CampaignId {
        CampaignId(self.id)
    }

    /// Approximate size as JSON, in bytes.
    pub(super) fn size(&self) -> usize {
        let steps = self.steps.0.iter().map(|step| step.title.len() + step.content.len() + 100).sum::<usize>();
        SHORT + self.description.len() + steps
    }
}

impl TryFrom<CampaignRow> for Campaign {
    type Error = Error;
    fn try_from(row: CampaignRow) -> Result<Self> {
        Ok(Self {
            id: CampaignId(row.id),
            revision: row.revision,
            edited: row.edited,
            name: row.name,
            description: row.description,
            status: word(CampaignStatus::ALL, CampaignStatus::as_str, &row.status)?,
            steps: row.steps.0,
            counts: Counts {
                total_leads: row.total_leads,
                requests_sent: row.requests_sent,
                connected: row.connected,
                messages_sent: row.messages_sent,
                contacted: row.contacted,
                replied: row.replied,
                successful_leads: row.successful_leads,
                finished: row.finished,
                standing: row.standing.0,
            },
            created_by: row.created_by,
            made_by: row.made_by.map(|who| who.0),
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
            started_at: row.started_at.map(Timestamp),
            large: row.large,
            ended_at: row.ended_at.map(Timestamp),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct SummaryRow {
    id: Uuid,
    revision: i64,
    edited: i64,
    name: String,
    status: String,
    step_count: i64,
    total_leads: i64,
    requests_sent: i64,
    connected: i64,
    messages_sent: i64,
    contacted: i64,
    replied: i64,
    successful_leads: i64,
    finished: i64,
    standing: Json<Vec<i64>>,
    made_by: Option<Json<ActorRef>>,
    created_at: i64,
}

impl TryFrom<SummaryRow> for CampaignSummary {
    type Error = Error;
    fn try_from(row: SummaryRow) -> Result<Self> {
        Ok(Self {
            id: CampaignId(row.id),
            revision: row.revision,
            edited: row.edited,
            name: row.name,
            status: word(CampaignStatus::ALL, CampaignStatus::as_str, &row.status)?,
            step_count: row.step_count,
            counts: Counts {
                total_leads: row.total_leads,
                requests_sent: row.requests_sent,
                connected: row.connected,
                messages_sent: row.messages_sent,
                contacted: row.contacted,
                replied: row.replied,
                successful_leads: row.successful_leads,
                finished: row.finished,
                standing: row.standing.0,
            },
            made_by: row.made_by.map(|who| who.0),
            created_at: Timestamp(row.created_at),
        })
    }
}

fn word<T: Copy>(all: &[T], text: fn(T) -> &'static str, stored: &str) -> Result<T> {
    all.iter().copied().find(|one| text(*one) == stored).ok_or_else(|| {
        tracing::error!(stored, "a campaign's or enrollment's row holds a word that this version does not know");
        Error::Internal
    })
}

/// Binds `edited_columns`.
pub(super) fn bind_campaign(query: Query, campaign: &Campaign) -> Result<Query> {
    Ok(query
        .bind(campaign.id)
        .bind(campaign.edited)
        .bind(campaign.name.as_str())
        .bind(campaign.description.as_str())
        .bind(campaign.status.as_str())
        .bind(Value::json(&campaign.steps)?)
        .bind(campaign.created_by.as_str())
        .bind_all([campaign.made_by.as_ref().map_or(Ok(Value::Json(None)), Value::json)?])
        .bind(campaign.created_at)
        .bind(campaign.updated_at)
        .bind(campaign.started_at)
        .bind(campaign.ended_at)
        .bind(fold(&campaign.name))
        .bind(campaign.search_text()))
}

/// Binds `counts_columns`.
pub(super) fn bind_figures(query: Query, figures: &CampaignFigures) -> Result<Query> {
    let CampaignFigures { campaign_id, revision, counts, large } = figures;
    Ok(query
        .bind(*campaign_id)
        .bind(*revision)
        .bind(counts.total_leads)
        .bind(counts.requests_sent)
        .bind(counts.connected)
        .bind(counts.messages_sent)
        .bind(counts.contacted)
        .bind(counts.replied)
        .bind(counts.successful_leads)
        .bind(counts.finished)
        .bind(Value::json(&counts.standing)?)
        .bind(*large))
}

#[derive(sqlx::FromRow)]
pub(super) struct RefRow {
    id: Uuid,
    name: String,
}

impl From<RefRow> for CampaignRef {
    fn from(row: RefRow) -> Self {
        Self { id: CampaignId(row.id), name: row.name }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct EnrollmentRow {
    campaign_id: Uuid,
    lead_id: Uuid,
    state: String,
    step_id: Option<Uuid>,
    old_step: i64,
    step_at: i64,
    messages: i64,
    enrolled_at: i64,
    requested_at: Option<i64>,
    connected_at: Option<i64>,
    replied_at: Option<i64>,
    succeeded_at: Option<i64>,
    finished_at: Option<i64>,
    stopped_at: Option<i64>,
    /// The lead is deleted.
    pub(super) gone: bool,
}

impl EnrollmentRow {
    pub(super) fn campaign(&self) -> CampaignId {
        CampaignId(self.campaign_id)
    }

    /// The enrollment with its position in the campaign's sequence.
    pub(super) fn placed(self, steps: &[Step]) -> Result<Enrollment> {
        Ok(Enrollment::try_from(self)?.placed(steps))
    }
}

/// Without the position, which needs the campaign's sequence: see `EnrollmentRow::placed`.
impl TryFrom<EnrollmentRow> for Enrollment {
    type Error = Error;
    fn try_from(row: EnrollmentRow) -> Result<Self> {
        Ok(Self {
            campaign_id: CampaignId(row.campaign_id),
            lead_id: LeadId(row.lead_id),
            state: word(EnrollmentState::ALL, EnrollmentState::as_str, &row.state)?,
            step_id: row.step_id.map(StepId),
            step: row.old_step,
            step_at: Timestamp(row.step_at),
            messages: row.messages,
            enrolled_at: Timestamp(row.enrolled_at),
            requested_at: row.requested_at.map(Timestamp),
            connected_at: row.connected_at.map(Timestamp),
            replied_at: row.replied_at.map(Timestamp),
            succeeded_at: row.succeeded_at.map(Timestamp),
            finished_at: row.finished_at.map(Timestamp),
            stopped_at: row.stopped_at.map(Timestamp),
        })
    }
}

/// Binds `ENROLLMENT_COLUMNS`.
pub fn bind_enrollment(query: Query, enrollment: &Enrollment, gone: bool) -> Query {
    query
        .bind(enrollment.campaign_id)
        .bind(enrollment.lead_id)
        .bind(enrollment.state.as_str())
        .bind(enrollment.step_id)
        .bind(if enrollment.step_id.is_none() { enrollment.step } else { 0 })
        .bind(enrollment.step_at)
        .bind(enrollment.messages)
        .bind(enrollment.enrolled_at)
        .bind(enrollment.requested_at)
        .bind(enrollment.connected_at)
        .bind(enrollment.replied_at)
        .bind(enrollment.succeeded_at)
        .bind(enrollment.finished_at)
        .bind(enrollment.stopped_at)
        .bind(gone)
}

#[derive(sqlx::FromRow)]
pub(super) struct EnrolledRow {
    #[sqlx(flatten)]
    lead: LeadRow,
    #[sqlx(flatten)]
    enrollment: EnrollmentRow,
}

impl EnrolledRow {
    /// Approximate size as JSON, in bytes.
    pub(super) fn size(&self) -> usize {
        SHORT + self.lead.size()
    }

    /// The lead and its enrollment with the position in the campaign's sequence.
    pub(super) fn placed(self, steps: &[Step]) -> Result<Enrolled> {
        Ok(Enrolled { lead: self.lead.try_into()?, enrollment: self.enrollment.placed(steps)? })
    }
}

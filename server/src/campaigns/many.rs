//! Enrolls and unenrolls many leads with few statements. The caller records the one change that names the set.
//! Lock order: see `Existence`. A deleted campaign cannot be locked, so whoever takes out or puts back its enrollments holds `Existence`.

use super::{
    row::{CampaignRow, EnrollmentRow, bind_enrollment},
    sql, write,
};
use crate::{
    leads::Followers,
    store::{self, Bulk, Existence, Query, Tx, Value},
};
use domain::{
    CampaignId, Error, LeadId, Result, Timestamp,
    campaigns::{Campaign, EnrollResult, Enrollment},
};
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};
use uuid::Uuid;

/// Statements that write many enrollments at once.
pub struct Writes {
    pub(super) replace: Bulk,
    insert: Bulk,
}

pub static WRITES: LazyLock<Writes> = LazyLock::new(|| Writes {
    replace: Bulk::replacing("enrollment", sql::ENROLLMENT_COLUMNS, "campaign_id, lead_id"),
    insert: Bulk::new("enrollment", sql::ENROLLMENT_COLUMNS, "ON CONFLICT (campaign_id, lead_id) DO NOTHING RETURNING gone"),
});

impl Writes {
    /// For the test that prepares every statement.
    pub fn samples(&self) -> Vec<Query> {
        [&self.replace, &self.insert].map(Bulk::samples).concat()
    }
}

/// Enrolls leads. Returns the leads that were enrolled, and how many were left out because they may not be contacted.
///
/// Leads that are already enrolled stay unchanged; deleted leads are skipped.
///
/// # Errors
/// `NotFound`; `Conflict` when the campaign is over; `Forbidden` when it would become too large for the actor. The caller writes nothing then.
pub async fn enroll_many(tx: &mut Tx, id: CampaignId, leads: &[LeadId]) -> Result<(Vec<LeadId>, i64)> {
    let locked = tx.watch_existing(leads.to_vec()).await?;
    let there = tx.all::<(Uuid, bool)>(store::sql(sql::THERE).bind_all([Value::json(&locked)?])).await?;
    // Not those that are restored only now: they are not locked.
    let there: Vec<Uuid> = there.into_iter().map(|(id, _)| id).collect();
    let campaign = open(tx, id).await?;
    let enroll = store::sql(sql::ENROLL).bind(id).bind(tx.now()).bind_all([Value::json(&there)?]);
    let came: Vec<LeadId> = tx.all::<(Uuid,)>(enroll).await?.into_iter().map(|(id,)| LeadId(id)).collect();
    let counts = campaign.counts.clone().joined(came.len() as i64);
    write::count(tx, &campaign, counts).await?;
    if came.len() == leads.len() {
        return Ok((came, 0));
    }
    let (left_out,) = tx.one::<(i64,)>(store::sql(sql::LEFT_OUT).bind(id).bind_all([Value::json(&there)?])).await?;
    Ok((came, left_out))
}

/// A campaign that accepts enrollments, without its texts, locked until the transaction ends.
///
/// # Errors
/// `NotFound`; `Conflict` when the campaign is over.
pub async fn open(tx: &mut Tx, id: CampaignId) -> Result<Campaign> {
    let campaign = write::lock_outline(tx, id).await?;
    if campaign.status.is_over() {
        return Err(Error::Conflict(format!("{} is {}; reopen it to enroll leads", campaign.name, campaign.status)));
    }
    Ok(campaign)
}

/// `open`, for a campaign id that comes from a form, with room for `more` leads.
///
/// # Errors
/// `Invalid` on `campaignId` when it does not exist, `Conflict` when it is over, `Forbidden` when it would become too large for the actor.
pub async fn open_for(tx: &mut Tx, id: CampaignId, more: i64) -> Result<Campaign> {
    let campaign = open(tx, id).await.map_err(|error| unknown(id, error))?;
    campaign.require_room(tx.actor(), more)?;
    Ok(campaign)
}

/// Turns `NotFound` into the form error for an unknown campaign.
pub fn unknown(id: CampaignId, error: Error) -> Error {
    match error {
        Error::NotFound { .. } => {
            Error::invalid("campaignId", format!("No campaign has the id {id}; choose one from the list of campaigns"))
        }
        other => other,
    }
}

/// # Errors
/// `NotFound`.
pub async fn name(tx: &mut Tx, id: CampaignId) -> Result<String> {
    Ok(write::lock_outline(tx, id).await?.name)
}

/// Unenrolls leads. Returns their enrollments as they were.
pub async fn unenroll_many(tx: &mut Tx, _: Existence, id: CampaignId, leads: &[LeadId]) -> Result<Vec<Enrollment>> {
    tx.watch(leads.to_vec()).await?;
    let campaign = write::find_outline(tx, id).await?;
    let out = tx.all::<EnrollmentRow>(store::sql(sql::UNENROLL).bind(id).bind_all([Value::json(&leads)?])).await?;
    let out: Vec<Enrollment> = out.into_iter().map(|row| placed(row, campaign.as_ref())).collect::<Result<_>>()?;
    count_unenrolled(tx, campaign, &out).await?;
    Ok(out)
}

/// Unenrolls the leads that were enrolled in the given time range and have not started a step. Returns how many.
pub async fn unenroll_new(
    tx: &mut Tx,
    _: Existence,
    id: CampaignId,
    leads: &[LeadId],
    (since, upto): (Timestamp, Timestamp),
) -> Result<i64> {
    tx.watch(leads.to_vec()).await?;
    let campaign = write::find_outline(tx, id).await?;
    let unenroll = store::sql(sql::UNENROLL_NEW).bind(id).bind_all([Value::json(&leads)?]).bind(since).bind(upto);
    let mut out = Vec::new();
    for row in tx.all::<EnrollmentRow>(unenroll).await? {
        if !row.gone {
            out.push(placed(row, campaign.as_ref())?);
        }
    }
    count_unenrolled(tx, campaign, &out).await?;
    Ok(out.len() as i64)
}

/// Restores enrollments as they were. Returns how many count again.
///
/// Skips leads that were enrolled again since, and leads that may no longer be contacted.
pub async fn put_back(tx: &mut Tx, _: Existence, id: CampaignId, enrollments: &[Enrollment]) -> Result<EnrollResult> {
    let ids: Vec<LeadId> = enrollments.iter().map(|enrollment| enrollment.lead_id).collect();
    tx.watch(ids.clone()).await?;
    let there = tx.all::<(Uuid, bool)>(store::sql(sql::THERE).bind_all([Value::json(&ids)?])).await?;
    // A deleted lead's enrollment is restored as `gone`; it counts again when the lead is restored.
    let there: HashMap<LeadId, bool> = there.into_iter().map(|(id, may)| (LeadId(id), may)).collect();
    let campaign = write::find_outline(tx, id).await?;
    let held = tx.all::<(Uuid,)>(store::sql(sql::ENROLLED_OF).bind(id).bind_all([Value::json(&ids)?])).await?;
    let held: HashSet<LeadId> = held.into_iter().map(|(id,)| LeadId(id)).collect();
    let new: Vec<&Enrollment> = enrollments.iter().filter(|enrollment| !held.contains(&enrollment.lead_id)).collect();
    let back: Vec<&Enrollment> = new.iter().copied().filter(|one| there.get(&one.lead_id).copied().unwrap_or(true)).collect();
    // The campaign's steps may have changed since.
    let today = |one: &Enrollment| campaign.as_ref().map_or_else(|| one.clone(), |campaign| one.clone().placed(&campaign.steps));
    let back: Vec<Enrollment> = back.into_iter().map(today).collect();
    let left_out = (new.len() - back.len()) as i64;
    let insert = WRITES
        .insert
        .queries(&back, |query, enrollment| Ok(bind_enrollment(query, enrollment, !there.contains_key(&enrollment.lead_id))))?;
    for query in insert {
        tx.all::<(bool,)>(query).await?;
    }
    let count: Vec<&Enrollment> = back.iter().filter(|enrollment| there.contains_key(&enrollment.lead_id)).collect();
    if let Some(campaign) = campaign {
        let counts = count.iter().fold(campaign.counts.clone(), |counts, enrollment| counts.moved(None, Some(enrollment)));
        write::count(tx, &campaign, counts).await?;
    }
    Ok(EnrollResult { count: count.len() as i64, left_out })
}

async fn count_unenrolled(tx: &mut Tx, campaign: Option<Campaign>, out: &[Enrollment]) -> Result<()> {
    let Some(campaign) = campaign else { return Ok(()) };
    let counts = out.iter().fold(campaign.counts.clone(), |counts, enrollment| counts.moved(Some(enrollment), None));
    write::count(tx, &campaign, counts).await
}

/// The enrollment with its position in the campaign's sequence. A deleted campaign gives no position.
fn placed(row: EnrollmentRow, campaign: Option<&Campaign>) -> Result<Enrollment> {
    match campaign {
        Some(campaign) => row.placed(&campaign.steps),
        None => row.try_into(),
    }
}

/// The campaigns in which any of the leads is enrolled, without their texts. Locked in id order, so that no two transactions deadlock.
pub(super) async fn of_leads(tx: &mut Tx, leads: &[LeadId]) -> Result<Vec<Campaign>> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.all::<CampaignRow>(store::sql(sql::LOCK_OF_LEADS).bind_all([Value::json(&leads)?])).await?;
    rows.into_iter().map(Campaign::try_from).collect()
}

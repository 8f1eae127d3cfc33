//! Updates enrollments when their leads are edited, worked on, deleted or restored, in the transaction that writes the leads.

use super::{
    many::{WRITES, of_leads},
    row::{CampaignRow, EnrollmentRow, bind_enrollment},
    sql, write,
};
use crate::{
    leads::{Cause, EnrollmentChange, LogMode, Update, Written},
    store::{self, Tx, Value},
};
use domain::{
    CampaignId, LeadId, Op, Record, Result, Timestamp,
    campaigns::{Campaign, Counts, Enrollment},
    leads::Lead,
};
use std::collections::HashMap;

/// An enrollment and its locked campaign, without the campaign's texts. `gone`: the lead is deleted.
pub(super) struct LockedEnrollment {
    pub(super) campaign: Campaign,
    pub(super) enrollment: Enrollment,
    gone: bool,
}

impl LockedEnrollment {
    pub(super) fn is_live(&self) -> bool {
        !self.gone && self.campaign.status.is_live()
    }
}

/// A lead's enrollments, ordered by campaign id. Locks the campaigns; the caller has already locked the lead's row.
pub(super) async fn locked_enrollments(tx: &mut Tx, id: LeadId) -> Result<Vec<LockedEnrollment>> {
    let campaigns = tx.all::<CampaignRow>(store::sql(sql::LOCK_OF_LEAD).bind(id)).await?;
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = tx.all::<EnrollmentRow>(store::sql(sql::OF_LEAD).bind(id)).await?;
    let mut locked_enrollments = Vec::with_capacity(campaigns.len());
    for row in campaigns {
        let campaign = Campaign::try_from(row)?;
        // Unenrolled before the campaign was locked.
        let Some(at) = rows.iter().position(|row| row.campaign() == campaign.id) else { continue };
        let row = rows.swap_remove(at);
        let gone = row.gone;
        let enrollment = row.placed(&campaign.steps)?;
        locked_enrollments.push(LockedEnrollment { campaign, enrollment, gone });
    }
    Ok(locked_enrollments)
}

/// An enrollment before and after. `before` is `None` for a restored lead, `after` is `None` for a deleted lead.
type Moved = (Option<Enrollment>, Option<Enrollment>);

/// A locked campaign without its texts, its new counts and the enrollments that changed.
struct Following {
    campaign: Campaign,
    counts: Counts,
    moved: Vec<Moved>,
}

impl Following {
    fn push(&mut self, moved: Moved) {
        self.counts = std::mem::take(&mut self.counts).moved(moved.0.as_ref(), moved.1.as_ref());
        self.moved.push(moved);
    }
}

/// Updates the enrollments and the campaign counters of leads that were just written. New leads have no enrollments. With `LogMode::Set`,
/// returns the enrollments of edited leads that changed; else they are in the log.
pub async fn follow(tx: &mut Tx, written: &[Written], mode: LogMode) -> Result<Vec<EnrollmentChange>> {
    let (mut updated, mut deleted, mut restored) = (HashMap::new(), Vec::new(), HashMap::new());
    for one in written {
        match one {
            Written::New(_) => {}
            Written::Updated(update) => {
                if concerns(update) {
                    updated.insert(update.after.id, &**update);
                }
            }
            Written::Deleted(lead) => deleted.push(lead.id),
            Written::Restored(lead) => _ = restored.insert(lead.id, lead),
        }
    }
    let ids: Vec<LeadId> = updated.keys().chain(&deleted).chain(restored.keys()).copied().collect();
    let mut campaigns: HashMap<CampaignId, Following> = of_leads(tx, &ids)
        .await?
        .into_iter()
        .map(|campaign| (campaign.id, Following { counts: campaign.counts.clone(), campaign, moved: Vec::new() }))
        .collect();
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    advance(tx, &mut campaigns, &updated).await?;
    remove(tx, &mut campaigns, &deleted).await?;
    restore(tx, &mut campaigns, &restored).await?;
    let mut campaigns: Vec<Following> = campaigns.into_values().collect();
    campaigns.sort_by_key(|one| one.campaign.id);
    let mut changed = Vec::new();
    for Following { campaign, counts, moved } in campaigns {
        write::count(tx, &campaign, counts).await?;
        match mode {
            LogMode::Each => moved.into_iter().for_each(|one| record(tx, one)),
            LogMode::Set => changed.extend(moved.into_iter().filter_map(|(before, after)| before.zip(after))),
        }
    }
    Ok(changed)
}

/// An edit concerns a campaign when a person did a task for it, or when it changed the lead's connection, status or consent.
fn concerns(update: &Update) -> bool {
    let Update { before, after, cause } = update;
    matches!(cause, Cause::Task(..))
        || (before.connection, before.status, before.consent) != (after.connection, after.status, after.consent)
}

/// Advances the leads' enrollments in live campaigns.
async fn advance(tx: &mut Tx, campaigns: &mut HashMap<CampaignId, Following>, updated: &HashMap<LeadId, &Update>) -> Result<()> {
    if updated.is_empty() || campaigns.values().all(|one| !one.campaign.status.is_live()) {
        return Ok(());
    }
    let now = tx.now();
    let ids: Vec<LeadId> = updated.keys().copied().collect();
    let mut rows = Vec::new();
    for row in tx.all::<EnrollmentRow>(store::sql(sql::OF_LEADS).bind_all([Value::json(&ids)?])).await? {
        let Some(following) = campaigns.get_mut(&row.campaign()).filter(|one| one.campaign.status.is_live()) else { continue };
        let before = row.placed(&following.campaign.steps)?;
        let Some(update) = updated.get(&before.lead_id) else { continue };
        let after = advanced(before.clone(), update, &following.campaign, now);
        if after != before {
            rows.push(after.clone());
            following.push((Some(before), Some(after)));
        }
    }
    tx.run_all(WRITES.replace.queries(&rows, |query, enrollment| Ok(bind_enrollment(query, enrollment, false)))?).await.map(drop)
}

fn advanced(enrollment: Enrollment, update: &Update, campaign: &Campaign, now: Timestamp) -> Enrollment {
    let Update { before, after, cause } = update;
    let steps = &campaign.steps;
    match cause {
        Cause::Task(task, chosen) => {
            let step = chosen.as_ref().filter(|(id, _)| *id == campaign.id).map(|(_, step)| step);
            task.advance(enrollment, steps, step, before, after, now)
        }
        Cause::Edit => enrollment.follow(steps, before, after, now),
        Cause::Undo(changed) => {
            let followed = enrollment.clone().follow(steps, before, after, now);
            match changed.iter().find(|(before, _)| before.campaign_id == campaign.id) {
                Some((before, after)) => enrollment.undone(before, after, followed).placed(steps),
                None => followed,
            }
        }
    }
}

/// Deleted leads leave the counts of all their campaigns.
async fn remove(tx: &mut Tx, campaigns: &mut HashMap<CampaignId, Following>, leads: &[LeadId]) -> Result<()> {
    for row in set_gone(tx, leads, true).await? {
        // A deleted campaign has no counts.
        let Some(following) = campaigns.get_mut(&row.campaign()) else { continue };
        let enrollment = row.placed(&following.campaign.steps)?;
        following.push((Some(enrollment), None));
    }
    Ok(())
}

/// Restored leads enter the counts again. A live campaign stops those that may not be contacted any more; others do so at their start.
async fn restore(tx: &mut Tx, campaigns: &mut HashMap<CampaignId, Following>, leads: &HashMap<LeadId, &Lead>) -> Result<()> {
    let now = tx.now();
    let ids: Vec<LeadId> = leads.keys().copied().collect();
    let mut stopped = Vec::new();
    for row in set_gone(tx, &ids, false).await? {
        let Some(following) = campaigns.get_mut(&row.campaign()) else { continue };
        let mut enrollment = row.placed(&following.campaign.steps)?;
        if let Some(lead) = leads.get(&enrollment.lead_id).filter(|_| following.campaign.status.is_live()) {
            let restored = enrollment.clone().restored(lead, now);
            if restored != enrollment {
                stopped.push(restored.clone());
                enrollment = restored;
            }
        }
        following.push((None, Some(enrollment)));
    }
    tx.run_all(WRITES.replace.queries(&stopped, |query, enrollment| Ok(bind_enrollment(query, enrollment, false)))?).await.map(drop)
}

async fn set_gone(tx: &mut Tx, leads: &[LeadId], gone: bool) -> Result<Vec<EnrollmentRow>> {
    match leads {
        [] => Ok(Vec::new()),
        leads => tx.all(store::sql(sql::SET_GONE).bind_all([Value::json(&leads)?]).bind(gone)).await,
    }
}

fn record(tx: &mut Tx, moved: Moved) {
    let record = |enrollment: Option<Enrollment>| enrollment.map(Record::Enrollment);
    let op = match &moved {
        (Some(_), Some(_)) => Op::Update,
        (Some(_), None) => Op::Delete,
        (None, _) => Op::Restore,
    };
    tx.record(op, record(moved.0), record(moved.1));
}

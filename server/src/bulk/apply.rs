//! One batch of a bulk action. Each lead changes exactly as in a single edit.

use super::{put, row::Job, run::NextLeads};
use crate::{
    campaigns,
    leads::{
        self, LogMode, Write,
        undo_images::{self, Image, LeadFields},
    },
    store::{Existence, Tx},
};
use domain::{
    BulkId, CampaignId, Error, LeadId, Result,
    bulk::{BulkAction, BulkStatus},
    campaigns::{EnrollResult, Enrollment},
    leads::{LeadEdit, LeadPatch},
};

/// Writes one batch: leads, undo images, counts and cursor.
pub(super) async fn apply(tx: &mut Tx, before: Job, mut next: NextLeads) -> Result<Job> {
    let id = before.bulk.id;
    let mut left_out = 0;
    let changed = match &before.bulk.action {
        BulkAction::Delete {} => delete(tx, id, &mut next).await?,
        BulkAction::Enroll { campaign_id } => match enroll(tx, id, *campaign_id, &next.leads).await {
            // The campaign is over or deleted: nothing was written, and a retry would fail again.
            Err(error @ (Error::Conflict(_) | Error::NotFound { .. })) => return fail(tx, before, &error).await,
            done => {
                let done = done?;
                left_out = done.left_out;
                done.count
            }
        },
        BulkAction::Unenroll { campaign_id } => unenroll(tx, id, *campaign_id, &next.leads).await?,
        action => {
            let (changed, without) = edit(tx, id, action, &mut next).await?;
            left_out = without;
            changed
        }
    };
    let mut after = before.clone();
    after.bulk.done += next.leads.len() as i64;
    after.bulk.changed += changed;
    after.bulk.left_out += left_out;
    if let Some(last) = next.leads.last() {
        after.cursor = *last;
    }
    if next.last {
        // Leads were added or deleted while it ran.
        after.bulk.total = after.bulk.done;
        after = after.ended(BulkStatus::Done, tx.now());
    }
    put(tx, before, after).await
}

async fn fail(tx: &mut Tx, before: Job, error: &Error) -> Result<Job> {
    let mut after = before.clone();
    after.bulk.error = Some(error.to_string());
    let after = after.ended(BulkStatus::Failed, tx.now());
    put(tx, before, after).await
}

/// Returns how many leads changed, and how many the action leaves out.
async fn edit(tx: &mut Tx, set: BulkId, action: &BulkAction, next: &mut NextLeads) -> Result<(i64, i64)> {
    let now = tx.now();
    let (mut pairs, mut undo_images, mut left_out) = (Vec::new(), Vec::new(), 0);
    for lead in next.lock(tx).await? {
        left_out += i64::from(action.leaves_out(&lead));
        let Some(edited) = LeadEdit::set(action.patch(&lead)).apply(&lead, now)? else { continue };
        let after = LeadPatch::between(&lead, &edited);
        let before = LeadFields::of(&lead, after.values_in(&lead));
        undo_images.push(Image { lead: lead.id, before: Some(before), after: Some(LeadFields::of(&edited, after)) });
        pairs.push((lead, edited));
    }
    let committed = leads::commit(tx, Write::Update(pairs), LogMode::Set).await?;
    undo_images::add_enrollments(&mut undo_images, committed.enrollments);
    undo_images::keep(tx, set.0, &undo_images).await?;
    Ok((committed.written.len() as i64, left_out))
}

async fn delete(tx: &mut Tx, set: BulkId, next: &mut NextLeads) -> Result<i64> {
    let existence = Existence::lock(tx).await?;
    let leads = next.lock(tx).await?;
    let undo_images: Vec<_> = leads.iter().map(|lead| Image { lead: lead.id, before: Some(lead), after: None }).collect();
    undo_images::keep(tx, set.0, &undo_images).await?;
    Ok(leads::commit(tx, Write::Delete(existence, leads), LogMode::Set).await?.written.len() as i64)
}

async fn enroll(tx: &mut Tx, set: BulkId, campaign: CampaignId, ids: &[LeadId]) -> Result<EnrollResult> {
    let (came, left_out) = campaigns::enroll_many(tx, campaign, ids).await?;
    let undo_images: Vec<Image<Enrollment>> = came.into_iter().map(|lead| Image { lead, before: None, after: None }).collect();
    undo_images::keep(tx, set.0, &undo_images).await?;
    Ok(EnrollResult { count: undo_images.len() as i64, left_out })
}

async fn unenroll(tx: &mut Tx, set: BulkId, campaign: CampaignId, ids: &[LeadId]) -> Result<i64> {
    let existence = Existence::lock(tx).await?;
    let out = campaigns::unenroll_many(tx, existence, campaign, ids).await?;
    let undo_images: Vec<_> =
        out.into_iter().map(|enrollment| Image { lead: enrollment.lead_id, before: Some(enrollment), after: None }).collect();
    undo_images::keep(tx, set.0, &undo_images).await?;
    Ok(undo_images.len() as i64)
}

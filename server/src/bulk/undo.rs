//! Undo of a bulk action, in batches; a restart resumes it. Fields that people edited since keep their values.

use super::{put, row::Job, sql};
use crate::{
    campaigns,
    leads::{
        self, LogMode, Write,
        undo_images::{self, Image, Images},
    },
    store::{Existence, Tx, Value, sql as text},
};
use domain::{
    BulkId, CampaignId, Error, LeadId, Result, Timestamp,
    bulk::{BulkAction, BulkStatus},
    campaigns::{EnrollResult, Enrollment},
    leads::Lead,
    text::grouped,
};
use std::collections::HashSet;
use uuid::Uuid;

/// Most leads that are named among those left out.
const NAMED: i64 = 20;

/// Result of one batch.
#[derive(Debug, Clone, Copy)]
struct Restored {
    /// Undo images processed.
    looked: i64,
    /// Leads restored.
    back: i64,
    /// Leads not enrolled again, because they may no longer be contacted; leads not restored, because another lead has their e-mail.
    left_out: i64,
    /// No more follow.
    last: bool,
}

/// The job at the start of its undo.
///
/// # Errors
/// `Forbidden` for too many leads, in all or in a started campaign; `Conflict` when there is nothing to undo.
pub(super) async fn begin(tx: &mut Tx, mut job: Job) -> Result<Job> {
    let bulk = &mut job.bulk;
    bulk.require(tx.actor())?;
    let count = bulk.to_undo();
    if count == 0 {
        return Err(Error::Conflict(match bulk.status {
            BulkStatus::Running => "Stop the bulk action first, then undo it".to_owned(),
            status if status.is_over() && bulk.changed == 0 => "There is nothing to undo; nothing was changed".to_owned(),
            other => format!("There is nothing to undo; this bulk action is {other}"),
        }));
    }
    campaigns::require_room_to_undo(tx, &bulk.action, bulk.id.0).await?;
    bulk.status = BulkStatus::Undoing;
    (bulk.total, bulk.done, bulk.changed, bulk.left_out, bulk.error) = (count, 0, 0, 0, None);
    job.cursor = undo_images::START;
    Ok(job)
}

/// Restores the next batch; ends the undo when none is left.
pub(super) async fn part(tx: &mut Tx, before: Job, batch: i64) -> Result<Job> {
    let id = before.bulk.id;
    let mut after = before.clone();
    let restored = match &before.bulk.action {
        BulkAction::Delete {} => {
            let restored = bring_back(tx, id, &mut after.cursor, batch).await?;
            if restored.last {
                after.bulk.error = not_restored(tx, id, after.bulk.left_out + restored.left_out).await?;
            }
            restored
        }
        BulkAction::Enroll { campaign_id } => {
            unenroll(tx, id, *campaign_id, batch, (before.bulk.created_at, before.bulk.finished_at.unwrap_or(tx.now()))).await?
        }
        BulkAction::Unenroll { campaign_id } => enroll(tx, id, *campaign_id, batch).await?,
        _ => {
            let undo_images::Restored { leads, changed, edited_since, last } = undo_images::restore(tx, id.0, batch).await?;
            Restored { looked: leads.len() as i64, back: changed, left_out: edited_since.len() as i64, last }
        }
    };
    after.bulk.done += restored.looked;
    after.bulk.changed += restored.back;
    after.bulk.left_out += restored.left_out;
    if restored.last {
        after = after.ended(BulkStatus::Undone, tx.now());
    }
    put(tx, before, after).await
}

/// Restores the deleted leads after `cursor` under their ids. Their notes and stage history were never deleted. The images of leads whose
/// e-mail another lead has by now stay, so that the undo can be repeated.
async fn bring_back(tx: &mut Tx, set: BulkId, cursor: &mut LeadId, batch: i64) -> Result<Restored> {
    let existence = Existence::lock(tx).await?;
    let Images { images, last } = undo_images::take::<Lead>(tx, set.0, *cursor, batch).await?;
    *cursor = images.last().map_or(*cursor, |image| image.lead);
    let gone: Vec<Lead> = images.iter().filter_map(|image| image.before.clone()).map(Lead::restored).collect();
    let came = leads::commit(tx, Write::Restore(existence, gone), LogMode::Set).await?.written;
    let (looked, back) = (images.len() as i64, came.len() as i64);
    // Leads that someone restored one by one are not left out.
    let there: Vec<LeadId> = images.iter().map(|image| image.lead).collect();
    let there = tx.all::<(Uuid,)>(text(sql::THERE).bind_all([Value::json(&there)?])).await?;
    let there: HashSet<Uuid> = there.into_iter().map(|(id,)| id).collect();
    let left: Vec<Image<Lead>> = images.into_iter().filter(|image| !there.contains(&image.lead.0)).collect();
    undo_images::keep(tx, set.0, &left).await?;
    Ok(Restored { looked, back, left_out: left.len() as i64, last })
}

/// Names the first of the leads that are left out of the undo; `None` when all are back.
async fn not_restored(tx: &mut Tx, set: BulkId, count: i64) -> Result<Option<String>> {
    let images = undo_images::next::<Lead>(tx, set.0, undo_images::START, NAMED).await?.images;
    let names: Vec<String> =
        images.into_iter().filter_map(|image| image.before).map(|lead| format!("{} ({})", lead.name, lead.email)).collect();
    let more = count - names.len() as i64;
    let more = if more > 0 { format!(" and {} more", grouped(more)) } else { String::new() };
    Ok((!names.is_empty())
        .then(|| format!("Not restored: {}{more}. Change the e-mail of the lead that has theirs now, then undo again", names.join(", "))))
}

async fn unenroll(tx: &mut Tx, set: BulkId, campaign: CampaignId, batch: i64, when: (Timestamp, Timestamp)) -> Result<Restored> {
    let existence = Existence::lock(tx).await?;
    let Images { images, last } = undo_images::take::<Enrollment>(tx, set.0, undo_images::START, batch).await?;
    let ids: Vec<LeadId> = images.into_iter().map(|image| image.lead).collect();
    let back = campaigns::unenroll_new(tx, existence, campaign, &ids, when).await?;
    Ok(Restored { looked: ids.len() as i64, back, left_out: 0, last })
}

async fn enroll(tx: &mut Tx, set: BulkId, campaign: CampaignId, batch: i64) -> Result<Restored> {
    let existence = Existence::lock(tx).await?;
    let Images { images, last } = undo_images::take::<Enrollment>(tx, set.0, undo_images::START, batch).await?;
    let looked = images.len() as i64;
    let enrollments: Vec<Enrollment> = images.into_iter().filter_map(|image| image.before).collect();
    let EnrollResult { count, left_out } = campaigns::put_back(tx, existence, campaign, &enrollments).await?;
    Ok(Restored { looked, back: count, left_out, last })
}

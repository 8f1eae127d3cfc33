//! Undo of a bulk action, in batches; a restart resumes it. Fields that people edited since keep their values.

use super::{put, row::Job};
use crate::{
    campaigns,
    leads::{
        self, LogMode, Write,
        undo_images::{self, Images},
    },
    store::{Existence, Tx},
};
use domain::{
    BulkId, CampaignId, LeadId, Result, Timestamp,
    bulk::{BulkAction, BulkStatus},
    campaigns::{EnrollResult, Enrollment},
    leads::Lead,
};

/// Result of one batch.
#[derive(Debug, Clone, Copy)]
struct Restored {
    /// Undo images processed.
    looked: i64,
    /// Leads restored.
    back: i64,
    /// Leads not enrolled again, because they may no longer be contacted.
    left_out: i64,
    /// No more follow.
    last: bool,
}

/// Restores the next batch; ends the undo when none is left.
pub(super) async fn part(tx: &mut Tx, before: Job, batch: i64) -> Result<Job> {
    let id = before.bulk.id;
    let restored = match &before.bulk.action {
        BulkAction::Delete {} => bring_back(tx, id, batch).await?,
        BulkAction::Enroll { campaign_id } => {
            unenroll(tx, id, *campaign_id, batch, (before.bulk.created_at, before.bulk.finished_at.unwrap_or(tx.now()))).await?
        }
        BulkAction::Unenroll { campaign_id } => enroll(tx, id, *campaign_id, batch).await?,
        _ => {
            let undo_images::Restored { leads, changed, last } = undo_images::restore(tx, id.0, batch).await?;
            Restored { looked: leads.len() as i64, back: changed, left_out: 0, last }
        }
    };
    let mut after = before.clone();
    after.bulk.done += restored.looked;
    after.bulk.changed += restored.back;
    after.bulk.left_out += restored.left_out;
    if restored.last {
        after = after.ended(BulkStatus::Undone, tx.now());
    }
    put(tx, before, after).await
}

/// Restores deleted leads under their ids. Their notes and stage history were never deleted.
async fn bring_back(tx: &mut Tx, set: BulkId, batch: i64) -> Result<Restored> {
    let existence = Existence::lock(tx).await?;
    let Images { images, last } = undo_images::take::<Lead>(tx, set.0, batch).await?;
    let looked = images.len() as i64;
    let gone: Vec<Lead> = images.into_iter().filter_map(|image| image.before).map(Lead::restored).collect();
    // Leads whose e-mail another lead has by now are skipped.
    let came = leads::commit(tx, Write::Restore(existence, gone), LogMode::Set).await?.written;
    Ok(Restored { looked, back: came.len() as i64, left_out: 0, last })
}

async fn unenroll(tx: &mut Tx, set: BulkId, campaign: CampaignId, batch: i64, when: (Timestamp, Timestamp)) -> Result<Restored> {
    let existence = Existence::lock(tx).await?;
    let Images { images, last } = undo_images::take::<Enrollment>(tx, set.0, batch).await?;
    let ids: Vec<LeadId> = images.into_iter().map(|image| image.lead).collect();
    let back = campaigns::unenroll_new(tx, existence, campaign, &ids, when).await?;
    Ok(Restored { looked: ids.len() as i64, back, left_out: 0, last })
}

async fn enroll(tx: &mut Tx, set: BulkId, campaign: CampaignId, batch: i64) -> Result<Restored> {
    let existence = Existence::lock(tx).await?;
    let Images { images, last } = undo_images::take::<Enrollment>(tx, set.0, batch).await?;
    let looked = images.len() as i64;
    let enrollments: Vec<Enrollment> = images.into_iter().filter_map(|image| image.before).collect();
    let EnrollResult { count, left_out } = campaigns::put_back(tx, existence, campaign, &enrollments).await?;
    Ok(Restored { looked, back: count, left_out, last })
}

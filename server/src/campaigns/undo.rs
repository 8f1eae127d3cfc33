//! Undo: reverts an edit, or restores a deleted campaign with its enrollments of leads that still exist.

use super::{enroll, sql, steps::Undone, write};
use crate::{
    leads::Followers,
    store::{self, Existence, Tx},
};
use domain::{Change, ChangeId, Error, Op, Permission, Record, Result, campaigns::Campaign};
use uuid::Uuid;

/// # Errors
/// `Forbidden` without the right to delete it; `Stale` when the same fields were edited since; `Duplicate` when another campaign has the
/// name; `Conflict` when the change is neither an edit nor a deletion, or is already undone.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::WriteCampaigns)?;
    match change {
        Change { id, op: Op::Delete, before: Some(Record::Campaign(gone)), .. } => {
            Ok(Some(Record::Campaign(Box::new(restore(tx, id, *gone).await?))))
        }
        Change { id, at, op: Op::Update, before: Some(Record::Campaign(before)), after: Some(Record::Campaign(after)), .. } => {
            Ok(Some(Record::Campaign(Box::new(revert_edit(tx, Undone { id, at }, &before, &after).await?))))
        }
        _ => Err(Error::Conflict("Of a campaign its edits and its deletion can be undone; delete it instead".to_owned())),
    }
}

async fn revert_edit(tx: &mut Tx, undone: Undone, before: &Campaign, after: &Campaign) -> Result<Campaign> {
    let now = write::lock(tx, after.id).await.map_err(|error| match error {
        Error::NotFound { .. } => Error::Conflict(format!("{} was deleted since", after.name)),
        other => other,
    })?;
    let back = now.revert_edit(before, after, tx.now())?;
    Ok(write::replace(tx, now, back, Some(undone)).await?.campaign)
}

async fn restore(tx: &mut Tx, id: ChangeId, gone: Campaign) -> Result<Campaign> {
    gone.require_end(tx.actor())?;
    Existence::lock(tx).await?;
    let newest = tx.optional::<(Uuid,)>(store::sql(sql::NEWEST_CHANGE).bind(gone.id)).await?;
    if newest != Some((id.0,)) {
        return Err(Error::Conflict(format!("{} was restored already", gone.name)));
    }
    // Enrollments do not follow their leads before the campaign is there.
    tx.run(store::sql(sql::LOCK_LEADS).bind(gone.id)).await?;
    // Leads may have been deleted or restored meanwhile.
    tx.run(store::sql(sql::SETTLE).bind(gone.id)).await?;
    for step in &gone.steps {
        tx.run(store::sql(sql::SETTLE_STEP).bind(gone.id).bind(step.position).bind(step.id)).await?;
    }
    let counts = enroll::recount(tx.conn(), gone.id, &gone.steps).await?;
    // Leads that were unenrolled may have been enrolled again while it was deleted.
    gone.require_room(tx.actor(), counts.total_leads - gone.counts.total_leads)?;
    let campaign = gone.counted(counts);
    write::insert(tx, &campaign).await?;
    write::stop(tx, &campaign).await?;
    tx.recount().await?;
    tx.record(Op::Restore, None, Some(Record::Campaign(Box::new(campaign.clone()))));
    Ok(campaign)
}

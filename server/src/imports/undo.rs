//! Undo of an import, in batches; a restart resumes it. Leads that it created are deleted, except those that people worked on since. Leads
//! that it updated get their old values back, except fields that people edited since.

use super::{put, sql};
use crate::{
    campaigns,
    leads::{self, LogMode, Write, undo_images},
    store::{Existence, Tx, sql as text},
};
use domain::{
    CampaignId, ImportId, LeadId, Result,
    error::LeadRef,
    imports::{Import, ImportStatus, KEPT_NAMED, KeptLeads},
};
use uuid::Uuid;

/// Leads per transaction.
const LEADS: i64 = 2_000;

/// One batch: deletes or restores the next leads, or ends the undo when none are left. There is no cursor: what is undone leaves the sets
/// that the batches are taken from.
pub(super) async fn part(tx: &mut Tx, before: Import) -> Result<Import> {
    let existence = Existence::lock(tx).await?;
    if remove(tx, existence, &before).await? || restore(tx, existence, &before).await? {
        return Ok(before);
    }
    let kept = kept(tx, before.id).await?;
    let after = Import { status: ImportStatus::Undone, finished_at: Some(tx.now()), kept, ..before.clone() };
    put(tx, before, after).await
}

/// Deletes leads that the import created and nobody worked on since. `false` when none is left.
async fn remove(tx: &mut Tx, existence: Existence, import: &Import) -> Result<bool> {
    let campaign = import.options.campaign_id.unwrap_or(CampaignId(Uuid::nil()));
    let query = text(sql::UNTOUCHED).bind(import.id).bind(LEADS).bind(campaign);
    let untouched = leads::read_batch(tx, query).await?.0;
    let some = !untouched.is_empty();
    leads::commit(tx, Write::Delete(existence, untouched), LogMode::Set).await?;
    Ok(some)
}

/// Count and first names of the leads that the undo did not delete.
async fn kept(tx: &mut Tx, id: ImportId) -> Result<KeptLeads> {
    let (count,) = tx.one::<(i64,)>(text(sql::KEPT).bind(id)).await?;
    let rows = tx.all::<(Uuid, String, String)>(text(sql::KEPT_NAMES).bind(id).bind(KEPT_NAMED)).await?;
    Ok(KeptLeads { count, leads: rows.into_iter().map(|(id, name, email)| LeadRef { id: LeadId(id), name, email }).collect() })
}

/// Restores the old values of updated leads and unenrolls them from the import's campaign. `false` when none is left.
async fn restore(tx: &mut Tx, existence: Existence, import: &Import) -> Result<bool> {
    let ids = undo_images::restore(tx, import.id.0, LEADS).await?.leads;
    if ids.is_empty() {
        return Ok(false);
    }
    if let (Some(campaign), Some(started)) = (import.options.campaign_id, import.started_at) {
        campaigns::unenroll_new(tx, existence, campaign, &ids, (started, import.finished_at.unwrap_or(tx.now()))).await?;
    }
    Ok(true)
}

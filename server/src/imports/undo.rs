//! Undo of an import, in batches; a restart resumes it. Leads that it created are deleted, except those that people worked on since. Leads
//! that it updated get their old values back, except fields that people edited since. Orders that it recorded are deleted, which puts the sums of
//! their customers back; nobody can edit an order.

use super::{put, sql};
use crate::{
    campaigns,
    leads::{self, LogMode, Write, undo_images},
    orders,
    store::{Existence, Tx, Value, sql as text},
};
use domain::{
    CampaignId, ImportId, LeadId, Result,
    error::LeadRef,
    imports::{Import, ImportKind, ImportStatus, KEPT_NAMED, KeptLeads},
};
use uuid::Uuid;

/// Leads or orders per transaction.
const AT_ONCE: i64 = 2_000;

/// One batch: deletes or restores the next leads, or ends the undo when none are left. There is no cursor: what is undone leaves the sets
/// that the batches are taken from.
pub(super) async fn part(tx: &mut Tx, before: Import) -> Result<Import> {
    match before.kind() {
        ImportKind::Leads => part_of_leads(tx, before).await,
        ImportKind::Orders if orders::remove_imported(tx, before.id, AT_ONCE).await? > 0 => Ok(before),
        ImportKind::Orders => end(tx, before, KeptLeads::default()).await,
    }
}

async fn part_of_leads(tx: &mut Tx, before: Import) -> Result<Import> {
    let existence = Existence::lock(tx).await?;
    if remove(tx, existence, &before).await? {
        return Ok(before);
    }
    let mut kept = before.kept.clone();
    if restore(tx, existence, &before, &mut kept).await? {
        let after = Import { kept, ..before.clone() };
        if after != before {
            sql::update(tx, &after).await?;
        }
        return Ok(after);
    }
    not_deleted(tx, before.id, &mut kept).await?;
    end(tx, before, kept).await
}

async fn end(tx: &mut Tx, before: Import, kept: KeptLeads) -> Result<Import> {
    let after = Import { status: ImportStatus::Undone, finished_at: Some(tx.now()), kept, ..before.clone() };
    put(tx, before, after).await
}

/// Deletes leads that the import created and nobody worked on since. `false` when none is left.
async fn remove(tx: &mut Tx, existence: Existence, import: &Import) -> Result<bool> {
    let campaign = import.options.campaign_id.unwrap_or(CampaignId(Uuid::nil()));
    let next = tx.all::<(Uuid,)>(text(sql::UNTOUCHED).bind(import.id).bind(AT_ONCE).bind(campaign)).await?;
    if next.is_empty() {
        return Ok(false);
    }
    let ids: Vec<Uuid> = next.into_iter().map(|(id,)| id).collect();
    tx.run(text(sql::LOCK_LEADS).bind_all([Value::json(&ids)?])).await?;
    let query = text(sql::STILL_UNTOUCHED).bind_all([Value::json(&ids)?]).bind(import.id).bind(campaign);
    let untouched = leads::read_batch(tx, query).await?.0;
    leads::commit(tx, Write::Delete(existence, untouched), LogMode::Set).await?;
    // Even when somebody worked on all of these meanwhile, others may follow.
    Ok(true)
}

/// Adds the leads that the undo did not delete: their number, and the first names.
async fn not_deleted(tx: &mut Tx, id: ImportId, kept: &mut KeptLeads) -> Result<()> {
    let (count,) = tx.one::<(i64,)>(text(sql::KEPT).bind(id)).await?;
    let rows = tx.all::<(Uuid, String, String)>(text(sql::KEPT_NAMES).bind(id).bind(KEPT_NAMED)).await?;
    kept.add(count, rows.into_iter().map(|(id, name, email)| LeadRef { id: LeadId(id), name, email }));
    Ok(())
}

/// Restores the old values of updated leads and unenrolls them from the import's campaign. Adds those that were edited since to `kept`.
/// `false` when none is left.
async fn restore(tx: &mut Tx, existence: Existence, import: &Import, kept: &mut KeptLeads) -> Result<bool> {
    let undo_images::Restored { leads: ids, edited_since, .. } = undo_images::restore(tx, import.id.0, AT_ONCE).await?;
    if ids.is_empty() {
        return Ok(false);
    }
    kept.add(edited_since.len() as i64, edited_since);
    if let (Some(campaign), Some(started)) = (import.options.campaign_id, import.started_at) {
        campaigns::unenroll_new(tx, existence, campaign, &ids, (started, import.finished_at.unwrap_or(tx.now()))).await?;
    }
    Ok(true)
}

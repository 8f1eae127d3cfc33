//! Taking an import back, in batches that a restart goes on with: what it created goes, what it updated gets its old values back,
//! but for fields that people edited since.

use super::{
    Imports, put,
    run::{OnProgress, Pace},
    sql,
};
use crate::{
    campaigns,
    leads::{CountedRow, images},
    store::{Tx, sql as text},
};
use domain::{
    Actor, ImportId, LeadId, Result,
    imports::{Import, ImportStatus},
};

/// Leads in one transaction.
const LEADS: i64 = 2_000;

impl Imports {
    pub(super) async fn take_back(&self, actor: &Actor, import: Import, on_progress: OnProgress<'_>) -> Result<()> {
        let id = import.id;
        let mut pace = Pace { began: self.store.clock.now(), rows: import.counts.rows };
        while !self.jobs.is_stopped() {
            let import = self.store.write_many(actor, move |tx| Box::pin(part(tx, id))).await?;
            self.tell(&import, &mut pace, on_progress);
            if import.status != ImportStatus::Undoing {
                break;
            }
        }
        Ok(())
    }
}

/// The next leads, or the end when there are none.
async fn part(tx: &mut Tx, id: ImportId) -> Result<Import> {
    let before = sql::lock(tx, id).await?;
    if before.status != ImportStatus::Undoing || remove(tx, id).await? || restore(tx, &before).await? {
        return Ok(before);
    }
    campaigns::sweep(tx).await?;
    let after = Import { status: ImportStatus::Undone, finished_at: Some(tx.now()), ..before.clone() };
    put(tx, before, after).await
}

/// Deletes leads that it created. False when none is left.
async fn remove(tx: &mut Tx, id: ImportId) -> Result<bool> {
    let gone = tx.all::<CountedRow>(text(sql::DELETE_CREATED).bind(id).bind(LEADS)).await?;
    let some = !gone.is_empty();
    for row in gone {
        tx.count_lead(Some(row.try_into()?), None);
    }
    Ok(some)
}

/// Gives leads that it updated their old values back, and takes them out of the campaign it brought them into. False when none is left.
async fn restore(tx: &mut Tx, import: &Import) -> Result<bool> {
    let images = images::take(tx, import.id.0, LEADS).await?;
    let ids: Vec<LeadId> = images.iter().map(|image| image.lead).collect();
    if ids.is_empty() {
        return Ok(false);
    }
    images::restore(tx, images, Some("Import undone")).await?;
    if let (Some(campaign), Some(started)) = (import.options.campaign_id, import.started_at) {
        campaigns::unenrol_new(tx, campaign, &ids, (started, import.finished_at.unwrap_or(tx.now()))).await?;
    }
    Ok(true)
}

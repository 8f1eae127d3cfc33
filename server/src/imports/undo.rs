//! Taking an import back, in batches that a restart goes on with: what it created goes, what it updated gets its old values back,
//! but for fields that people edited since.

use super::{
    Imports, put,
    run::{OnProgress, Pace, replace},
    sql::{self, Writes},
};
use crate::{
    campaigns,
    leads::{CountedRow, LeadRow},
    store::{Tx, sql as text},
};
use domain::{
    Actor, ImportId, LeadId, Result,
    imports::{Import, ImportStatus, take_back},
    leads::Lead,
};
use sqlx::types::Json;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Leads in one transaction.
const LEADS: i64 = 2_000;

#[derive(sqlx::FromRow)]
struct UndoRow {
    lead_id: Uuid,
    before: Json<Lead>,
    after: Json<Lead>,
}

impl Imports {
    pub(super) async fn take_back(&self, actor: &Actor, import: Import, on_progress: OnProgress<'_>) -> Result<()> {
        let id = import.id;
        let mut pace = Pace { began: self.store.clock.now(), rows: import.counts.rows };
        while !self.stop.is_cancelled() {
            let writes = self.writes.clone();
            let import = self.store.write_many(actor, move |tx| Box::pin(part(tx, id, writes))).await?;
            self.tell(&import, &mut pace, on_progress);
            if import.status != ImportStatus::Undoing {
                break;
            }
        }
        Ok(())
    }
}

/// The next leads, or the end when there are none.
async fn part(tx: &mut Tx, id: ImportId, writes: Arc<Writes>) -> Result<Import> {
    let before = sql::lock(tx, id).await?;
    if before.status != ImportStatus::Undoing || remove(tx, id).await? || restore(tx, id, &writes).await? {
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

/// False when nothing is left to restore.
async fn restore(tx: &mut Tx, id: ImportId, writes: &Writes) -> Result<bool> {
    let images = tx.all::<UndoRow>(text(sql::UNDO_PART).bind(id).bind(LEADS)).await?;
    let Some(last) = images.last().map(|image| image.lead_id) else { return Ok(false) };
    let leads: Vec<Lead> = sql::all::<LeadRow, Lead>(tx.conn(), text(sql::UNDO_LEADS).bind(id).bind(LEADS)).await?;
    let mut leads: HashMap<LeadId, Lead> = leads.into_iter().map(|lead| (lead.id, lead)).collect();
    let now = tx.now();
    let pairs: Vec<(Lead, Lead)> = images
        .into_iter()
        .filter_map(|image| {
            // Deleted since: it stays deleted.
            let lead = leads.remove(&LeadId(image.lead_id))?;
            let back = take_back(&lead, &image.before.0, &image.after.0, now)?;
            Some((lead, back))
        })
        .collect();
    replace(tx, &pairs, writes).await?;
    tx.run(text(sql::UNDO_DONE).bind(id).bind(last)).await?;
    Ok(true)
}

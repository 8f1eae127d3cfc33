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
    Actor, ImportId, Result,
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
    if before.status != ImportStatus::Undoing
        || remove(tx, id).await?
        || images::restore(tx, id.0, LEADS, Some("Import undone")).await?.looked > 0
    {
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

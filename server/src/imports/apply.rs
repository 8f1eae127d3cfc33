//! One batch of an import: its rows, their report, its counts and the offset in the file.

use super::{
    put,
    read::{Good, ReportedRow, RowBatch, report},
    sql::{self, Writes},
};
use crate::{
    campaigns,
    leads::{
        self, Write, Written,
        undo_images::{self, Image, LeadFields},
    },
    store::{Tx, Value, sql as text},
};
use domain::{
    CampaignId, Error, ImportId, LeadId, Result,
    imports::{BadCell, Import, ImportStatus},
    leads::{Lead, LeadPatch},
};
use std::collections::{HashMap, HashSet};

/// Writes one batch: rows, counts and offset.
pub(super) async fn apply(tx: &mut Tx, before: Import, batch: RowBatch, writes: &Writes) -> Result<Import> {
    let id = before.id;
    let (all, rows) = (!batch.good.is_empty(), batch.new.len());
    let created = leads::commit(tx, Write::Import(batch.new), leads::LogMode::Set).await?.written;
    // Leads that were inserted. `None` when all were.
    let came: Option<HashSet<LeadId>> = (created.len() < rows).then(|| created.iter().map(Written::id).collect());
    // A row skipped as a duplicate is not reported.
    let incomplete = batch.incomplete.into_iter().filter(|(id, _)| all || came.as_ref().is_none_or(|came| came.contains(id)));
    let mut reported: Vec<ReportedRow> = incomplete.map(|(_, reported)| reported).collect();
    let rest: Vec<Good> = batch.good.into_iter().filter(|good| came.as_ref().is_some_and(|came| !came.contains(&good.id))).collect();
    let Merged { updated, leads: mut merged, refused } = merge(tx, id, rest).await?;
    let too_large = refused.len() as i64;
    reported.retain(|reported| !refused.iter().any(|refused| refused.line == reported.line));
    let incomplete = reported.len() as i64;
    reported.extend(refused);
    tx.run_all(report(writes, id, &reported)?).await?;
    if let Some(campaign) = before.options.campaign_id {
        merged.extend(created.iter().map(Written::id));
        enroll(tx, campaign, &merged).await?;
    }
    tx.run_all(batch.rejects).await?;
    let mut after = before.clone();
    let counts = &mut after.counts;
    counts.rows += batch.rows;
    counts.created += created.len() as i64;
    counts.updated += updated;
    counts.rejected += batch.rejected + too_large;
    counts.incomplete += incomplete;
    counts.duplicates = counts.rows - counts.created - counts.updated - counts.rejected;
    after.read = batch.to;
    if !batch.last {
        // The log holds only start and end; the list and the page receive progress frames.
        sql::update(tx, &after).await?;
        return Ok(after);
    }
    after.status = ImportStatus::Completed;
    after.finished_at = Some(tx.now());
    put(tx, before, after).await
}

/// Enrolls the batch's leads. Fails the import when the campaign is over, because the leads were imported for it.
async fn enroll(tx: &mut Tx, campaign: CampaignId, leads: &[LeadId]) -> Result<()> {
    let done = campaigns::enroll_many(tx, campaign, leads).await;
    done.map(drop).map_err(|error| match campaigns::unknown(campaign, error) {
        Error::Conflict(why) => Error::invalid("campaignId", why),
        other => other,
    })
}

/// Result of merging rows into existing leads.
#[derive(Default)]
struct Merged {
    /// Rows that changed a lead.
    updated: i64,
    /// The changed leads.
    leads: Vec<LeadId>,
    /// Rows rejected because they would make a lead too large.
    refused: Vec<ReportedRow>,
}

/// Merges rows into the leads with the same e-mail.
async fn merge(tx: &mut Tx, import: ImportId, mut rows: Vec<Good>) -> Result<Merged> {
    let mut merged = Merged::default();
    while !rows.is_empty() {
        let emails: HashSet<&str> = rows.iter().map(|good| good.row.lead.email.as_str()).collect();
        let (known, end) = leads::read_batch(tx, text(sql::BY_EMAILS).bind(Value::json(&emails)?)).await?;
        let before: HashMap<String, Lead> = known.into_iter().map(|lead| (lead.email.clone(), lead)).collect();
        let (now, later) = rows.into_iter().partition(|good: &Good| before.contains_key(&good.row.lead.email));
        merge_into(tx, import, &before, now, &mut merged).await?;
        // Postgres: a lead that was deleted between two statements. Its row counts as a duplicate.
        rows = if end.is_some() { later } else { Vec::new() };
    }
    Ok(merged)
}

async fn merge_into(tx: &mut Tx, import: ImportId, before: &HashMap<String, Lead>, rows: Vec<Good>, merged: &mut Merged) -> Result<()> {
    let mut after: HashMap<String, Lead> = HashMap::new();
    let now = tx.now();
    for Good { row, line, cells, .. } in rows {
        let Some(old) = before.get(&row.lead.email) else { continue };
        let email = row.lead.email.clone();
        match row.update(after.get(&email).unwrap_or(old), now) {
            Ok(Some(lead)) => {
                after.insert(email, lead);
                merged.updated += 1;
            }
            Ok(None) => {}
            Err(error) => {
                let bad = vec![BadCell { column: String::new(), value: String::new(), reason: error.to_string() }];
                merged.refused.push(ReportedRow { line, bad, cells, imported: false });
            }
        }
    }
    let pairs: Vec<(Lead, Lead)> = after.into_values().filter_map(|lead| Some((before.get(&lead.email)?.clone(), lead))).collect();
    // Undo deletes leads that this import created; only other leads need undo images.
    let others = pairs.iter().filter(|(before, _)| before.import_id != Some(import));
    let mut undo_images: Vec<_> = others
        .map(|(before, after)| Image {
            lead: before.id,
            before: Some(LeadFields::of(before, LeadPatch::all(before))),
            after: Some(LeadFields::of(after, LeadPatch::all(after))),
        })
        .collect();
    merged.leads.extend(pairs.iter().map(|(_, after)| after.id));
    let changed = leads::commit(tx, Write::Update(pairs), leads::LogMode::Set).await?.enrollments;
    undo_images::add_enrollments(&mut undo_images, changed);
    undo_images::keep(tx, import.0, &undo_images).await
}

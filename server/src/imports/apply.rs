//! One batch of an import: its rows, their report, its counts and the offset in the file. Here are those of leads.

use super::{
    apply_orders, customers, put,
    read::{Good, LeadRows, ReportedRow, Right, RowBatch, report},
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
    imports::{BadCell, Import, ImportCounts, ImportStatus, OnDuplicate, Updated},
    leads::{Lead, LeadPatch},
};
use std::collections::{HashMap, HashSet};

/// Writes one batch: rows, counts and offset.
pub(super) async fn apply(tx: &mut Tx, before: Import, batch: RowBatch, writes: &Writes) -> Result<Import> {
    let mut after = before.clone();
    let reported = match batch.right {
        Right::Leads(rows) => apply_leads(tx, &before, rows, &mut after.counts).await?,
        Right::Orders(orders) => apply_orders::apply(tx, &before, orders, &mut after.counts).await?,
    };
    tx.run_all(report(writes, before.id, &reported)?).await?;
    tx.run_all(batch.rejects).await?;
    let counts = &mut after.counts;
    counts.rows += batch.rows;
    counts.rejected += batch.rejected;
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

/// Writes leads. Returns the reports on rows that were rejected, or imported without some cells.
async fn apply_leads(tx: &mut Tx, import: &Import, rows: LeadRows, counts: &mut ImportCounts) -> Result<Vec<ReportedRow>> {
    let updates = import.options.on_duplicate == OnDuplicate::Update;
    let (rows, taken) = customers::refuse_taken(tx, rows, updates).await?;
    let (all, count) = (!rows.good.is_empty(), rows.new.len());
    let created = leads::commit(tx, Write::Import(rows.new), leads::LogMode::Set).await?.written;
    // Leads that were inserted. `None` when all were.
    let came: Option<HashSet<LeadId>> = (created.len() < count).then(|| created.iter().map(Written::id).collect());
    // A row skipped as a duplicate is not reported.
    let incomplete = rows.incomplete.into_iter().filter(|(id, _)| all || came.as_ref().is_none_or(|came| came.contains(id)));
    let mut reported: Vec<ReportedRow> = incomplete.map(|(_, reported)| reported).collect();
    let rest: Vec<Good> = rows.good.into_iter().filter(|good| came.as_ref().is_some_and(|came| !came.contains(&good.id))).collect();
    let Merged { updated, leads: mut merged, refused, incomplete } = merge(tx, import.id, rest).await?;
    reported.retain(|reported| !refused.iter().any(|refused| refused.line == reported.line));
    add(&mut reported, incomplete);
    counts.created += created.len() as i64;
    counts.updated += updated;
    counts.rejected += (refused.len() + taken.len()) as i64;
    counts.incomplete += reported.len() as i64;
    reported.extend(refused.into_iter().chain(taken));
    if let Some(campaign) = import.options.campaign_id {
        merged.extend(created.iter().map(Written::id));
        enroll(tx, campaign, &merged).await?;
    }
    Ok(reported)
}

/// Adds these reports; a row has one report.
fn add(reported: &mut Vec<ReportedRow>, more: Vec<ReportedRow>) {
    let places: HashMap<i64, usize> = reported.iter().enumerate().map(|(at, row)| (row.line, at)).collect();
    for row in more {
        match places.get(&row.line) {
            Some(at) => reported[*at].bad.extend(row.bad),
            None => reported.push(row),
        }
    }
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
    /// Rows with values that their leads do not take.
    incomplete: Vec<ReportedRow>,
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
            Ok(Updated { lead, left_out }) => {
                merged.updated += i64::from(lead.is_some());
                after.extend(lead.map(|lead| (email, lead)));
                if !left_out.is_empty() {
                    merged.incomplete.push(ReportedRow { line, bad: left_out, cells, imported: true });
                }
            }
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

//! The writer of an import: one transaction per batch holds the rows, the counts and the offset in the file. A server that is killed
//! resumes exactly there, and no row is written twice.

use super::{
    Imports, put,
    read::{Batch, Good, Reading, ReportedRow, tell},
    sql::{self, Writes},
};
use crate::{
    campaigns,
    jobs::{self, Jobs, Throughput, Work},
    leads::{
        self, LeadRow, Write, Written,
        undo_images::{self, Facts, Image},
    },
    store::{Query, Tx, Value, sql as text},
};
use async_trait::async_trait;
use domain::{
    Actor, CampaignId, Error, ImportId, LeadId, Result,
    imports::{BadCell, Import, ImportOptions, ImportProgress, ImportStatus, Mapping},
    leads::{Lead, LeadPatch},
    live::Progress,
};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};
use tokio::{io::AsyncReadExt, sync::mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Called after every batch.
pub(super) type OnProgress<'f> = &'f (dyn Fn(&ImportProgress) + Send + Sync);

impl Imports {
    /// For the command line: uploads the file at `path`, imports it with `options`, and returns when it is over.
    pub async fn import_file(
        &self,
        actor: &Actor,
        path: &Path,
        options: ImportOptions,
        on_progress: impl Fn(&ImportProgress) + Send + Sync,
    ) -> Result<Import> {
        let missing = |error: std::io::Error| Error::invalid("file", format!("{} cannot be read: {error}", path.display()));
        let file = tokio::fs::File::open(path).await.map_err(missing)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let body = futures::stream::try_unfold(file, |mut file| async move {
            let mut bytes = bytes::BytesMut::with_capacity(256 * 1024);
            let read =
                file.read_buf(&mut bytes).await.map_err(|error| Error::invalid("file", format!("The file cannot be read: {error}")))?;
            Ok((read > 0).then(|| (bytes.freeze(), file)))
        });
        let id = self.receive(actor, &name, body).await?.id;
        self.begin(actor, id, options).await?;
        if let Err(error) = self.jobs.work(id.0, |stop| Box::pin(self.go_on_with(actor, id, stop, &on_progress))).await {
            self.fail(actor, id.0, &error).await;
        }
        self.store.read(move |conn| Box::pin(sql::get(conn, id))).await?.ok_or_else(|| Error::not_found("Import", id))
    }

    /// Runs or undoes the import, by its status.
    async fn go_on_with(&self, actor: &Actor, id: ImportId, stop: CancellationToken, on_progress: OnProgress<'_>) -> Result<()> {
        let Some(import) = self.store.read(move |conn| Box::pin(sql::get(conn, id))).await? else { return Ok(()) };
        match import.status {
            ImportStatus::Running => match self.run(actor, import, stop, on_progress).await {
                // A retry would not help; a person must free disk space.
                Err(Error::DiskFull) => {
                    self.pause(actor, id).await;
                    Ok(())
                }
                done => done,
            },
            ImportStatus::Undoing => self.take_back(actor, import, stop, on_progress).await,
            _ => Ok(()),
        }
    }

    async fn run(&self, actor: &Actor, import: Import, stop: CancellationToken, on_progress: OnProgress<'_>) -> Result<()> {
        let id = import.id;
        let mapping = Mapping::new(&import.columns, &import.options.mapping, &import.options.tags)?;
        let path = self.path(id);
        if !path.exists() && !self.fetch_file(id).await? {
            return Err(Error::invalid("file", "The file is no longer here; upload it again"));
        }
        let pace = Throughput::begin(self.store.clock.clone(), import.counts.rows);
        let reading =
            Reading { path, import, mapping, writes: self.writes.clone(), clock: self.store.clock.clone(), rows: self.batch_rows };
        let (sender, mut batches) = mpsc::channel(1);
        let reader = tokio::task::spawn_blocking(move || reading.run(&sender));
        loop {
            let batch = tokio::select! {
                batch = batches.recv() => batch,
                () = stop.cancelled() => break,
            };
            let Some(batch) = batch.transpose()? else { break };
            let (to, lease, writes) = (batch.to, self.jobs.holding(id.0), self.writes.clone());
            let import = self.store.write_many(actor, move |tx| Box::pin(apply(tx, id, batch, lease, writes))).await?;
            self.tell(&import, &pace, on_progress);
            if import.status != ImportStatus::Running {
                // A paused import needs its file to continue.
                if import.status.is_over() {
                    self.remove_file(id).await;
                }
                break;
            }
            if import.read != to {
                return Err(Error::Conflict("This import is already running".to_owned()));
            }
        }
        drop(batches);
        reader.await.map_err(|error| {
            tracing::error!(%error, "reading an import's file");
            Error::Internal
        })
    }

    pub(super) fn tell(&self, import: &Import, pace: &Throughput, on_progress: OnProgress<'_>) {
        let progress = progress(import, pace.at(import.counts.rows));
        on_progress(&progress);
        self.hub.progress(Progress::Import(progress));
        self.hub.leads_touched();
    }

    /// Sends the progress of an import that is not moving.
    pub(super) fn tell_of(&self, import: &Import) {
        self.hub.progress(Progress::Import(progress(import, 0.0)));
    }
}

#[async_trait]
impl Work for Imports {
    fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    async fn attempt(&self, actor: &Actor, id: Uuid, stop: CancellationToken) -> Result<()> {
        self.go_on_with(actor, ImportId(id), stop, &|_| {}).await
    }

    async fn fail(&self, actor: &Actor, id: Uuid, error: &Error) {
        let (id, why) = (ImportId(id), error.to_string());
        let failed = self
            .change(actor, id, move |import, now| {
                if import.status.is_over() {
                    return Err(Error::Conflict("The import is over".to_owned()));
                }
                Ok(Import { status: ImportStatus::Failed, error: Some(why), finished_at: Some(now), ..import })
            })
            .await;
        if failed.is_ok() {
            self.remove_file(id).await;
        }
    }

    async fn resume_as(&self, id: Uuid) -> Option<Actor> {
        if self.is_stuck(ImportId(id)) {
            self.write_pause(&Actor::system(), ImportId(id)).await;
            return None;
        }
        Some(Actor::system())
    }

    /// Removes leftover files, on disk and in the database.
    async fn tidy(&self) -> Result<()> {
        let unfinished = self.store.read(|conn| Box::pin(sql::all::<sql::ImportRow, Import>(conn, text(sql::UNFINISHED)))).await?;
        self.sweep(&unfinished);
        self.sweep_database().await
    }
}

fn progress(import: &Import, rows_per_second: f64) -> ImportProgress {
    ImportProgress { id: import.id, status: import.status, read: import.read, size: import.size, counts: import.counts, rows_per_second }
}

/// Writes one batch: rows, counts and offset. Writes nothing when the import was stopped, or another server has advanced it.
async fn apply(tx: &mut Tx, id: ImportId, batch: Batch, lease: Query, writes: Arc<Writes>) -> Result<Import> {
    let before = sql::lock(tx, id).await?;
    if before.status != ImportStatus::Running || before.read != batch.from {
        return Ok(before);
    }
    jobs::hold(tx, lease).await?;
    let (all, rows) = (!batch.good.is_empty(), batch.new.len());
    let created = leads::commit(tx, Write::Import(batch.new), leads::LogMode::Set).await?.written;
    // Leads that were inserted. `None` when all were.
    let came: Option<HashSet<LeadId>> = (created.len() < rows).then(|| created.iter().map(Written::id).collect());
    // A row skipped as a duplicate is not reported.
    let incomplete = batch.incomplete.into_iter().filter(|(id, _)| all || came.as_ref().is_none_or(|came| came.contains(id)));
    let mut told: Vec<ReportedRow> = incomplete.map(|(_, told)| told).collect();
    let rest: Vec<Good> = batch.good.into_iter().filter(|good| came.as_ref().is_some_and(|came| !came.contains(&good.id))).collect();
    let Merged { updated, leads: mut merged, refused } = merge(tx, id, rest).await?;
    let too_large = refused.len() as i64;
    told.retain(|told| !refused.iter().any(|refused| refused.line == told.line));
    let incomplete = told.len() as i64;
    told.extend(refused);
    tx.run_all(tell(&writes, id, &told)?).await?;
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
async fn merge(tx: &mut Tx, import: ImportId, rows: Vec<Good>) -> Result<Merged> {
    let mut merged = Merged::default();
    if rows.is_empty() {
        return Ok(merged);
    }
    let emails: HashSet<&str> = rows.iter().map(|good| good.row.lead.email.as_str()).collect();
    let known: Vec<Lead> = sql::all::<LeadRow, Lead>(tx.conn(), text(sql::BY_EMAILS).bind(Value::json(&emails)?)).await?;
    let before: HashMap<String, Lead> = known.into_iter().map(|lead| (lead.email.clone(), lead)).collect();
    let mut after: HashMap<String, Lead> = HashMap::new();
    let now = tx.now();
    for Good { row, line, cells, .. } in rows {
        // Postgres: the lead was deleted between the two statements. The row counts as a duplicate.
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
    let undo_images: Vec<_> = others
        .map(|(before, after)| Image {
            lead: before.id,
            before: Some(Facts::of(before, LeadPatch::all(before))),
            after: Some(Facts::of(after, LeadPatch::all(after))),
        })
        .collect();
    undo_images::keep(tx, import.0, &undo_images).await?;
    merged.leads = pairs.iter().map(|(_, after)| after.id).collect();
    leads::commit(tx, Write::Update(pairs), leads::LogMode::Set).await?;
    Ok(merged)
}

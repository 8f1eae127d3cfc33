//! The writer of an import: one transaction per batch holds the rows, the counts and the offset in the file. A server that is killed
//! resumes exactly there, and no row is written twice.

use super::{
    Imports,
    apply::apply,
    pause::FULL,
    read::{Reader, Reading, RowBatch},
    sql::{self, Writes},
    undo,
};
use crate::{
    jobs::{Batches, JobKind, Jobs, State},
    store::{Tx, sql as text},
};
use async_trait::async_trait;
use domain::{
    Actor, Error, ImportId, Permission, Result, UserId,
    imports::{Import, ImportOptions, ImportProgress, ImportStatus, Mapping, Owners},
    live::Progress,
};
use std::{path::Path, sync::Arc};
use tokio::io::AsyncReadExt;
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
        let reads = import.status == ImportStatus::Running;
        let mut run = Run { imports: self, on_progress, reader: None };
        match self.jobs.run(actor, id.0, import, &stop, &mut run).await {
            // A retry would not help; a person must free disk space, or someone who may import must continue.
            Err(Error::DiskFull) if reads => self.pause(actor, id).await,
            Err(Error::Forbidden(why)) if reads => {
                self.write_pause(&Actor::system(), id, &format!("{why}; someone else can continue it, or stop and undo it")).await;
            }
            done => {
                // A paused import needs its file to continue.
                if done?.status.is_over() && reads {
                    self.remove_file(id).await;
                }
            }
        }
        Ok(())
    }

    /// Begins to read the file where the import is.
    async fn read_from(&self, import: &Import) -> Result<Reader> {
        let id = import.id;
        let mut mapping = Mapping::new(import.kind(), &import.columns, &import.options.mapping, &import.options.tags)?;
        mapping.stored_in(self.store.current.get().workspace.currency, import.options.foreign_amounts);
        mapping.typed_by(self.store.current.fields());
        mapping.timed_in(self.store.current.zone());
        if mapping.has_owners() {
            mapping.owned_by(self.owners().await?);
        }
        let path = self.path(id);
        if !path.exists() && !self.fetch_file(id).await? {
            return Err(Error::invalid("file", "The file is no longer here; upload it again"));
        }
        let (import, writes, clock) = (import.clone(), self.writes.clone(), self.store.clock.clone());
        Ok(Reading { path, import, mapping, writes, clock, rows: self.batch_rows }.begin())
    }

    pub(super) async fn owners(&self) -> Result<Owners> {
        let users = self.store.read(|conn| Box::pin(conn.all::<(Uuid, String, String)>(text(sql::OWNERS)))).await?;
        Ok(Owners::new(users.into_iter().map(|(id, name, email)| (UserId(id), name, email))))
    }

    /// Sends the progress of an import that is not moving.
    pub(super) fn tell_of(&self, import: &Import) {
        self.hub.progress(Progress::Import(progress(import, 0.0)));
    }
}

/// One run of an import, or of its undo.
struct Run<'f> {
    imports: &'f Imports,
    on_progress: OnProgress<'f>,
    /// Prepares the next batch while the last is written. The undo has none.
    reader: Option<Reader>,
}

pub enum ImportBatch {
    Rows(Box<RowBatch>, Arc<Writes>),
    Undo,
}

#[async_trait]
impl State for Import {
    type Cursor = (ImportStatus, i64);
    type Batch = ImportBatch;

    async fn lock(tx: &mut Tx, id: Uuid) -> Result<Self> {
        sql::lock(tx, ImportId(id)).await
    }

    fn cursor(&self) -> Option<Self::Cursor> {
        matches!(self.status, ImportStatus::Running | ImportStatus::Undoing).then_some((self.status, self.read))
    }

    const WORK: &'static str = "import";

    fn allows(&self, actor: &Actor) -> bool {
        actor.may(Permission::Import) && (self.options.campaign_id.is_none() || actor.may(Permission::WriteCampaigns))
    }

    fn done(&self) -> i64 {
        self.counts.rows
    }

    async fn write(self, tx: &mut Tx, batch: ImportBatch) -> Result<Self> {
        match batch {
            ImportBatch::Rows(rows, writes) => apply(tx, self, *rows, &writes).await,
            ImportBatch::Undo => undo::part(tx, self).await,
        }
    }
}

#[async_trait]
impl Batches for Run<'_> {
    type State = Import;

    async fn next(&mut self, import: &Import) -> Result<ImportBatch> {
        if import.status == ImportStatus::Undoing {
            return Ok(ImportBatch::Undo);
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(self.imports.read_from(import).await?),
        };
        Ok(ImportBatch::Rows(Box::new(reader.next(import.read).await?), self.imports.writes.clone()))
    }

    fn tell(&self, import: &Import, rows_per_second: f64) {
        let progress = progress(import, rows_per_second);
        (self.on_progress)(&progress);
        self.imports.hub.progress(Progress::Import(progress));
        self.imports.hub.leads_touched();
    }
}

#[async_trait]
impl JobKind for Imports {
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
            self.write_pause(&Actor::system(), ImportId(id), FULL).await;
            return None;
        }
        self.jobs.actor(id).await.ok()
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

//! Imports: upload, detection of encoding and columns, then leads or orders written in batches. A restart neither repeats nor loses a row.

mod apply;
mod apply_orders;
mod customers;
mod errors;
mod file;
mod intake;
mod pause;
mod quota;
mod read;
mod receive;
mod records;
mod run;
mod sniff;
mod sql;
mod start;
mod undo;

pub use sql::{STATEMENTS, Writes};

use crate::{
    jobs::{self, JobKind, Jobs},
    live::Hub,
    node::Node,
    store::{self, Store},
};
use async_trait::async_trait;
use domain::{
    Actor, Error, ImportId, Permission, Record, Result, Snapshot, Timestamp,
    change::{Op, Set},
    imports::{Import, ImportKind, ImportOptions, ImportStatus, RejectedRow},
    services::ImportService,
    text::grouped,
};
use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Default maximum file size: 2 GiB.
pub const FILE_MAX: u64 = 2 * 1024 * 1024 * 1024;

#[derive(Clone)]
pub struct Imports {
    store: Store,
    hub: Hub,
    /// Where files are stored until their import is over.
    folder: Arc<Path>,
    file_max: u64,
    batch_rows: usize,
    writes: Arc<Writes>,
    jobs: Jobs,
    /// Imports stopped by a full disk, whose pause could not be written to the database.
    stuck: Arc<Mutex<HashSet<ImportId>>>,
}

/// Concurrent imports, so that one slow file does not block the others.
const AT_A_TIME: usize = 3;

impl Imports {
    /// `folder` is created at the first upload.
    pub fn new(store: Store, hub: Hub, folder: PathBuf) -> Self {
        let jobs = Jobs::new(store.clone(), &sql::LEASES, AT_A_TIME);
        Self {
            store,
            hub,
            folder: folder.into(),
            file_max: FILE_MAX,
            batch_rows: read::ROWS,
            writes: Arc::default(),
            jobs,
            stuck: Arc::default(),
        }
    }

    /// Identifies this process to others on the same database.
    #[must_use]
    pub fn with_node(mut self, node: Node) -> Self {
        self.jobs.set_node(node);
        self
    }

    /// The lease: a server loses its imports this long after its last heartbeat.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.jobs.set_lease(lease);
        self
    }

    /// Maximum file size, in bytes.
    #[must_use]
    pub fn with_file_max(mut self, bytes: u64) -> Self {
        self.file_max = bytes;
        self
    }

    /// Rows per transaction.
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    fn path(&self, id: ImportId) -> PathBuf {
        self.folder.join(format!("{id}.csv"))
    }

    /// Updates an import's row in its own transaction and records the change.
    async fn change<F>(&self, actor: &Actor, id: ImportId, change: F) -> Result<Import>
    where
        F: FnOnce(Import, Timestamp) -> Result<Import> + Send + 'static,
    {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = sql::lock(tx, id).await?;
                    let after = change(before.clone(), tx.now())?;
                    put(tx, before, after).await
                })
            })
            .await
    }
}

/// Writes the new state of an import with its change. When it ends and wrote leads or orders, also records the one change that names the set.
async fn put(tx: &mut store::Tx, before: Import, mut after: Import) -> Result<Import> {
    after.revision = before.revision + 1;
    sql::update(tx, &after).await?;
    let touched = after.counts.written(after.kind()) - after.kept.count;
    let leads = match (after.kind(), touched) {
        (ImportKind::Leads, 1) => "1 lead".to_owned(),
        (ImportKind::Leads, leads) => format!("{} leads", grouped(leads)),
        (ImportKind::Orders, 1) => "1 order".to_owned(),
        (ImportKind::Orders, orders) => format!("{} orders", grouped(orders)),
    };
    let undone = before.status == ImportStatus::Undoing;
    let what = match after.status {
        ImportStatus::Undone if after.kept.count > 0 => Some(format!(
            "undid the import of {leads} from {}, and kept {} that people worked on since",
            after.file,
            grouped(after.kept.count)
        )),
        ImportStatus::Undone => Some(format!("undid the import of {leads} from {}", after.file)),
        ImportStatus::Failed if undone => Some(format!("began to undo the import of {leads} from {}", after.file)),
        status if status.is_over() => Some(format!("imported {leads} from {}", after.file)),
        _ => None,
    };
    if let Some(what) = what.filter(|_| touched > 0 || after.kept.count > 0) {
        tx.record(Op::Bulk, None, Some(Record::Set(Set::of_import(after.id, what, touched))));
    }
    if after.status != before.status && matches!(after.status, ImportStatus::Running | ImportStatus::Undoing) {
        jobs::run_for_actor(tx, &sql::LEASES, after.id.0).await?;
    }
    tx.updated(Record::Import(Box::new(before)), Record::Import(Box::new(after.clone())));
    Ok(after)
}

/// The error for an import file that cannot be read or written.
fn unreadable(error: &io::Error) -> Error {
    tracing::error!(%error, "an import's file");
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return Error::DiskFull;
    }
    Error::Unavailable(format!("The file could not be saved or read ({}); try again", error.kind()))
}

#[async_trait]
impl ImportService for Imports {
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<Import>>> {
        actor.require(Permission::Read)?;
        let list = self.store.snapshot(|conn| Box::pin(sql::all::<sql::ImportRow, Import>(conn, store::sql(sql::LIST)))).await?;
        Ok(list.map(|imports| imports.into_iter().map(|import| self.as_seen(import)).collect()))
    }

    async fn get(&self, actor: &Actor, id: ImportId) -> Result<Option<Snapshot<Import>>> {
        actor.require(Permission::Read)?;
        let Snapshot { as_of, pending, data } = self.store.snapshot(move |conn| Box::pin(sql::get(conn, id))).await?;
        Ok(data.map(|import| Snapshot { as_of, pending, data: self.as_seen(import) }))
    }

    async fn rejected(&self, actor: &Actor, id: ImportId, limit: u32) -> Result<Vec<RejectedRow>> {
        actor.require(Permission::Read)?;
        self.rejected_rows(id, limit).await
    }

    async fn start(&self, actor: &Actor, id: ImportId, options: ImportOptions) -> Result<Import> {
        actor.require(Permission::Import)?;
        let import = self.begin(actor, id, options).await?;
        drop(self.spawn(actor.clone(), id.0));
        Ok(import)
    }

    async fn cancel(&self, actor: &Actor, id: ImportId) -> Result<Import> {
        actor.require(Permission::Import)?;
        // Each batch checks the status in its own transaction, so the job writes nothing after this.
        let import = self
            .change(actor, id, |import, now| match import.status {
                ImportStatus::Running | ImportStatus::Paused => {
                    Ok(Import { status: ImportStatus::Cancelled, error: None, finished_at: Some(now), ..import })
                }
                other => Err(Error::Conflict(format!("Only a running import can be stopped; this one is {other}"))),
            })
            .await?;
        self.jobs.interrupt(id.0);
        self.remove_file(id).await;
        Ok(import)
    }

    async fn go_on(&self, actor: &Actor, id: ImportId) -> Result<Import> {
        self.unpause(actor, id).await
    }

    async fn undo(&self, actor: &Actor, id: ImportId) -> Result<Import> {
        actor.require(Permission::Import)?;
        let import = self
            .change(actor, id, |import, _| match import.status {
                ImportStatus::Completed | ImportStatus::Cancelled | ImportStatus::Failed => {
                    Ok(Import { status: ImportStatus::Undoing, ..import })
                }
                ImportStatus::Running | ImportStatus::Paused => Err(Error::Conflict("Stop the import first, then undo it".to_owned())),
                other => Err(Error::Conflict(format!("There is nothing to undo; this import is {other}"))),
            })
            .await?;
        drop(self.spawn(actor.clone(), id.0));
        Ok(import)
    }

    async fn discard(&self, actor: &Actor, id: ImportId) -> Result<()> {
        actor.require(Permission::Import)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let import = sql::lock(tx, id).await?;
                    if import.status != ImportStatus::Uploaded {
                        return Err(Error::Conflict(
                            "Only an upload that was never started can be discarded; undo the import instead".to_owned(),
                        ));
                    }
                    tx.run_one(store::sql(sql::DISCARD).bind(id)).await?;
                    tx.deleted(Record::Import(Box::new(import)));
                    Ok(())
                })
            })
            .await?;
        self.remove_file(id).await;
        Ok(())
    }
}

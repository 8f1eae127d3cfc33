//! Exports: leads or orders written to a file page by page, in a job that a restart continues. Files expire.

mod file;
mod row;
mod run;
mod sql;

pub use run::Run;
pub use sql::{PRUNE, STATEMENTS, TEMPLATES};

use crate::{
    jobs::{self, JobKind, Jobs},
    leads,
    live::Hub,
    named_rules,
    node::Node,
    orders,
    store::{self, Query, Requester, Store, Tx, Value},
};
use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Actor, Error, ExportId, Moment, Permission, Record, Result, Snapshot, Timestamp,
    exports::{BYTES_EACH, Column, Export, ExportFormat, ExportOf, ExportStatus, FILES_EACH, NewExport, SORTED_MAX},
    leads::{Selection, Sort, SortColumn},
    rule::Rule,
    services::ExportService,
    text::grouped,
};
use futures::{Stream, TryStreamExt};
use row::{Job, JobRow};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::io::AsyncWriteExt;

/// Most rows of a page.
const PAGE_ROWS: u32 = 5_000;
/// Exports that run at once.
const AT_A_TIME: usize = 2;
/// How long a request waits for its export: a small one is done with the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// For a command, which ends when its export does.
const FOREVER: Duration = Duration::from_hours(365 * 24);

#[derive(Clone)]
pub struct Exports {
    store: Store,
    hub: Hub,
    /// Where files are, with SQLite.
    folder: Arc<Path>,
    page_rows: u32,
    patience: Duration,
    jobs: Jobs,
}

impl Exports {
    /// `folder` is created at the first export.
    pub fn new(store: Store, hub: Hub, folder: PathBuf) -> Self {
        let jobs = Jobs::new(store.clone(), &sql::LEASES, AT_A_TIME);
        Self { store, hub, folder: folder.into(), page_rows: PAGE_ROWS, patience: PATIENCE, jobs }
    }

    /// Identifies this process to others on the same database.
    #[must_use]
    pub fn with_node(mut self, node: Node) -> Self {
        self.jobs.set_node(node);
        self
    }

    /// The lease: a server loses its exports this long after its last heartbeat.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.jobs.set_lease(lease);
        self
    }

    /// Rows per page.
    #[must_use]
    pub fn with_page_rows(mut self, rows: u32) -> Self {
        self.page_rows = rows.max(1);
        self
    }

    /// How long a request waits for its export.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    async fn job(&self, id: ExportId) -> Result<Option<Job>> {
        self.store.read(move |conn| Box::pin(row::get(conn, id))).await
    }

    /// Updates the row in its own transaction and records the change.
    async fn change<F>(&self, actor: &Actor, id: ExportId, change: F) -> Result<Job>
    where
        F: FnOnce(Job, Timestamp) -> Result<Job> + Send + 'static,
    {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = row::lock(tx, id).await?;
                    let after = change(before.clone(), tx.now())?;
                    put(tx, before, after).await
                })
            })
            .await
    }

    /// The file, for who may fetch it: its export, and its bytes from one offset up to another, which is excluded.
    ///
    /// # Errors
    /// `NotFound` for an export that the actor may not see; `Conflict` while it runs, and when its file is gone.
    pub async fn fetch(&self, actor: &Actor, id: ExportId) -> Result<Export> {
        actor.require(Permission::Export)?;
        let job = self.job(id).await?.filter(|job| job.is_of(actor)).ok_or_else(|| Error::not_found("Export", id))?;
        let expired = job.export.expires_at.is_some_and(|at| at <= self.store.clock.now());
        match job.export.status {
            ExportStatus::Done if !expired => Ok(job.export),
            ExportStatus::Running => Err(Error::Conflict("The export still runs; fetch its file when it is done".to_owned())),
            _ => Err(Error::Conflict("The file is no longer here; export again".to_owned())),
        }
    }

    /// Bytes of the file of an export that `fetch` returned, from one offset up to another, which is excluded.
    pub fn bytes(&self, export: &Export, from: u64, to: u64) -> impl Stream<Item = Result<Bytes>> + Send + use<> {
        self.stream(export.id, from, to.min(export.bytes.unsigned_abs()))
    }

    /// For the command line: exports to the file at `path`, which must not exist. Returns the number of rows.
    pub async fn export_to(&self, actor: &Actor, path: &Path, new: NewExport) -> Result<i64> {
        let failed = |error: std::io::Error| Error::invalid("file", format!("{} cannot be written: {error}", path.display()));
        let mut file = tokio::fs::File::from_std(crate::private::create_new(path).map_err(failed)?);
        let made = self.clone().with_patience(FOREVER).start(actor, new).await?;
        let written = async {
            if let Some(error) = made.error.clone() {
                return Err(Error::Unavailable(error));
            }
            let mut bytes = Box::pin(self.bytes(&self.fetch(actor, made.id).await?, 0, u64::MAX));
            while let Some(bytes) = bytes.try_next().await? {
                file.write_all(&bytes).await.map_err(failed)?;
            }
            file.sync_all().await.map_err(failed)
        };
        let written = written.await;
        self.delete(actor, made.id).await?;
        written.map(|()| made.rows)
    }

    /// Number of rows of an export, and the names of custom fields that its leads have.
    async fn size(&self, actor: &Actor, new: &NewExport, at: Moment) -> Result<(i64, Vec<String>)> {
        let of = new.of.clone();
        let every = new.format == ExportFormat::Csv && new.columns.iter().any(|name| name == "custom");
        let _permit = self.store.read_permit(actor).await?;
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let (total, keys) = match of {
                        ExportOf::Orders(filter) => return Ok((orders::count(conn, filter.query(None, 1)).await?, Vec::new())),
                        ExportOf::Leads(Selection::Leads(ids)) => {
                            let values = vec![Value::from(Column::CUSTOM_MAX as i64), Value::json(&ids)?];
                            (ids.len() as i64, (sql::CUSTOM_OF_LEADS, values, Rule::everyone()))
                        }
                        ExportOf::Leads(Selection::Matching(rule)) => {
                            let count = Query::with_rule(leads::COUNT, Vec::new(), &rule, conn.is_postgres(), &at);
                            let (total,) = conn.one::<(i64,)>(count).await?;
                            (total, (sql::CUSTOM_OF_RULE, vec![Value::from(Column::CUSTOM_MAX as i64)], rule))
                        }
                    };
                    if !every {
                        return Ok((total, Vec::new()));
                    }
                    let (template, values, rule) = keys;
                    let keys = Query::with_rule(template.of(conn.is_postgres()), values, &rule, conn.is_postgres(), &at);
                    Ok((total, conn.all::<(String,)>(keys).await?.into_iter().map(|(key,)| key).collect()))
                })
            })
            .await
    }

    /// Checks the export and stores its job, without running it.
    ///
    /// # Errors
    /// As `start`.
    pub async fn begin(&self, actor: &Actor, new: NewExport) -> Result<ExportId> {
        actor.require(Permission::Export)?;
        let mut asked = new.check()?;
        if let ExportOf::Leads(Selection::Leads(ids)) = &mut asked.of {
            let mut named = HashSet::new();
            ids.retain(|id| named.insert(*id));
        }
        if let ExportOf::Leads(Selection::Matching(rule)) = &mut asked.of {
            self.store.current.fields().check_rule(rule)?;
            *rule = named_rules::fixed(&self.store, rule).await?;
        }
        let at = self.store.moment();
        let (total, keys) = self.size(actor, &asked, at.clone()).await?;
        if total > SORTED_MAX && asked.sort.column != SortColumn::CreatedAt {
            asked.sort = Sort::default();
        }
        let mut columns = asked.columns.clone();
        if matches!(asked.of, ExportOf::Leads(_)) && asked.format == ExportFormat::Csv {
            let named = columns.iter().map(|name| Column::named(name)).collect::<Result<_>>()?;
            columns = Column::with_custom(named, &keys).iter().map(Column::name).collect();
        }
        let id = ExportId(self.store.clock.id());
        let lease = self.jobs.holding(id.0);
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    require_room(tx).await?;
                    let (who, now) = (tx.actor().who.clone(), tx.now());
                    let of = row::of(&asked.of);
                    let minute: String = now.minute().chars().filter(char::is_ascii_digit).collect();
                    let export = Export {
                        id,
                        revision: 1,
                        file: format!("{of}-{minute}.{}", asked.format),
                        of: of.to_owned(),
                        format: asked.format,
                        columns,
                        status: ExportStatus::Running,
                        total,
                        rows: 0,
                        bytes: 0,
                        error: None,
                        owner: row::owner(&who),
                        created_by: who.name().to_owned(),
                        created_at: now,
                        finished_at: None,
                        expires_at: None,
                    };
                    let job = Job { export, asked, who, cursor: None, zone: at.zone };
                    row::insert(tx, &job).await?;
                    jobs::run_for_actor(tx, &sql::LEASES, id.0).await?;
                    // In the same transaction, so that no other server claims the job first.
                    jobs::hold(tx, lease).await?;
                    tx.created(Record::Export(Box::new(job.export)));
                    Ok(())
                })
            })
            .await?;
        Ok(id)
    }

    /// Writes the next page of a run. Does nothing when the export is over.
    ///
    /// # Errors
    /// `NotFound`; errors of the database and the file.
    pub async fn step(&self, actor: &Actor, id: ExportId, run: &mut Run<'_>) -> Result<Export> {
        let job = self.job(id).await?.ok_or_else(|| Error::not_found("Export", id))?;
        Ok(self.jobs.step(actor, id.0, job, run).await?.export)
    }

    /// Deletes files that have expired, and those of exports that are gone.
    async fn expire(&self) -> Result<()> {
        let system = Actor::system();
        let query = store::sql(sql::EXPIRED).bind(self.store.clock.now());
        for (id,) in self.store.read(move |conn| Box::pin(conn.all::<(uuid::Uuid,)>(query))).await? {
            let expired = self.change(&system, ExportId(id), |mut job, _| {
                job.export.status = ExportStatus::Expired;
                Ok(job)
            });
            match expired.await {
                // It may have been deleted meanwhile.
                Ok(_) | Err(Error::NotFound { .. }) => self.remove_file(ExportId(id)).await,
                Err(error) => return Err(error),
            }
        }
        self.sweep().await
    }
}

/// Writes the new state of an export. Records a change only when the status changes.
async fn put(tx: &mut Tx, before: Job, mut after: Job) -> Result<Job> {
    after.export.revision += 1;
    row::update(tx, &after).await?;
    if before.export.status != after.export.status {
        tx.updated(Record::Export(Box::new(before.export)), Record::Export(Box::new(after.export.clone())));
    }
    Ok(after)
}

#[async_trait]
impl ExportService for Exports {
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<Export>>> {
        actor.require(Permission::Export)?;
        let query = store::sql(sql::LIST).bind(Requester::from(actor));
        let rows = self.store.snapshot(move |conn| Box::pin(conn.all::<JobRow>(query))).await?;
        let Snapshot { as_of, pending, data } = rows;
        let data = data.into_iter().map(|row| Job::try_from(row).map(|job| job.export)).collect::<Result<_>>()?;
        Ok(Snapshot { as_of, pending, data })
    }

    async fn get(&self, actor: &Actor, id: ExportId) -> Result<Option<Snapshot<Export>>> {
        actor.require(Permission::Export)?;
        let Snapshot { as_of, pending, data } = self.store.snapshot(move |conn| Box::pin(row::get(conn, id))).await?;
        Ok(data.filter(|job| job.is_of(actor)).map(|job| Snapshot { as_of, pending, data: job.export }))
    }

    async fn start(&self, actor: &Actor, new: NewExport) -> Result<Export> {
        let id = self.begin(actor, new).await?;
        let running = self.spawn(actor.clone(), id.0);
        tokio::select! {
            _ = running => {}
            () = self.store.clock.sleep(self.patience) => {}
        }
        Ok(self.job(id).await?.ok_or_else(|| Error::not_found("Export", id))?.export)
    }

    async fn delete(&self, actor: &Actor, id: ExportId) -> Result<()> {
        actor.require(Permission::Export)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let job = row::lock(tx, id).await?;
                    if !job.is_of(tx.actor()) {
                        return Err(Error::not_found("Export", id));
                    }
                    tx.run_one(store::sql(sql::DELETE).bind(id)).await?;
                    tx.deleted(Record::Export(Box::new(job.export)));
                    Ok(())
                })
            })
            .await?;
        self.jobs.interrupt(id.0);
        self.remove_file(id).await;
        Ok(())
    }
}

/// # Errors
/// `Conflict` when the actor keeps as many files or bytes as fit.
async fn require_room(tx: &mut Tx) -> Result<()> {
    let query = store::sql(sql::KEPT).bind(Requester::from(tx.actor()));
    let (files, bytes) = tx.one::<(i64, i64)>(query).await?;
    if files < FILES_EACH && bytes < BYTES_EACH {
        return Ok(());
    }
    let size = grouped(bytes >> 20);
    Err(Error::Conflict(format!("You keep {} exported files with {size} MB; delete some of them under Exports first", grouped(files))))
}

//! The settings of the workspace: one row, which every installation has.

mod sql;

pub use sql::STATEMENTS;

use crate::{
    segments,
    store::{self, Conn, Store, Tx},
    zones,
};
use async_trait::async_trait;
use domain::{
    Actor, Change, ChangeId, Error, Op, Permission, Record, Result, Snapshot, Timestamp, Workspace,
    services::WorkspaceService,
    workspace::{EditedWorkspace, WorkspacePatch},
};

#[derive(Clone)]
pub struct Workspaces {
    store: Store,
}

impl Workspaces {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[derive(sqlx::FromRow)]
struct WorkspaceRow {
    revision: i64,
    name: String,
    currency: String,
    time_zone: String,
    week_start: String,
    updated_at: i64,
}

impl From<WorkspaceRow> for Workspace {
    fn from(row: WorkspaceRow) -> Self {
        Self {
            revision: row.revision,
            name: row.name,
            // A newer version may know more.
            currency: row.currency.parse().unwrap_or_default(),
            time_zone: row.time_zone,
            week_start: row.week_start.parse().unwrap_or_default(),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

/// The stored settings.
pub async fn read(conn: &mut Conn) -> Result<Workspace> {
    Ok(conn.one::<WorkspaceRow>(store::sql(sql::GET)).await?.into())
}

/// Makes the stored settings known to this process.
///
/// # Errors
/// Errors of the database.
pub async fn load(store: &Store) -> Result<()> {
    let workspace = store.read(|conn| Box::pin(read(conn))).await?;
    store.current.set(&workspace);
    Ok(())
}

#[async_trait]
impl WorkspaceService for Workspaces {
    async fn get(&self, actor: &Actor) -> Result<Snapshot<Workspace>> {
        actor.require(Permission::Read)?;
        self.store.snapshot(|conn| Box::pin(read(conn))).await
    }

    async fn edit(&self, actor: &Actor, patch: WorkspacePatch) -> Result<EditedWorkspace> {
        actor.require(Permission::EditWorkspace)?;
        let edited = self.store.write(actor, move |tx| Box::pin(edit(tx, patch))).await?;
        // The writer reads its own write; the hubs of all nodes follow the log.
        self.store.current.set(&edited.workspace);
        Ok(edited)
    }

    fn zones(&self) -> Vec<String> {
        zones::names()
    }
}

/// Applies the patch in a transaction.
pub async fn edit(tx: &mut Tx, patch: WorkspacePatch) -> Result<EditedWorkspace> {
    let before = lock(tx).await?;
    let Some(after) = patch.apply(&before, &zones::name, tx.now())? else {
        return Ok(EditedWorkspace { workspace: before, undo: None });
    };
    let undo = put(tx, before, after.clone()).await?;
    Ok(EditedWorkspace { workspace: after, undo: Some(undo) })
}

async fn lock(tx: &mut Tx) -> Result<Workspace> {
    Ok(tx.one::<WorkspaceRow>(store::sql(sql::LOCK)).await?.into())
}

async fn put(tx: &mut Tx, before: Workspace, after: Workspace) -> Result<ChangeId> {
    let query = store::sql(sql::UPDATE)
        .bind(after.revision)
        .bind(after.name.as_str())
        .bind(after.currency.code())
        .bind(after.time_zone.as_str())
        .bind(after.week_start.as_str())
        .bind(after.updated_at);
    tx.run_one(query).await?;
    if after.time_zone != before.time_zone {
        segments::recount_all(tx).await?;
    }
    Ok(tx.updated(Record::Workspace(Box::new(before)), Record::Workspace(Box::new(after))))
}

/// Reverts an edit.
///
/// # Errors
/// `Forbidden` without the right to edit the settings; `Conflict` when they were changed since, or the change is already undone.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::EditWorkspace)?;
    let Change { op: Op::Update, before: Some(Record::Workspace(before)), after: Some(Record::Workspace(after)), .. } = change else {
        return Err(Error::Conflict("Only edits of the workspace can be undone".to_owned()));
    };
    let now = lock(tx).await?;
    if now.revision != after.revision {
        return Err(Error::Conflict("The settings of the workspace were changed since; edit them instead".to_owned()));
    }
    let back = Workspace { revision: now.revision + 1, updated_at: tx.now(), ..*before };
    put(tx, now, back.clone()).await?;
    Ok(Some(Record::Workspace(Box::new(back))))
}

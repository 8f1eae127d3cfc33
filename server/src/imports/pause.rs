//! Pausing an import on a full disk, or when its actor may no longer import. A person continues it; the reason is shown on its page.

use super::{Imports, sql};
use crate::jobs::JobKind;
use domain::{
    Actor, Error, ImportId, Permission, Result,
    imports::{Import, ImportStatus},
};
use std::{
    collections::HashSet,
    sync::{MutexGuard, PoisonError},
};

pub(super) const FULL: &str = "The disk is full. Free some space, then continue; nothing of the file is lost";

impl Imports {
    /// Pauses the import on a full disk. This write may fail too: then this server remembers the pause and shows it.
    pub(super) async fn pause(&self, actor: &Actor, id: ImportId) {
        self.stuck().insert(id);
        tracing::error!(%id, "an import waits for space on the disk");
        self.write_pause(actor, id, FULL).await;
        if let Ok(Some(import)) = self.store.read(move |conn| Box::pin(sql::get(conn, id))).await {
            self.tell_of(&self.as_seen(import));
        }
    }

    pub(super) async fn write_pause(&self, actor: &Actor, id: ImportId, why: &str) {
        let why = why.to_owned();
        let paused = self
            .change(actor, id, move |import, _| match import.status {
                ImportStatus::Running => Ok(Import { status: ImportStatus::Paused, error: Some(why), ..import }),
                other => Err(Error::Conflict(format!("Only a running import can pause; this one is {other}"))),
            })
            .await;
        if paused.is_ok() || matches!(paused, Err(Error::Conflict(_) | Error::NotFound { .. })) {
            self.stuck().remove(&id);
        }
    }

    /// Shows an import as paused while its pause cannot be written.
    pub(super) fn as_seen(&self, import: Import) -> Import {
        if import.status == ImportStatus::Running && self.stuck().contains(&import.id) {
            return Import { status: ImportStatus::Paused, error: Some(FULL.to_owned()), ..import };
        }
        import
    }

    pub(super) fn is_stuck(&self, id: ImportId) -> bool {
        self.stuck().contains(&id)
    }

    /// Continues a paused import.
    ///
    /// # Errors
    /// `Conflict` when it is not paused; `DiskFull` when the disk is still full.
    pub(super) async fn unpause(&self, actor: &Actor, id: ImportId) -> Result<Import> {
        actor.require(Permission::Import)?;
        if self.is_stuck(id) {
            self.write_pause(actor, id, FULL).await;
            if self.is_stuck(id) {
                return Err(Error::DiskFull);
            }
        }
        let import = self
            .change(actor, id, |import, _| match import.status {
                ImportStatus::Paused => Ok(Import { status: ImportStatus::Running, error: None, ..import }),
                other => Err(Error::Conflict(format!("Only a paused import can be continued; this one is {other}"))),
            })
            .await?;
        drop(self.spawn(actor.clone(), id.0));
        Ok(import)
    }

    fn stuck(&self) -> MutexGuard<'_, HashSet<ImportId>> {
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

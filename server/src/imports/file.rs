//! Storage of an import's file: in this server's folder, and on Postgres also in the database, so that any server can continue the import.

use super::{Imports, sql, unreadable};
use crate::{private, store::sql as text};
use domain::{Actor, ImportId, Result, Timestamp, time::DAY};
use std::{io, path::Path};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes per row of `import_file`.
const PART: usize = 1024 * 1024;

impl Imports {
    /// Postgres: copies the file into the database, for the other servers. SQLite: does nothing.
    pub(super) async fn put_file(&self, id: ImportId, path: &Path) -> Result<()> {
        if !self.store.is_postgres() {
            return Ok(());
        }
        let mut file = tokio::fs::File::open(path).await.map_err(|error| unreadable(&error))?;
        for part in 0_i64.. {
            let mut bytes = Vec::with_capacity(PART);
            (&mut file).take(PART as u64).read_to_end(&mut bytes).await.map_err(|error| unreadable(&error))?;
            if bytes.is_empty() {
                break;
            }
            let query = text(sql::PUT_FILE).bind(id).bind(part).bind(self.store.clock.now()).bind(bytes);
            self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run_one(query).await })).await?;
        }
        Ok(())
    }

    /// Copies the file from the database into the folder. `false` when the database does not have it.
    pub(super) async fn fetch_file(&self, id: ImportId) -> Result<bool> {
        let part = self.folder.join(format!("{id}.part"));
        let fetched = self.fetch_into(id, &part).await;
        match fetched {
            Ok(true) => tokio::fs::rename(&part, self.path(id)).await.map_err(|error| unreadable(&error))?,
            Ok(false) | Err(_) => drop(tokio::fs::remove_file(&part).await),
        }
        fetched
    }

    async fn fetch_into(&self, id: ImportId, path: &Path) -> Result<bool> {
        let failed = |error: io::Error| unreadable(&error);
        private::make_folder(&self.folder).map_err(failed)?;
        let mut file = tokio::fs::File::from_std(private::create(path).map_err(failed)?);
        for part in 0_i64.. {
            let query = text(sql::GET_FILE).bind(id).bind(part);
            let Some((bytes,)) = self.store.read(move |conn| Box::pin(conn.optional::<(Vec<u8>,)>(query))).await? else {
                file.sync_all().await.map_err(failed)?;
                return Ok(part > 0);
            };
            file.write_all(&bytes).await.map_err(failed)?;
        }
        Ok(false)
    }

    pub(super) async fn remove_file(&self, id: ImportId) {
        // A file that is already gone is fine. Files that cannot be removed are swept at the next start.
        drop(tokio::fs::remove_file(self.path(id)).await);
        if self.store.is_postgres() {
            let system = Actor::system();
            let dropped = self.store.write(&system, move |tx| Box::pin(async move { tx.run(text(sql::DROP_FILE).bind(id)).await }));
            drop(dropped.await);
        }
    }

    /// Deletes files in the database that are older than one day and belong to no unfinished import.
    pub(super) async fn sweep_database(&self) -> Result<()> {
        let old = Timestamp(self.store.clock.now().0 - DAY);
        self.store
            .write(&Actor::system(), move |tx| Box::pin(async move { tx.run(text(sql::SWEEP_FILES).bind(old)).await.map(drop) }))
            .await
    }
}

//! The file of an export. With SQLite it is in this server's folder. On Postgres it is in the database, in parts, so that any server can
//! continue and send it.

use super::{Exports, sql};
use crate::{
    private,
    store::{Tx, sql as text},
};
use bytes::Bytes;
use domain::{Actor, Error, ExportId, Result};
use futures::Stream;
use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

/// Bytes that are read and sent at once.
const CHUNK: u64 = 256 * 1024;

impl Exports {
    fn path(&self, id: ExportId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// SQLite: writes `bytes` at an offset, where the file ends then, and waits until they are on disk.
    pub(super) async fn write_at(&self, id: ExportId, at: i64, bytes: Vec<u8>) -> Result<()> {
        let (folder, path) = (self.folder.clone(), self.path(id));
        blocking(move || {
            private::make_folder(&folder)?;
            let mut file = if at == 0 { private::create(&path)? } else { File::options().write(true).open(&path)? };
            if file.metadata()?.len() < at.unsigned_abs() {
                return Err(io::Error::from(io::ErrorKind::NotFound));
            }
            file.set_len(at.unsigned_abs())?;
            file.seek(SeekFrom::End(0))?;
            file.write_all(&bytes)?;
            file.sync_data()
        })
        .await
    }

    /// Postgres: writes `bytes` at an offset, where the file ends then, with the rest of the transaction.
    pub(super) async fn put_part(tx: &mut Tx, id: ExportId, at: i64, bytes: Vec<u8>) -> Result<()> {
        tx.run(text(sql::DROP_PARTS).bind(id).bind(at)).await?;
        if bytes.is_empty() {
            return Ok(());
        }
        let end = at + bytes.len() as i64;
        tx.run_one(text(sql::PUT_PART).bind(id).bind(at).bind(end).bind(bytes)).await
    }

    /// The bytes of the file from `from` up to `to`, which is excluded.
    pub(super) fn stream(&self, id: ExportId, from: u64, to: u64) -> impl Stream<Item = Result<Bytes>> + Send + use<> {
        let this = self.clone();
        futures::stream::try_unfold(from, move |at| {
            let this = this.clone();
            async move {
                if at >= to {
                    return Ok(None);
                }
                let bytes = this.read_at(id, at, to).await?;
                let next = at + bytes.len() as u64;
                Ok(Some((bytes, next)))
            }
        })
    }

    async fn read_at(&self, id: ExportId, at: u64, to: u64) -> Result<Bytes> {
        if self.store.is_postgres() {
            let query = text(sql::GET_PART).bind(id).bind(at.cast_signed());
            let (begins, bytes) = self.store.optional::<(i64, Vec<u8>)>(query).await?.ok_or_else(gone)?;
            let part = Bytes::from(bytes);
            let (from, end) = ((at - begins.unsigned_abs()) as usize, (to - begins.unsigned_abs()).min(part.len() as u64) as usize);
            return Ok(part.slice(from..end));
        }
        let path = self.path(id);
        let bytes = blocking(move || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(at))?;
            let mut bytes = Vec::with_capacity(CHUNK.min(to - at) as usize);
            file.take(CHUNK.min(to - at)).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
        .await?;
        if bytes.is_empty() { Err(gone()) } else { Ok(bytes.into()) }
    }

    /// Deletes the file.
    pub(super) async fn remove_file(&self, id: ExportId) {
        if self.store.is_postgres() {
            let query = text(sql::DROP_PARTS).bind(id).bind(0_i64);
            drop(self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(query).await })).await);
        } else {
            // A file that is already gone is fine. Files that cannot be removed are swept at the next start.
            drop(tokio::fs::remove_file(self.path(id)).await);
        }
    }

    /// Deletes files of exports that are gone.
    pub(super) async fn sweep(&self) -> Result<()> {
        if self.store.is_postgres() {
            return Ok(());
        }
        let kept = self.store.read(|conn| Box::pin(conn.all::<(uuid::Uuid,)>(text(sql::FILES)))).await?;
        let kept: HashSet<PathBuf> = kept.into_iter().map(|(id,)| self.path(ExportId(id))).collect();
        let Ok(files) = std::fs::read_dir(&self.folder) else { return Ok(()) };
        for file in files.flatten().map(|file| file.path()).filter(|path| !kept.contains(path)) {
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::warn!(%error, file = %file.display(), "the file of an export that is gone was not deleted");
            }
        }
        Ok(())
    }
}

fn gone() -> Error {
    Error::Conflict("The file is no longer here; export again".to_owned())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| Error::Internal)?;
    done.map_err(|error| {
        tracing::error!(%error, "an export's file");
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::DiskFull,
            // A retry would not help.
            io::ErrorKind::NotFound => Error::invalid("file", "The file is no longer here; export again"),
            kind => Error::Unavailable(format!("The file could not be written or read ({kind}); try again")),
        }
    })
}

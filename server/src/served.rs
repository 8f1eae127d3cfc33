//! Records how far this database was served, in a file beside it (the mark), to detect that the database was replaced by an older state.
//!
//! Open pages keep their data and request the changes since. When the history of that data is gone, they must refetch everything: the
//! database gets a new epoch at the next start. A copy of the files alone does not show this; the mark does, unless it is replaced too.

use crate::{
    config::DataLocation,
    private,
    store::{Conn, Query, Sql, Store, Tx, Work, log, sql, sqlite_file},
};
use domain::{Actor, Change, ChangeId, Epoch, Error, Result};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{sync::broadcast::error::RecvError, task::JoinHandle};

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] =
    &[HOME, Sql::same(KEPT_HOME), Sql::same(KEEP_HOME), Sql::same(RENEW), Sql::same(END_SESSIONS), Sql::same(END_LINKS), Sql::same(AT)];

/// Identifies the tables. A dump that is restored into another database, or again into the same one, creates other tables.
const HOME: Sql = Sql {
    sqlite: "SELECT 'file'",
    postgres: "SELECT CONCAT((SELECT oid FROM pg_database WHERE datname = current_database()), '.', CAST(CAST('meta' AS regclass) AS oid))",
};
const KEPT_HOME: &str = "SELECT value FROM meta WHERE key = 'home'";
const KEEP_HOME: &str = "INSERT INTO meta (key, value) VALUES ('home', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
/// When several nodes detect it at once, only one of them succeeds.
const RENEW: &str = "UPDATE meta SET value = $2 WHERE key = 'epoch' AND value = $1";
/// Sessions and password links may have ended since: an older database must not make them valid again.
const END_SESSIONS: &str = "DELETE FROM session";
const END_LINKS: &str = "UPDATE account SET link = NULL, link_until = NULL WHERE link IS NOT NULL";
/// Both statements.
pub const ENDS: &[&str] = &[END_SESSIONS, END_LINKS];
const AT: &str = "SELECT id FROM change WHERE seq = $1";

/// A served change, and the epoch it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    epoch: Epoch,
    seq: i64,
    change: ChangeId,
}

impl Mark {
    /// Always of the same length, so that one call overwrites it in place.
    fn line(&self) -> String {
        format!("{} {:020} {}\n", self.epoch, self.seq, self.change)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split_whitespace();
        let (epoch, seq, change) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { epoch, seq, change })
    }
}

/// Result of the check at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Everything that was served is in the database.
    Whole,
    /// It is unknown what was served: a first start, or a database without its mark.
    Unknown,
    /// The database is older than what was served.
    Older,
}

/// The mark's file, open for writing.
pub struct MarkFile {
    path: PathBuf,
    file: File,
}

fn unwritable(mark: &Path, error: &io::Error) -> Error {
    Error::Unavailable(format!("{} cannot be written: {error}; choose another folder with --data", mark.display()))
}

/// Updates the mark as long as the server runs.
pub struct Served {
    file: Arc<File>,
    epoch: Epoch,
    following: JoinHandle<()>,
}

impl Served {
    /// Opens the mark. That of a SQLite database is locked for as long as this process lives, because changes of another server would not
    /// be heard here.
    ///
    /// # Errors
    /// `Conflict` when another server serves the SQLite database, `Unavailable` when the mark cannot be written.
    pub fn open(location: &DataLocation) -> Result<MarkFile> {
        let path = location.served_mark();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private::make_folder(folder).map_err(|error| unwritable(&path, &error))?;
        }
        let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.map_err(|error| unwritable(&path, &error))?;
        if let Some(database) = sqlite_file(&location.database_url()) {
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let remedy = "stop it first, or use Postgres, which several servers can share";
                    return Err(Error::Conflict(format!("Another server uses {}: {remedy}", database.display())));
                }
                // Some network file systems have no locks.
                Err(TryLockError::Error(error)) => tracing::warn!(%error, "whether another server uses the database is not known"),
            }
        }
        Ok(MarkFile { path, file })
    }

    /// Checks the mark. When the database is older than what was served, sets a new epoch and ends all sessions.
    /// Must be called before anything reads the epoch.
    ///
    /// # Errors
    /// `Unavailable` when the mark cannot be written.
    pub async fn begin(store: &Store, mark: MarkFile) -> Result<Self> {
        let MarkFile { path, file } = mark;
        // Subscribes before the head is read, so that no change is missed in between.
        let mut feed = store.feed();
        check(store, &path).await?;
        let file = Arc::new(file);
        let (epoch, newest) = newest(store).await?;
        if let Some(newest) = newest {
            file.write_all_at(newest.line().as_bytes(), 0).map_err(|error| unwritable(&path, &error))?;
        }
        let to = file.clone();
        let following = tokio::spawn(async move {
            loop {
                let mut last = match feed.recv().await {
                    Ok(change) => change,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                };
                while let Ok(change) = feed.try_recv() {
                    last = change;
                }
                note(&to, epoch, &last);
            }
        });
        Ok(Self { file, epoch, following })
    }

    /// Records the last change; the database is still open, and nothing writes any more.
    pub async fn end(self, store: &Store) {
        self.following.abort();
        let Ok((_, Some(newest))) = newest(store).await else { return };
        let written = self.file.write_all_at(Mark { epoch: self.epoch, ..newest }.line().as_bytes(), 0).and_then(|()| self.file.sync_all());
        if let Err(error) = written {
            tracing::warn!(%error, "how far the database was served was not noted");
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.following.abort();
        // The task has the file, too, and ends later.
        drop(self.file.unlock());
    }
}

/// Not synced: after a crash of the machine the last marks may be lost, and the check then requires less.
fn note(file: &File, epoch: Epoch, change: &Change) {
    let Some(seq) = change.seq else { return };
    let mark = Mark { epoch, seq, change: change.id };
    if let Err(error) = file.write_all_at(mark.line().as_bytes(), 0) {
        tracing::warn!(%error, "how far the database was served was not noted");
    }
}

async fn newest(store: &Store) -> Result<(Epoch, Option<Mark>)> {
    store
        .read(|conn| {
            Box::pin(async move {
                let (epoch, seq) = (log::epoch(conn).await?, log::head(conn).await?);
                let change = at(conn, seq).await?;
                Ok((epoch, change.map(|change| Mark { epoch, seq, change })))
            })
        })
        .await
}

async fn at(conn: &mut Conn, seq: i64) -> Result<Option<ChangeId>> {
    Ok(conn.optional::<(uuid::Uuid,)>(sql(AT).bind(seq)).await?.map(|(id,)| ChangeId(id)))
}

async fn check(store: &Store, mark: &Path) -> Result<()> {
    let mark = std::fs::read_to_string(mark).ok().as_deref().and_then(Mark::parse);
    let (epoch, found, home, settled) = store
        .read(move |conn| -> Work<'_, _> {
            Box::pin(async move {
                let epoch = log::epoch(conn).await?;
                let (home,) = conn.one::<(String,)>(sql(HOME)).await?;
                let kept = conn.optional::<(String,)>(sql(KEPT_HOME)).await?.map(|(kept,)| kept);
                let settled = kept.as_ref() == Some(&home);
                let moved = kept.is_some() && !settled;
                let found = if moved { Found::Older } else { find(conn, mark, epoch).await? };
                Ok((epoch, found, home, settled))
            })
        })
        .await?;
    // Other nodes may be serving a Postgres database: the first start of this node proves nothing.
    let renewed = found == Found::Older || (found == Found::Unknown && !store.is_postgres());
    if settled && !renewed {
        return Ok(());
    }
    let fresh = Epoch(store.clock.id());
    let ended = store
        .write(&Actor::system(), move |tx| {
            Box::pin(async move {
                tx.run(sql(KEEP_HOME).bind(home.as_str())).await?;
                if !renewed || tx.run(renew(epoch, fresh)).await? == 0 || found != Found::Older {
                    return Ok(None);
                }
                end_sessions(tx).await.map(Some)
            })
        })
        .await?;
    if let Some(sessions) = ended {
        tracing::warn!(
            sessions,
            "this database is older than what was served: every open page starts anew and everyone signs in again. \
             Keys that were revoked since then open again: look through them"
        );
    }
    Ok(())
}

async fn find(conn: &mut Conn, mark: Option<Mark>, epoch: Epoch) -> Result<Found> {
    let head = log::head(conn).await?;
    let Some(mark) = mark else { return Ok(if head == 0 { Found::Whole } else { Found::Unknown }) };
    if mark.epoch != epoch {
        // Epochs sort by the time at which they began. A later one than the mark's was set by another node that detected it first.
        return Ok(if mark.epoch.0 > epoch.0 { Found::Older } else { Found::Whole });
    }
    let there = match at(conn, mark.seq).await? {
        Some(change) => change == mark.change,
        // The change was pruned, which never happens to the newest one.
        None => head > mark.seq,
    };
    Ok(if there { Found::Whole } else { Found::Older })
}

fn renew(old: Epoch, fresh: Epoch) -> Query {
    sql(RENEW).bind(old.to_string()).bind(fresh.to_string())
}

/// Returns the number of sessions.
async fn end_sessions(tx: &mut Tx) -> Result<u64> {
    tx.run(sql(END_LINKS)).await?;
    tx.run(sql(END_SESSIONS)).await
}

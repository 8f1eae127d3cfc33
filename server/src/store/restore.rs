//! Replaces a SQLite database by a copy. The copy is checked first, and the replaced database is kept.

use super::{failures::failed, migrate};
use crate::{clock::SharedClock, private};
use domain::{Error, Result, Timestamp};
use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

/// Suffixes of the files that SQLite puts beside a database.
const BESIDE: &[&str] = &["-wal", "-shm", "-journal"];

/// Result of a restore.
pub struct Restored {
    /// New path of the replaced database.
    pub kept: Option<PathBuf>,
    /// Number of API keys that are valid again.
    pub keys: i64,
}

/// Makes `file`, a complete Linnet database such as `backup` writes, the database at `target`. It gets a new epoch, so that every open page
/// refetches its data. `ends` are the statements that delete what may have been ended since the copy, such as sessions.
///
/// # Errors
/// `Invalid` on `file` when it is no complete Linnet database of a known version. `Conflict` when a server or a command has the database
/// open, or when it exists and `force` is not set. `Unavailable` when files cannot be written. Nothing is changed in these cases.
pub async fn restore(file: &Path, target: &Path, force: bool, clock: SharedClock, ends: &'static [&'static str]) -> Result<Restored> {
    if same(file, target) {
        return Err(Error::invalid("file", format!("{} is the database itself; name a copy of it", file.display())));
    }
    if !file.is_file() {
        return Err(Error::invalid("file", format!("There is no file {}", file.display())));
    }
    let kept = replaced(target, clock.now());
    if target.exists() && !force {
        let message = format!("There is a database at {} already; with --force it is kept as {}", target.display(), kept.display());
        return Err(Error::Conflict(message));
    }
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private::make_folder(folder).map_err(|error| unwritable(folder, &error))?;
    }
    let copy = Copy(private::beside(target, "-restoring"));
    copy.remove();
    let (from, to) = (file.to_owned(), copy.0.clone());
    tokio::task::spawn_blocking(move || copy_all(&from, &to))
        .await
        .map_err(|_| Error::Internal)?
        .map_err(|error| unwritable(&copy.0, &error))?;
    let keys = renew(&copy.0, file, &clock, ends).await?;
    // Locked until the files are exchanged: other programs that open the database wait.
    let present = if target.exists() { hold(target).await? } else { None };
    let moved = exchange(&copy.0, target, &kept);
    if let Some(present) = present {
        drop(present.close().await);
    }
    let kept = moved.map_err(|error| unwritable(target, &error))?.then_some(kept);
    Ok(Restored { kept, keys })
}

/// The copy while it is prepared. Its files are deleted on drop.
struct Copy(PathBuf);

impl Copy {
    fn remove(&self) {
        drop(fs::remove_file(&self.0));
        for suffix in BESIDE {
            drop(fs::remove_file(private::beside(&self.0, suffix)));
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}

fn same(file: &Path, target: &Path) -> bool {
    matches!((fs::canonicalize(file), fs::canonicalize(target)), (Ok(file), Ok(target)) if file == target)
}

/// New path of the replaced database, such as `linnet.db-replaced-20261128T101500Z`.
fn replaced(target: &Path, now: Timestamp) -> PathBuf {
    let stamp: String = now.to_string().split('.').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    private::beside(target, &format!("-replaced-{}Z", stamp.trim_end_matches('Z')))
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::Unavailable(format!("{} cannot be written: {error}; nothing was restored", path.display()))
}

/// Copies the WAL too, in case `from` is not a backup but the files of a server.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    for suffix in ["", "-wal"] {
        match File::open(private::beside(from, suffix)) {
            Ok(mut from) => drop(io::copy(&mut from, &mut private::create(&private::beside(to, suffix))?)?),
            Err(error) if error.kind() == ErrorKind::NotFound && !suffix.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Checks the copy, migrates it, and sets a new epoch. Returns the number of its API keys.
async fn renew(copy: &Path, named: &Path, clock: &SharedClock, ends: &[&'static str]) -> Result<i64> {
    let no = |why: String| Error::invalid("file", format!("{} {why}", named.display()));
    let options = SqliteConnectOptions::new()
        .filename(copy)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // The result is a single file.
        .journal_mode(SqliteJournalMode::Delete);
    let mut conn = options.connect().await.map_err(|error| no(format!("is no SQLite database: {error}")))?;
    let whole: Vec<(String,)> =
        sqlx::query_as("PRAGMA integrity_check(3)").fetch_all(&mut conn).await.map_err(|error| no(format!("cannot be read: {error}")))?;
    if whole.first().is_none_or(|(word,)| word != "ok") {
        let found: Vec<_> = whole.into_iter().map(|(word,)| word).collect();
        return Err(no(format!("is damaged ({}); take an older copy", found.join("; "))));
    }
    let tables =
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('_sqlx_migrations', 'meta', 'change', 'lead', 'account')";
    let (tables,): (i64,) = sqlx::query_as(tables).fetch_one(&mut conn).await.map_err(|error| failed(&error))?;
    if tables != 5 {
        return Err(no("is no database of Linnet".to_owned()));
    }
    let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut conn).await.map_err(|error| failed(&error))?;
    if !orphans.is_empty() {
        return Err(no(format!("is damaged ({} rows belong to rows that are not there); take an older copy", orphans.len())));
    }
    migrate::sqlite_copy(&mut conn)
        .await
        .map_err(|error| no(format!("was not written by this version of Linnet, nor an older one: {error}")))?;
    let foreign = foreign(&mut conn).await?;
    if !foreign.is_empty() {
        return Err(no(format!("has another schema than Linnet's ({}); take a copy that only Linnet has written", foreign.join(", "))));
    }
    let mut tx = conn.begin().await.map_err(|error| failed(&error))?;
    let epoch = "INSERT INTO meta (key, value) VALUES ('epoch', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sqlx::query(epoch).bind(clock.id().to_string()).execute(&mut *tx).await.map_err(|error| failed(&error))?;
    for end in ends {
        sqlx::query(*end).execute(&mut *tx).await.map_err(|error| failed(&error))?;
    }
    let (keys,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM api_key").fetch_one(&mut *tx).await.map_err(|error| failed(&error))?;
    tx.commit().await.map_err(|error| failed(&error))?;
    conn.close().await.map_err(|error| failed(&error))?;
    File::open(copy).and_then(|file| file.sync_all()).map_err(|error| unwritable(copy, &error))?;
    Ok(keys)
}

/// Triggers, views, tables and indexes that are not as our migrations make them, as `trigger name`: foreign, changed or missing ones. They
/// could act on what is written later.
async fn foreign(conn: &mut SqliteConnection) -> Result<Vec<String>> {
    const OBJECTS: &str = "SELECT type || ' ' || name, sql FROM sqlite_schema
WHERE type NOT IN ('table', 'index') OR name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    type Objects = BTreeSet<(String, Option<String>)>;
    let mut own = SqliteConnection::connect("sqlite::memory:").await.map_err(|error| failed(&error))?;
    migrate::sqlite_copy(&mut own).await.map_err(|_| Error::Internal)?;
    let own: Objects = sqlx::query_as(OBJECTS).fetch_all(&mut own).await.map_err(|error| failed(&error))?.into_iter().collect();
    let there: Objects = sqlx::query_as(OBJECTS).fetch_all(conn).await.map_err(|error| failed(&error))?.into_iter().collect();
    let mut differs: Vec<String> = own.symmetric_difference(&there).map(|(object, _)| object.clone()).collect();
    differs.dedup();
    Ok(differs)
}

/// Locks the present database, after moving all commits into its main file. `None` when it is too damaged for that.
async fn hold(target: &Path) -> Result<Option<SqliteConnection>> {
    let in_use = || {
        let target = target.display();
        Error::Conflict(format!("A server or another command has {target} open; stop it, then restore"))
    };
    let options = SqliteConnectOptions::new().filename(target).busy_timeout(Duration::ZERO).pragma("locking_mode", "EXCLUSIVE");
    let held = async {
        let mut conn = options.connect().await?;
        // SQLite leaves WAL mode only when no other connection is open.
        let (mode,): (String,) = sqlx::query_as("PRAGMA journal_mode = DELETE").fetch_one(&mut conn).await?;
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut conn).await?;
        Ok::<_, sqlx::Error>((conn, mode))
    };
    match held.await {
        Ok((_, mode)) if mode != "delete" => Err(in_use()),
        Ok((conn, _)) => Ok(Some(conn)),
        Err(sqlx::Error::Database(error)) if is_busy(error.code().as_deref()) => Err(in_use()),
        Err(error) => {
            tracing::warn!(%error, "the present database is damaged; it is kept as it is");
            Ok(None)
        }
    }
}

/// Busy or locked; the upper bits of the code hold details.
fn is_busy(code: Option<&str>) -> bool {
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// Exchanges the files so that a database exists at every moment: the present one gets a second name, then the copy replaces it. Returns
/// whether there was one.
fn exchange(copy: &Path, target: &Path, kept: &Path) -> io::Result<bool> {
    let present = match fs::hard_link(target, kept) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    // SQLite must not apply the files of the present database to the copy.
    for suffix in BESIDE {
        match fs::rename(private::beside(target, suffix), private::beside(kept, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(copy, target)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    if present {
        private::restrict(kept)?;
    }
    Ok(present)
}

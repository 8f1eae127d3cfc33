//! What the errors of the databases mean: one table of codes. The caller only learns whether a retry may help.

use domain::Error;

/// Why the database refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// It is busy, restarting, out of reach, or out of its own means.
    Busy,
    /// It takes no writes: a standby, or an operator's setting.
    ReadOnly,
    DiskFull,
    /// Two transactions wrote the same unique key at the same time; each had checked before that it was free.
    Taken,
    /// Another transaction held the row for too long.
    Locked,
    /// Its time limit was over, or its caller is gone.
    Stopped,
}

/// SQLSTATE codes of Postgres (five characters, or a class of two), and primary result codes of SQLite.
const CODES: [(&str, Cause); 24] = [
    // connection exceptions
    ("08", Cause::Busy),
    // a transaction that stood still
    ("25P03", Cause::Busy),
    // serialization failure, deadlock
    ("40001", Cause::Busy),
    ("40P01", Cause::Busy),
    // out of memory, connections or a configured limit
    ("53", Cause::Busy),
    ("53100", Cause::DiskFull),
    // not in the state for it, as in a recovery
    ("55000", Cause::Busy),
    ("55P03", Cause::Locked),
    ("57014", Cause::Stopped),
    // stopped by an administrator or after a crash, starting up, dropped, or idle for too long
    ("57P01", Cause::Busy),
    ("57P02", Cause::Busy),
    ("57P03", Cause::Busy),
    ("57P04", Cause::Busy),
    ("57P05", Cause::Busy),
    // errors of the system around it, such as of its disk
    ("58", Cause::Busy),
    ("25006", Cause::ReadOnly),
    // busy, locked, interrupted, read-only, error of the disk, full, cannot be opened, protocol of the locks
    ("5", Cause::Busy),
    ("6", Cause::Busy),
    ("9", Cause::Stopped),
    ("8", Cause::ReadOnly),
    ("10", Cause::Busy),
    ("13", Cause::DiskFull),
    ("14", Cause::Busy),
    ("15", Cause::Busy),
];

/// Logs the database's error.
pub(super) fn failed(error: &sqlx::Error) -> Error {
    let cause = cause(error);
    // What still reads while this process ends is not told.
    if matches!(error, sqlx::Error::PoolClosed) {
        tracing::debug!(%error, "the database is closed");
    } else if matches!(cause, Some(Cause::Taken | Cause::Locked | Cause::Stopped)) {
        tracing::warn!(%error, ?cause, "the database refused");
    } else {
        tracing::error!(%error, ?cause, "the database refused");
    }
    let unavailable = |text: &str| Error::Unavailable(text.to_owned());
    match cause {
        Some(Cause::Busy) => unavailable("The database is busy or out of reach; nothing was changed. Try again"),
        Some(Cause::ReadOnly) => unavailable("The database takes no changes at the moment; nothing was changed. Try again later"),
        Some(Cause::DiskFull) => Error::DiskFull,
        Some(Cause::Taken) => Error::Conflict("Someone else changed this at the same moment; check it, then try again".to_owned()),
        Some(Cause::Locked) => unavailable("Someone else is changing the same thing and is slow; nothing was changed. Try again"),
        Some(Cause::Stopped) => unavailable("This took too long and was stopped; use fewer or simpler filters, then try again"),
        None => Error::Internal,
    }
}

/// As `failed`, for a commit. When the connection was lost meanwhile, nobody knows whether it was done.
pub(super) fn failed_commit(error: &sqlx::Error) -> Error {
    let known = failed(error);
    if cause(error) == Some(Cause::Busy) && !matches!(code(error).as_deref(), Some("40001" | "40P01")) {
        return Error::Unavailable(
            "The database was lost in this moment; look whether your change is there before you try again".to_owned(),
        );
    }
    known
}

fn cause(error: &sqlx::Error) -> Option<Cause> {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Some(Cause::Busy),
        sqlx::Error::Database(error) if error.is_unique_violation() => Some(Cause::Taken),
        sqlx::Error::Database(_) => code(error).and_then(|code| of_code(&code)),
        _ => None,
    }
}

/// The code of Postgres, or the primary code of SQLite, whose upper bits hold details.
fn code(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(match code.parse::<u32>() {
        Ok(number) if code.len() != 5 => (number & 0xff).to_string(),
        _ => code.into_owned(),
    })
}

fn of_code(code: &str) -> Option<Cause> {
    let find = |wanted: &str| CODES.iter().find(|(code, _)| *code == wanted).map(|(_, cause)| *cause);
    let class = if code.len() == 5 { code.get(..2) } else { None };
    find(code).or_else(|| find(class?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_before_its_class() {
        for (code, cause) in [
            ("53100", Some(Cause::DiskFull)),
            ("53200", Some(Cause::Busy)),
            ("53400", Some(Cause::Busy)),
            ("08006", Some(Cause::Busy)),
            ("25006", Some(Cause::ReadOnly)),
            ("55000", Some(Cause::Busy)),
            ("55P03", Some(Cause::Locked)),
            ("57P02", Some(Cause::Busy)),
            ("57014", Some(Cause::Stopped)),
            ("42601", None),
            ("57999", None),
            ("13", Some(Cause::DiskFull)),
            ("1", None),
        ] {
            assert_eq!(of_code(code), cause, "{code}");
        }
    }
}

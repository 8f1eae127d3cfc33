//! Formatting of an import's numbers and states.

use domain::imports::{ImportCounts, ImportKind, ImportStatus};

/// Tone and icon of a status.
pub fn look(status: ImportStatus) -> (&'static str, &'static str) {
    match status {
        ImportStatus::Uploaded => ("warning", "wait"),
        ImportStatus::Running => ("info", "sending"),
        ImportStatus::Paused => ("warning", "pause"),
        ImportStatus::Undoing => ("info", "clock"),
        ImportStatus::Completed => ("success", "ok"),
        ImportStatus::Cancelled => ("neutral", "stop"),
        ImportStatus::Failed => ("danger", "fail"),
        ImportStatus::Undone => ("neutral", "undo"),
    }
}

/// Formats a size: `84.1 MB`, in powers of 1,000.
pub fn bytes(size: i64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if size < 1_000 {
        return format!("{size} B");
    }
    let mut amount = size as f64 / 1_000.0;
    let mut unit = 0;
    while amount >= 999.95 && unit + 1 < units.len() {
        amount /= 1_000.0;
        unit += 1;
    }
    format!("{amount:.1} {}", units[unit])
}

/// Formats seconds: `16 s`, `4 min` or `1 h 20 min`.
pub fn span(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{} s", seconds.max(0)),
        60..3_600 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// Results of the rows read so far: tone, icon, word, count.
pub fn parts(kind: ImportKind, counts: &ImportCounts) -> Vec<(&'static str, &'static str, &'static str, i64)> {
    let ImportCounts { created, updated, duplicates, rejected, .. } = *counts;
    match kind {
        ImportKind::Leads => vec![
            ("success", "plus", "created", created),
            ("info", "refresh", "updated", updated),
            ("neutral", "dup", "duplicates", duplicates),
            ("danger", "fail", "rejected", rejected),
        ],
        ImportKind::Orders => vec![
            ("success", "plus", "of new orders", created),
            ("neutral", "dup", "of known orders", duplicates),
            ("danger", "fail", "rejected", rejected),
        ],
    }
}

/// Number of rows not read yet, estimated from the mean length of those read.
pub fn rows_left(counts: &ImportCounts, read: i64, size: i64) -> i64 {
    if read <= 0 { 0 } else { (i128::from(counts.rows) * i128::from((size - read).max(0)) / i128::from(read)) as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans() {
        assert_eq!([bytes(999), bytes(1_000), bytes(84_100_000), bytes(999_960)], ["999 B", "1.0 kB", "84.1 MB", "1.0 MB"]);
        assert_eq!([span(16), span(239), span(4_800)], ["16 s", "4 min", "1 h 20 min"]);
    }

    #[test]
    fn what_is_left_follows_the_mean_row() {
        let counts = ImportCounts { rows: 600, ..ImportCounts::default() };
        assert_eq!((rows_left(&counts, 60, 100), rows_left(&counts, 0, 100), rows_left(&counts, 100, 100)), (400, 0, 0));
    }
}

//! A build step: prints what it does, and afterwards how long it took.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

pub fn step<T>(what: impl Display, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("── {what}");
    let start = Instant::now();
    let done = work().with_context(|| format!("{what} failed after {}", seconds(start.elapsed())))?;
    eprintln!("   {}", seconds(start.elapsed()));
    Ok(done)
}

pub fn note(what: impl Display) {
    eprintln!("   {what}");
}

pub fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// Bytes in readable form: 512 B, 38 kB, 1.2 MB.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

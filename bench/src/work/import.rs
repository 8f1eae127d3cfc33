//! A CSV of leads into an empty SQLite database: the command line against a bare loop of 10,000-row transactions.

use crate::{Bench, Failure, people, process, report};
use serde_json::json;
use std::{path::PathBuf, process::Stdio, time::Instant};
use tempfile::TempDir;
use tokio::process::Command;

/// The CSV, created once.
pub fn csv(bench: &Bench) -> Result<PathBuf, Failure> {
    let file = bench.folder.join(format!("leads-{}.csv", bench.leads));
    if !file.exists() {
        people::write_csv(&file, bench.leads)?;
    }
    Ok(file)
}

/// The database of the other workloads: the CSV, imported once.
pub async fn database(bench: &Bench) -> Result<PathBuf, Failure> {
    let database = bench.folder.join(format!("leads-{}.db", bench.leads));
    if !database.exists() {
        let making = bench.folder.join("making.db");
        for old in ["making.db", "making.db-wal", "making.db-shm"] {
            drop(std::fs::remove_file(bench.folder.join(old)));
        }
        let file = csv(bench)?;
        make(bench, &making).await?;
        import(bench, &file, &making).await?;
        std::fs::rename(making, &database)?;
    }
    Ok(database)
}

/// A folder with two copies of the database: the product writes to one and the floor to the other.
pub async fn copies(bench: &Bench) -> Result<(TempDir, PathBuf, PathBuf), Failure> {
    let source = database(bench).await?;
    let folder = tempfile::tempdir_in(&bench.folder)?;
    let (mine, theirs) = (folder.path().join("linnet.db"), folder.path().join("floor.db"));
    std::fs::copy(&source, &mine)?;
    std::fs::copy(&source, &theirs)?;
    Ok((folder, mine, theirs))
}

/// Creates an empty database.
async fn make(bench: &Bench, database: &std::path::Path) -> Result<(), Failure> {
    process::linnet(bench, &["migrate", "--database", &format!("sqlite://{}", database.display())]).await.map(drop)
}

async fn import(bench: &Bench, file: &std::path::Path, database: &std::path::Path) -> Result<(), Failure> {
    let data = database.with_extension("data");
    let arguments = [
        "import",
        "leads",
        &file.display().to_string(),
        "--database",
        &format!("sqlite://{}", database.display()),
        "--data",
        &data.display().to_string(),
    ];
    process::linnet(bench, &arguments).await.map(drop)
}

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let file = csv(bench)?;
    let (mut ours, mut floors, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut peak = 0;
    for _ in 0..bench.rounds {
        let folder = tempfile::tempdir_in(&bench.folder)?;
        make(bench, &folder.path().join("linnet.db")).await?;
        let began = Instant::now();
        let status = Command::new("/usr/bin/time")
            .args(["-f", "%M", "-o"])
            .arg(folder.path().join("peak"))
            .arg(&bench.bin)
            .args(["import", "leads"])
            .arg(&file)
            .arg("--database")
            .arg(format!("sqlite://{}", folder.path().join("linnet.db").display()))
            .arg("--data")
            .arg(folder.path().join("data"))
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .status()
            .await?;
        if !status.success() {
            return Err("the import failed".into());
        }
        let rate = bench.leads as f64 / began.elapsed().as_secs_f64();
        peak = peak.max(std::fs::read_to_string(folder.path().join("peak"))?.trim().parse::<u64>().unwrap_or(0));

        let began = Instant::now();
        let status = Command::new(process::floor("floor-import")?).arg(&file).arg(folder.path().join("floor.db")).status().await?;
        if !status.success() {
            return Err("the floor failed".into());
        }
        let floor = bench.leads as f64 / began.elapsed().as_secs_f64();
        ratios.push(rate / floor);
        ours.push(rate);
        floors.push(floor);
    }
    report::line(
        "import",
        json!({ "rows": bench.leads, "rows_per_s": report::spread(ours), "floor_rows_per_s": report::spread(floors), "ratio": report::spread(ratios), "peak_rss_mib": report::rounded(peak as f64 / 1_024.0) }),
    );
    Ok(())
}

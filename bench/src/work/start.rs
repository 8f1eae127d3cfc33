//! From exec to `/readyz`, and memory at rest, on an empty database.

use crate::{Bench, Failure, process::Server, report};
use serde_json::json;
use std::time::Duration;

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(&bench.folder)?;
    let database = folder.path().join("linnet.db");
    let mut times = Vec::new();
    let mut idle = 0;
    for round in 0..bench.rounds.max(5) {
        let server = Server::linnet(bench, &database).await?;
        times.push(server.ready_after.as_secs_f64() * 1_000.0);
        if round == 0 {
            // At rest: only time can be waited for.
            tokio::time::sleep(Duration::from_secs(5)).await;
            idle = server.memory().0;
        }
        server.stop().await?;
    }
    let bytes = std::fs::metadata(&bench.bin)?.len();
    report::line(
        "start",
        json!({ "readyz_ms": report::spread(times), "idle_rss_mib": report::rounded(idle as f64 / 1_024.0), "binary_mib": report::rounded(bytes as f64 / 1_048_576.0) }),
    );
    Ok(())
}

//! A real browser on a busy list of all leads; the script in `browser/` acts and measures.

use super::import;
use crate::{
    Bench, Failure,
    process::{self, Server},
};
use std::path::Path;
use tokio::process::Command;

const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "a password for the bench";

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let source = import::database(bench).await?;
    let folder = tempfile::tempdir_in(&bench.folder)?;
    let database = folder.path().join("linnet.db");
    std::fs::copy(&source, &database)?;
    let url = format!("sqlite://{}", database.display());
    let key = process::key(bench, &database, "member").await?;
    let add = ["user", "add", EMAIL, "--name", "Bench", "--role", "admin", "--password-stdin", "--database", &url];
    process::linnet_with(bench, &add, PASSWORD).await?;
    let server = Server::linnet(bench, &database).await?;
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = Command::new("node")
        .arg(house.join("bench/browser/interact.mjs"))
        .args([&format!("http://127.0.0.1:{}", server.port), &key, EMAIL, PASSWORD])
        .current_dir(house.join("end2end"))
        .status()
        .await?;
    server.stop().await?;
    if status.success() { Ok(()) } else { Err("the browser's script failed".into()) }
}

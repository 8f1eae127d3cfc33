//! The list of leads rendered by the server, against the same HTML written as a string, and the same page on Next.js.

use super::import;
use crate::{
    Bench, Failure,
    load::{self, Http, get},
    process::{self, Server},
    report,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::process::Command;

const PAGE: &str = "/leads";
const CONNECTIONS: usize = 8;

pub async fn run(bench: &Bench) -> Result<(), Failure> {
    let database = import::database(bench).await?;
    let key = process::key(bench, &database, "viewer").await?;
    let ours = Server::linnet(bench, &database).await?;
    let page = fetch(ours.port, PAGE, &key).await?;
    let rows = page.matches("<tr data-id=").count();
    let leads = fetch(ours.port, &format!("/api/leads?limit={rows}&sort=-createdAt"), &key).await?;
    let (page_file, leads_file) = (bench.folder.join("page.html"), bench.folder.join("page.json"));
    std::fs::write(&page_file, &page)?;
    std::fs::write(&leads_file, &leads)?;
    let floor = Server::floor("floor-page", &page_file).await?;
    let next = next(bench, &leads_file).await?;
    let names = names(&leads)?;
    let servers = [("linnet", &ours), ("string", &floor), ("next", &next)];
    let mut sizes = Vec::new();
    for (name, server) in servers {
        let page = fetch(server.port, PAGE, &key).await?;
        if let Some(missing) = names.iter().find(|one| !page.contains(one.as_str())) {
            return Err(format!("{name}: the page does not name {missing}").into());
        }
        sizes.push(page.len());
    }
    let (mut rates, mut cpu) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    for _ in 0..bench.rounds {
        for (at, (_, server)) in servers.iter().enumerate() {
            let (key, used) = (key.clone(), server.cpu());
            let round = load::run(server.port, CONNECTIONS, bench.seconds, move |_| get(PAGE, &key)).await?;
            rates[at].push(round.per_second());
            cpu[at].push((server.cpu() - used) as f64 / round.requests as f64);
        }
    }
    let ratio = |of: &[Vec<f64>; 3], a: usize, b: usize| report::spread(of[a].iter().zip(&of[b]).map(|(a, b)| a / b).collect());
    report::line(
        "leads_page",
        json!({ "leads": bench.leads, "bytes": { "linnet": sizes[0], "next": sizes[2] },
                "ratio_string": ratio(&rates, 0, 1), "ratio_next": ratio(&rates, 0, 2),
                "cpu_ratio_string": ratio(&cpu, 1, 0), "cpu_ratio_next": ratio(&cpu, 2, 0),
                "per_s": report::spread(rates[0].clone()), "string_per_s": report::spread(rates[1].clone()), "next_per_s": report::spread(rates[2].clone()) }),
    );
    for server in [ours, floor, next] {
        server.stop().await?;
    }
    Ok(())
}

async fn fetch(port: u16, path: &str, key: &str) -> Result<String, Failure> {
    let mut http = Http::connect(port).await?;
    let status = http.send(&get(path, key)).await?;
    let body = String::from_utf8(http.body().to_vec())?;
    if status == 200 { Ok(body) } else { Err(format!("{path}: {status} {body}").into()) }
}

fn names(leads: &str) -> Result<Vec<String>, Failure> {
    let leads: Value = serde_json::from_str(leads)?;
    let all = leads["data"].as_array().ok_or("no leads")?;
    Ok(all
        .iter()
        .filter_map(|lead| lead["name"].as_str())
        .filter(|name| !name.contains(['&', '\'', '<', '"']))
        .map(str::to_owned)
        .collect())
}

/// Installs and builds the Next.js page in the folder of the databases, once.
async fn next(bench: &Bench, leads: &Path) -> Result<Server, Failure> {
    let peer = bench.folder.join("next");
    let program = peer.join("node_modules/next/dist/bin/next");
    if !peer.join(".next/BUILD_ID").exists() {
        let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers/next");
        sh(Command::new("cp").arg("-r").arg(&from).arg(&peer)).await?;
        sh(Command::new("npm").arg("install").current_dir(&peer)).await?;
        sh(Command::new("node").arg(&program).arg("build").env("NEXT_TELEMETRY_DISABLED", "1").current_dir(&peer)).await?;
    }
    Server::program(PAGE, |command, port| {
        command.arg("node").arg(&program).args(["start", "-H", "127.0.0.1", "-p", &port.to_string()]);
        command.env("LEADS_FILE", leads).env("NEXT_TELEMETRY_DISABLED", "1").env("NODE_ENV", "production").current_dir(&peer);
    })
    .await
}

pub async fn sh(command: &mut Command) -> Result<(), Failure> {
    // Only figures go to the output.
    let output = command.output().await?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}

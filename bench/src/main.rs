//! Workloads on the release build. Each prints one JSON line with a figure and its ratio to a floor program in the same run.
//! The server runs on the first core, the load on the second; rounds of product and floor alternate.

mod load;
mod people;
mod process;
mod purchases;
mod report;
mod work;

use clap::Parser;
use std::path::PathBuf;

#[derive(Parser)]
struct Options {
    /// import, read, write, bulk, orders, segments, export, page, live, socketio, interact or start; all of them when absent.
    name: Option<String>,
    /// Leads in the database.
    #[arg(long, default_value_t = 1_000_000)]
    leads: u64,
    /// Seconds of load per round.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds of product and floor.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The product's executable.
    #[arg(long, env = "LINNET_BIN")]
    bin: PathBuf,
    /// Folder of the databases; kept between runs, so that only the first run imports.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Parameters of every workload.
pub struct Bench {
    leads: u64,
    seconds: u64,
    rounds: usize,
    bin: PathBuf,
    folder: PathBuf,
}

fn main() -> Result<(), Failure> {
    let Options { name, leads, seconds, rounds, bin, folder } = Options::parse();
    if std::env::var_os("LINNET_BENCH_PINNED").is_none() {
        // The load must not use the server's core, so that this program restarts itself on the second one.
        let status = std::process::Command::new("taskset")
            .args(["-c", "1"])
            .arg(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env("LINNET_BENCH_PINNED", "1")
            .status()?;
        std::process::exit(status.code().unwrap_or(1));
    }
    std::fs::create_dir_all(&folder)?;
    let bench = Bench { leads, seconds, rounds, bin: bin.canonicalize()?, folder: folder.canonicalize()? };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let wanted = |one: &str| name.as_deref().is_none_or(|name| name == one);
        if wanted("start") {
            work::start::run(&bench).await?;
        }
        if wanted("import") {
            work::import::run(&bench).await?;
        }
        if wanted("read") {
            work::read::run(&bench).await?;
        }
        if wanted("write") {
            work::write::run(&bench).await?;
        }
        if wanted("bulk") {
            work::bulk::run(&bench).await?;
        }
        if wanted("orders") {
            work::orders::run(&bench).await?;
        }
        if wanted("segments") {
            work::segments::run(&bench).await?;
        }
        if wanted("export") {
            work::export::run(&bench).await?;
        }
        if wanted("page") {
            work::page::run(&bench).await?;
        }
        if wanted("live") {
            work::live::run(&bench).await?;
        }
        if wanted("socketio") {
            work::socketio::run(&bench).await?;
        }
        if wanted("interact") {
            work::interact::run(&bench).await?;
        }
        Ok(())
    })
}

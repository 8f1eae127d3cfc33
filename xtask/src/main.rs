//! `cargo xtask`: the commands that build, run, test, ship and measure Linnet. One file per command; each step prints what it does and how
//! long it took.

mod bench;
mod build;
mod cargo;
mod dev;
mod dist;
mod paths;
mod process;
mod run;
mod setup;
mod step;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{build::Profile, paths::Paths};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, test, ship and measure Linnet", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    job: Job,
}

#[derive(Subcommand)]
enum Job {
    /// Set up what is missing, build for release and serve
    Run {
        /// Passed on to `linnet serve`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Set up what the tests need, then check format, lints and licences and run every test
    Test {
        /// Run only this part
        #[arg(long, value_enum)]
        only: Option<test::Part>,
    },
    /// Send random requests to every address that the API's description has
    FuzzApi {
        /// How long
        #[arg(long, default_value_t = 600)]
        seconds: u32,
        /// Another seed sends other requests
        #[arg(long, default_value_t = test::fuzz::SEED)]
        seed: u32,
    },
    /// Serve, watch the sources, rebuild the side that changed and reload the page
    Dev {
        /// Passed on to `linnet serve`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Build the executable to ship: <target>/dist/linnet
    Dist,
    /// Build for release and run a workload; without a name, list them
    Bench {
        /// Passed on to the bench program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the browser side, the site and the server
    Build {
        #[arg(long)]
        release: bool,
    },
}

fn main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<()> {
    let paths = Paths::open()?;
    match Cli::parse().job {
        Job::Run { args } => run::run(&paths, &args),
        Job::Test { only } => test::run(&paths, only),
        Job::FuzzApi { seconds, seed } => test::fuzz::run(&paths, seconds, seed),
        Job::Dev { args } => dev::run(&paths, &args),
        Job::Dist => dist::run(&paths).map(|_| ()),
        Job::Bench { args } => bench::run(&paths, &args),
        Job::Build { release } => build::all(&paths, if release { Profile::Release } else { Profile::Dev }).map(|_| ()),
    }
}

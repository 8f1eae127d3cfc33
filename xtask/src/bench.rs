//! `bench`: measures the release build against the floor programs.

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

use crate::{cargo, dist, paths::Paths, process, step::step};

pub fn run(paths: &Paths, args: &[String]) -> Result<()> {
    let linnet = dist::run(paths)?;
    step("bench programs", || process::run(&mut cargo::native(paths, &["build", "--release", "--package", "bench", "--bins"])))?;
    let bench = paths.target.join("release/bench");
    Err(Command::new(&bench).args(args).env("LINNET_BIN", linnet).exec()).with_context(|| format!("starting {}", bench.display()))
}

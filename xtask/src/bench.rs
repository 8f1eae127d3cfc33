//! `bench`: measures the release build against the floor programs.

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

use crate::{cargo, dist, house::House, process, step::step};

pub fn run(house: &House, args: &[String]) -> Result<()> {
    let linnet = dist::run(house)?;
    step("bench programs", || process::run(&mut cargo::native(house, &["build", "--release", "--package", "bench", "--bins"])))?;
    let bench = house.target.join("release/bench");
    Err(Command::new(&bench).args(args).env("LINNET_BIN", linnet).exec()).with_context(|| format!("starting {}", bench.display()))
}

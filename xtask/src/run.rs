//! `run`: from a fresh clone to a running server.

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

use crate::{
    build::{self, Profile},
    paths::Paths,
    setup,
};

pub fn run(paths: &Paths, args: &[String]) -> Result<()> {
    setup::to_build(paths)?;
    let linnet = build::all(paths, Profile::Release)?;
    Err(Command::new(&linnet).arg("serve").args(args).exec()).with_context(|| format!("starting {}", linnet.display()))
}

//! `run`: from a fresh clone to a running server.

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

use crate::{
    build::{self, Profile},
    house::House,
    setup,
};

pub fn run(house: &House, args: &[String]) -> Result<()> {
    setup::to_build(house)?;
    let linnet = build::all(house, Profile::Release)?;
    eprintln!("── http://{}", house.site_addr());
    Err(Command::new(&linnet).arg("serve").args(args).exec()).with_context(|| format!("starting {}", linnet.display()))
}

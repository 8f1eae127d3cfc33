//! The parts of `test`. Packages of one side are built together, so that shared dependencies compile once; the two sides are always
//! separate.

use std::process::Command;

use anyhow::{Context, Result};

use super::postgres::Postgres;
use crate::{
    build::{self, Profile},
    cargo,
    house::House,
    process,
    setup::tool_path,
    step::step,
};

const PRODUCT: &[&str] = &["--package", "domain", "--package", "app", "--package", "server"];
const XTASK: &[&str] = &["--package", "xtask"];
const BENCH: &[&str] = &["--package", "bench"];
const BROWSER: &[&str] = &["--package", "app", "--package", "frontend"];

pub fn fmt(house: &House) -> Result<()> {
    process::run(&mut cargo::native(house, &["fmt", "--all", "--check"]))
}

pub fn clippy(house: &House) -> Result<()> {
    let strict = ["--", "--deny", "warnings"];
    for packages in [PRODUCT, XTASK, BENCH] {
        step(format!("clippy {}", packages.join(" ")), || {
            process::run(cargo::native(house, &["clippy", "--all-targets"]).args(packages).args(strict))
        })?;
    }
    step("clippy for the browser", || process::run(cargo::browser(house, &["clippy"]).args(BROWSER).args(strict)))
}

pub fn deny(house: &House) -> Result<()> {
    let tool = tool_path(house, "cargo-deny").context("cargo-deny is missing")?;
    let check = ["--workspace", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    process::run(Command::new(tool).args(check).current_dir(&house.root))
}

pub fn unit(house: &House) -> Result<()> {
    let tool = tool_path(house, "cargo-nextest").context("cargo-nextest is missing")?;
    let postgres = Postgres::start()?;
    for packages in [PRODUCT, XTASK] {
        step(format!("tests {}", packages.join(" ")), || {
            let mut command = cargo::tool(house, &tool);
            command.args(["nextest", "run", "--no-fail-fast", "--no-tests", "fail"]).args(packages);
            process::run(command.env("LINNET_TEST_POSTGRES", postgres.url()))
        })?;
    }
    Ok(())
}

pub fn browser(house: &House) -> Result<()> {
    build::browser(house, Profile::Dev)?;
    // With the features of the tests, so that the server is the one they were run with, and nothing is compiled a second time.
    step("server", || process::run(cargo::native(house, &["build", "--tests"]).args(PRODUCT)))?;
    let linnet = house.target.join("debug").join(&house.leptos.output_name);
    let postgres = Postgres::start()?;
    let mut command = Command::new("npx");
    command.args(["playwright", "test"]).current_dir(house.end2end());
    command.env("LINNET_BIN", linnet).env("LEPTOS_SITE_ROOT", house.site(Profile::Dev));
    process::run(command.env("LINNET_TEST_POSTGRES", postgres.url()))
}

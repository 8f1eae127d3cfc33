//! The parts of `test`. Packages of one side are built together, so that shared dependencies compile once; the two sides are always
//! separate.

use std::process::Command;

use anyhow::{Context, Result};

use super::{postgres::Postgres, rabbitmq::RabbitMq};
use crate::{
    build::{self, Profile},
    cargo,
    paths::Paths,
    process,
    setup::tool_path,
    step::step,
};

/// With what a browser test asks of the domain, which is so compiled only once.
const PRODUCT: &[&str] = &["--package", "domain", "--package", "app", "--package", "server", "--package", "rules"];
const XTASK: &[&str] = &["--package", "xtask"];
const BENCH: &[&str] = &["--package", "bench"];
const BROWSER: &[&str] = &["--package", "app", "--package", "frontend"];

pub fn fmt(paths: &Paths) -> Result<()> {
    process::run(&mut cargo::native(paths, &["fmt", "--all", "--check"]))
}

pub fn clippy(paths: &Paths) -> Result<()> {
    let strict = ["--", "--deny", "warnings"];
    for packages in [PRODUCT, XTASK, BENCH] {
        step(format!("clippy {}", packages.join(" ")), || {
            process::run(cargo::native(paths, &["clippy", "--all-targets"]).args(packages).args(strict))
        })?;
    }
    step("clippy for the browser", || process::run(cargo::browser(paths, &["clippy"]).args(BROWSER).args(strict)))
}

pub fn deny(paths: &Paths) -> Result<()> {
    let tool = tool_path(paths, "cargo-deny").context("cargo-deny is missing")?;
    let check = ["--workspace", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    process::run(Command::new(tool).args(check).current_dir(&paths.root))
}

pub fn unit(paths: &Paths) -> Result<()> {
    let tool = tool_path(paths, "cargo-nextest").context("cargo-nextest is missing")?;
    let postgres = Postgres::start()?;
    let rabbitmq = RabbitMq::start()?;
    for packages in [PRODUCT, XTASK] {
        step(format!("tests {}", packages.join(" ")), || {
            let mut command = cargo::tool(paths, &tool);
            command.args(["nextest", "run", "--no-fail-fast", "--no-tests", "fail"]).args(packages);
            process::run(command.env("LINNET_TEST_POSTGRES", postgres.url()).env("LINNET_TEST_RABBITMQ", rabbitmq.url()))
        })?;
    }
    Ok(())
}

pub fn browser(paths: &Paths) -> Result<()> {
    build::browser(paths, Profile::Dev)?;
    let rules = step("rules for the browser", || build::rules(paths))?;
    // With the features of the tests, so that the server is the one they were run with, and nothing is compiled a second time.
    step("server", || process::run(cargo::native(paths, &["build", "--tests", "--bin", "rule-cases"]).args(PRODUCT)))?;
    let native = paths.target.join("debug");
    let postgres = Postgres::start()?;
    let rabbitmq = RabbitMq::start()?;
    let mut command = Command::new("npx");
    command.args(["playwright", "test"]).current_dir(paths.end2end());
    command.env("LINNET_RULE_CASES", native.join("rule-cases")).env("LINNET_RULES_WASM", rules);
    command.env("LINNET_BIN", native.join(&paths.leptos.output_name)).env("LEPTOS_SITE_ROOT", paths.site(Profile::Dev));
    process::run(command.env("LINNET_TEST_POSTGRES", postgres.url()).env("LINNET_TEST_RABBITMQ", rabbitmq.url()))
}

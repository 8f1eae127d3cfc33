//! Cargo, called for one side at a time: features of the two sides must never be unified.

use std::{env, process::Command};

use crate::house::House;

pub const WASM: &str = "wasm32-unknown-unknown";

fn cargo(house: &House) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(&house.root);
    // What `cargo run` tells xtask about itself is not true of what xtask builds.
    for (key, _) in env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(key);
        }
    }
    command
}

/// `cargo <args>` for this machine.
pub fn native(house: &House, args: &[&str]) -> Command {
    let mut command = cargo(house);
    command.args(args).env("CARGO_TARGET_DIR", &house.target);
    command
}

/// `cargo <args>` for the browser.
pub fn browser(house: &House, args: &[&str]) -> Command {
    let mut command = cargo(house);
    command.args(args).args(["--target", WASM]).env("CARGO_TARGET_DIR", house.wasm_target());
    command
}

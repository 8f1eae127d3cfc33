//! Calls cargo for one side at a time: the features of the two sides must never be unified.

use std::{env, ffi::OsStr, process::Command};

use crate::paths::Paths;

pub const WASM: &str = "wasm32-unknown-unknown";

/// A command for cargo, or for a tool that calls it, for this machine.
pub fn tool(paths: &Paths, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&paths.root).env("CARGO_TARGET_DIR", &paths.target);
    // Variables that `cargo run` sets for xtask are wrong for what xtask builds, and dependencies that read them would be rebuilt whenever
    // they change.
    for (key, _) in env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(key);
        }
    }
    command
}

/// `cargo <args>` for this machine.
pub fn native(paths: &Paths, args: &[&str]) -> Command {
    let mut command = tool(paths, "cargo");
    command.args(args);
    command
}

/// `cargo <args>` for the browser.
pub fn browser(paths: &Paths, args: &[&str]) -> Command {
    let mut command = tool(paths, "cargo");
    command.args(args).args(["--target", WASM]).env("CARGO_TARGET_DIR", paths.wasm_target());
    command
}

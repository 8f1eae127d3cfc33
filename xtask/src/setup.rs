//! Installs only what is missing.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::{
    cargo::{self, WASM},
    paths::Paths,
    process::{self, find, is_root},
    step::{note, step},
};

/// Installs what a build needs. wasm-opt only makes the site smaller: a machine without npm can build too.
pub fn to_build(paths: &Paths) -> Result<()> {
    wasm_target()?;
    if find("wasm-opt").is_none() && find("npm").is_some() && npm(paths).is_err() {
        note("the npm packages could not be installed: going on without wasm-opt");
    }
    Ok(())
}

/// Installs what the tests need in addition.
pub fn to_test(paths: &Paths) -> Result<()> {
    wasm_target()?;
    let missing: Vec<&str> = [
        (find("npm").is_none(), "npm"),
        (!Path::new(CHROMIUM).exists(), "chromium"),
        (postgres().is_none(), "postgresql"),
        (rabbitmq().is_none(), RABBITMQ),
    ]
    .into_iter()
    .filter_map(|(missing, package)| missing.then_some(package))
    .collect();
    if !missing.is_empty() {
        step(format!("install {}", missing.join(", ")), || apt(&missing))?;
    }
    if missing.contains(&RABBITMQ) {
        // The tests start a node of their own; the package's listens on all addresses.
        process::run(as_root("invoke-rc.d").args([RABBITMQ, "stop"]))?;
        process::run(as_root("update-rc.d").args([RABBITMQ, "disable"]))?;
    }
    npm(paths)?;
    for (tool, version) in [("cargo-nextest", "0.9.143"), ("cargo-deny", "0.20.2")] {
        if tool_path(paths, tool).is_none() {
            step(format!("install {tool} {version}"), || {
                let root = paths.tools();
                process::run(cargo::native(paths, &["install", "--locked", tool, "--version", version, "--root"]).arg(root))
            })?;
        }
    }
    Ok(())
}

/// Installs schemathesis into an environment of its own, and returns its program.
pub fn schemathesis(paths: &Paths) -> Result<PathBuf> {
    let requirements = paths.root.join("xtask/fuzz/requirements.txt");
    let dir = paths.tools().join("schemathesis");
    // Written last, so that it shows a whole installation of these versions.
    let installed = dir.join("requirements.txt");
    if read(&installed).is_none_or(|text| Some(text) != read(&requirements)) {
        step("install schemathesis", || {
            if process::output(Command::new("python3").args(["-c", "import ensurepip"])).is_err() {
                apt(&["python3-venv"])?;
            }
            process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&dir))?;
            process::run(Command::new(dir.join("bin/pip")).args(["install", "--quiet", "--requirement"]).arg(&requirements))?;
            Ok(std::fs::copy(&requirements, &installed)?)
        })?;
    }
    Ok(dir.join("bin/schemathesis"))
}

fn read(file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok()
}

/// Path in Debian; `end2end/playwright.config.ts` starts it from here.
const CHROMIUM: &str = "/usr/bin/chromium";

fn wasm_target() -> Result<()> {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    step(format!("install {WASM}"), || process::run(Command::new("rustup").args(["target", "add", WASM])))
}

fn apt(packages: &[&str]) -> Result<()> {
    if find("apt-get").is_none() {
        bail!("install {} with this machine's own package manager", packages.join(", "));
    }
    let apt = |args: &[&str]| process::run(as_root("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"));
    apt(&["update", "-q"])?;
    apt(&[&["install", "-y", "-q", "--no-install-recommends"], packages].concat())
}

fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

/// Installs the packages of `end2end`, when the lock file is newer than the installed packages.
fn npm(paths: &Paths) -> Result<()> {
    let dir = paths.end2end();
    let age = |path: PathBuf| path.metadata().and_then(|meta| meta.modified()).ok();
    let (locked, installed) = (age(dir.join("package-lock.json")), age(dir.join("node_modules/.package-lock.json")));
    if installed.is_some() && installed >= locked {
        return Ok(());
    }
    step("install npm packages", || {
        process::run(
            Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&dir).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
        )
    })
}

/// Path of a cargo tool, on the PATH or installed here before.
pub fn tool_path(paths: &Paths, tool: &str) -> Option<PathBuf> {
    find(tool).or_else(|| Some(paths.tools().join("bin").join(tool)).filter(|path| path.is_file()))
}

/// Folder of the Postgres programs. Debian keeps them off the PATH, by version.
pub fn postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    let debian = newest.map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    debian.or_else(|| find("postgres")?.parent().map(Path::to_path_buf)).filter(|dir| dir.join("initdb").is_file())
}

const RABBITMQ: &str = "rabbitmq-server";

/// Folder of the RabbitMQ programs. Debian's on the PATH insist on their own user and configuration.
pub fn rabbitmq() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/rabbitmq/lib").into_iter().flatten().flatten();
    let debian = versions.map(|entry| entry.path().join("sbin")).find(|dir| dir.join(RABBITMQ).is_file());
    debian.or_else(|| find(RABBITMQ)?.parent().map(Path::to_path_buf)).filter(|_| find("epmd").is_some())
}

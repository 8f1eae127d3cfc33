//! Paths: the workspace, the target directory, and the Leptos options that name the others.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// The part of `Leptos.toml` that the build needs; the server reads the same table.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Leptos {
    pub output_name: String,
    pub bin_package: String,
    pub lib_package: String,
    pub lib_profile_dev: String,
    pub lib_profile_release: String,
    pub site_pkg_dir: String,
    pub site_addr: String,
    pub reload_port: u16,
    pub style_file: PathBuf,
    pub assets_dir: PathBuf,
}

pub struct Paths {
    pub root: PathBuf,
    /// Native artefacts; folders below it hold everything else that is built.
    pub target: PathBuf,
    pub leptos: Leptos,
}

impl Paths {
    pub fn open() -> Result<Self> {
        let own = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = own.parent().context("xtask lies in a workspace")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => env::current_dir()?.join(dir),
            None => root.join("target"),
        };
        let leptos = options(&fs::read_to_string(root.join("Leptos.toml")).context("reading Leptos.toml")?)?;
        Ok(Self { root, target, leptos })
    }

    /// The browser side has its own target directory, so that the two sides share neither locks nor flags.
    pub fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// Folder for programs that the tests need and that are not on the PATH.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// Listen address of a server started by these commands. The environment overrides the file, as in the server.
    pub fn site_addr(&self) -> String {
        env::var("LEPTOS_SITE_ADDR").unwrap_or_else(|_| self.leptos.site_addr.clone())
    }

    pub fn reload_port(&self) -> Result<u16> {
        match env::var("LEPTOS_RELOAD_PORT") {
            Ok(port) => port.parse().context("LEPTOS_RELOAD_PORT is no port"),
            Err(_) => Ok(self.leptos.reload_port),
        }
    }
}

fn options(text: &str) -> Result<Leptos> {
    #[derive(Deserialize)]
    struct File {
        workspace: Workspace,
    }
    #[derive(Deserialize)]
    struct Workspace {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        leptos: Vec<Leptos>,
    }
    let file: File = toml::from_str(text).context("Leptos.toml")?;
    file.workspace.metadata.leptos.into_iter().next().context("Leptos.toml has no [[workspace.metadata.leptos]]")
}

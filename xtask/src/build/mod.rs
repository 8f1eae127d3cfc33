//! Build steps that the commands share: browser side, style, site, server.

mod areas;
mod compress;
mod css;
mod files;
mod server;
mod site;
mod snip;
mod wasm;

use std::path::PathBuf;

use anyhow::Result;

use crate::{paths::Paths, step::step};

pub use server::server;
pub use wasm::rules;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}

impl Paths {
    /// Folder of the files that browsers can fetch, in the layout in which they are served.
    pub fn site(&self, profile: Profile) -> PathBuf {
        self.target.join(match profile {
            Profile::Dev => "site",
            Profile::Release => "site-release",
        })
    }

    /// Folder of the intermediate files of the site, whose names carry no hash.
    fn stage(&self, profile: Profile) -> PathBuf {
        self.target.join("stage").join(profile.name())
    }
}

/// Builds everything; returns the path of the server's executable.
pub fn all(paths: &Paths, profile: Profile) -> Result<PathBuf> {
    browser(paths, profile)?;
    step("server", || server(paths, profile))
}

/// Builds the browser side and the site; skips steps whose inputs did not change.
pub fn browser(paths: &Paths, profile: Profile) -> Result<()> {
    step("browser side: compile", || wasm::compile(paths, profile))?;
    step("browser side: bindings", || wasm::bind(paths, profile))?;
    style(paths, profile)
}

/// Builds style and site, when only they changed.
pub fn style(paths: &Paths, profile: Profile) -> Result<()> {
    step("style", || css::bundle(paths, profile))?;
    step("site", || site::assemble(paths, profile))
}

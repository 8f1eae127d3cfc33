//! Build steps that the commands share: browser side, style, site, server.

mod compress;
mod css;
mod files;
mod server;
mod site;
mod snip;
mod wasm;

use std::path::PathBuf;

use anyhow::Result;

use crate::{house::House, step::step};

pub use server::server;

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

impl House {
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
pub fn all(house: &House, profile: Profile) -> Result<PathBuf> {
    browser(house, profile)?;
    step("server", || server(house, profile))
}

/// Builds the browser side and the site; skips steps whose inputs did not change.
pub fn browser(house: &House, profile: Profile) -> Result<()> {
    step("browser side: compile", || wasm::compile(house, profile))?;
    step("browser side: bindings", || wasm::bind(house, profile))?;
    style(house, profile)
}

/// Builds style and site, when only they changed.
pub fn style(house: &House, profile: Profile) -> Result<()> {
    step("style", || css::bundle(house, profile))?;
    step("site", || site::assemble(house, profile))
}

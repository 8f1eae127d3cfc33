//! What the other jobs share: the browser side, the style, the site, the server.

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
    /// What a browser may fetch, laid out as it is served.
    pub fn site(&self, profile: Profile) -> PathBuf {
        self.target.join(match profile {
            Profile::Dev => "site",
            Profile::Release => "site-release",
        })
    }

    /// Unnamed intermediate files of the site.
    fn stage(&self, profile: Profile) -> PathBuf {
        self.target.join("stage").join(profile.name())
    }
}

/// Everything; answers the server's executable.
pub fn all(house: &House, profile: Profile) -> Result<PathBuf> {
    browser(house, profile)?;
    step("server", || server(house, profile))
}

/// The browser side and the site; steps whose inputs did not change are skipped.
pub fn browser(house: &House, profile: Profile) -> Result<()> {
    step("browser side: compile", || wasm::compile(house, profile))?;
    step("browser side: bindings", || wasm::bind(house, profile))?;
    style(house, profile)
}

/// The style and the site, for when only they changed.
pub fn style(house: &House, profile: Profile) -> Result<()> {
    step("style", || css::bundle(house, profile))?;
    step("site", || site::assemble(house, profile))
}

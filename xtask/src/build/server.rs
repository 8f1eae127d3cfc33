//! The server's executable. The release build contains the site.

use std::path::PathBuf;

use anyhow::Result;

use super::Profile;
use crate::{cargo, paths::Paths, process};

pub fn server(paths: &Paths, profile: Profile) -> Result<PathBuf> {
    let mut command = cargo::native(paths, &["build", "--package", &paths.leptos.bin_package]);
    if profile == Profile::Release {
        command.args(["--release", "--features", "embed"]).env("LINNET_SITE_DIR", paths.site(profile));
    }
    process::run(&mut command)?;
    let dir = match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    };
    Ok(paths.target.join(dir).join(&paths.leptos.output_name))
}

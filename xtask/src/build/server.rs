//! The server's executable. The release build contains the site.

use std::path::PathBuf;

use anyhow::Result;

use super::Profile;
use crate::{cargo, house::House, process};

pub fn server(house: &House, profile: Profile) -> Result<PathBuf> {
    let mut command = cargo::native(house, &["build", "--package", &house.leptos.bin_package]);
    if profile == Profile::Release {
        command.args(["--release", "--features", "embed"]).env("LINNET_SITE_DIR", house.site(profile));
    }
    process::run(&mut command)?;
    let dir = match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    };
    Ok(house.target.join(dir).join(&house.leptos.output_name))
}

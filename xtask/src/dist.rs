//! `dist`: the executable to ship, which contains site, fonts and migrations.

use std::{fs, path::PathBuf};

use anyhow::Result;

use crate::{
    build::{self, Profile},
    paths::Paths,
    setup,
    step::size,
};

pub fn run(paths: &Paths) -> Result<PathBuf> {
    setup::to_build(paths)?;
    let linnet = build::all(paths, Profile::Release)?;
    let dist = paths.target.join("dist");
    fs::create_dir_all(&dist)?;
    let shipped = dist.join(&paths.leptos.output_name);
    // Removed instead of overwritten, so that a running copy keeps its own file.
    let _ = fs::remove_file(&shipped);
    let bytes = fs::copy(linnet, &shipped)?;
    eprintln!("── {} {}", shipped.display(), size(bytes as usize));
    Ok(shipped)
}

//! Files: listing, comparing ages, and writing.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result};

/// All files below a folder, sorted. A missing folder has none.
pub fn below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if dir.is_dir() {
        collect(dir, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

/// Whether `made` is newer than all its inputs. The xtask program is an input too: a new xtask rebuilds everything.
pub fn fresh(made: &Path, from: &[PathBuf]) -> bool {
    let Some(made) = changed(made) else { return false };
    let maker = env::current_exe().ok();
    from.iter().chain(maker.iter()).all(|path| changed(path).is_some_and(|at| at <= made))
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

/// Writes the file if its content differs, and returns whether it did. An unchanged file keeps its age, so that nothing after it is
/// rebuilt.
pub fn write(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
    Ok(true)
}

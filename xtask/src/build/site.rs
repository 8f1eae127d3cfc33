//! The site: the files that browsers can fetch, in the layout in which they are served, with a manifest of the names with content hashes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::{Profile, areas::Areas, compress, files};
use crate::{
    paths::Paths,
    step::{note, size},
};

pub fn assemble(paths: &Paths, profile: Profile) -> Result<()> {
    let (stage, name) = (paths.stage(profile), &paths.leptos.output_name);
    let mut site = Site { dir: paths.site(profile), pack: profile == Profile::Release, kept: BTreeSet::new(), changed: false };

    let public = paths.root.join(&paths.leptos.assets_dir);
    for file in files::below(&public)? {
        site.put(file.strip_prefix(&public)?, &fs::read(&file)?)?;
    }
    let pkg = Path::new(&paths.leptos.site_pkg_dir);
    for file in files::below(&stage.join("snippets"))? {
        site.put(&pkg.join(file.strip_prefix(&stage)?), &fs::read(&file)?)?;
    }
    let areas = Areas::load(&stage)?;
    let mut served = BTreeMap::new();
    for file in areas.files() {
        let plain = format!("{name}-{}", file.strip_prefix("split_").unwrap_or(file));
        let hashed = site.put_hashed(pkg, &plain, "wasm", &read(&Areas::path(&stage, file))?)?;
        served.insert(file, format!("./{hashed}"));
    }
    let script = areas.with_loader(&String::from_utf8(read(&stage.join(format!("{name}.js")))?)?, &served)?;
    let mut manifest = BTreeMap::new();
    for (kind, bytes) in [
        ("js", script.into_bytes()),
        ("wasm", read(&stage.join(format!("{name}.wasm")))?),
        ("css", read(&stage.join(format!("{name}.css")))?),
    ] {
        manifest.insert(format!("{name}.{kind}"), site.put_hashed(pkg, name, kind, &bytes)?);
    }
    site.sweep()?;
    // Written whenever any file changed, even under an unchanged name, because the embedding crate watches this file.
    if site.changed || !site.dir.join("manifest.json").exists() {
        fs::write(site.dir.join("manifest.json"), serde_json::to_vec_pretty(&manifest)?)?;
    } else {
        note("unchanged");
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} was not made", path.display()))
}

/// 16 hex digits of the contents' SHA-256.
fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

struct Site {
    dir: PathBuf,
    /// Whether compressed files are written beside the plain ones.
    pack: bool,
    kept: BTreeSet<PathBuf>,
    changed: bool,
}

impl Site {
    fn put(&mut self, at: &Path, bytes: &[u8]) -> Result<()> {
        let path = self.dir.join(at);
        let packed = if self.pack { compress::siblings(&path) } else { Vec::new() };
        let wrote = files::write(&path, bytes)?;
        if wrote || packed.iter().any(|(path, _)| !path.exists()) {
            let mut sizes = vec![size(bytes.len())];
            for (path, method) in &packed {
                let small = method.pack(bytes)?;
                sizes.push(format!("{} {}", method.name(), size(small.len())));
                files::write(path, &small)?;
            }
            note(format!("{} {}", at.display(), sizes.join(", ")));
        }
        self.changed |= wrote;
        self.kept.insert(path);
        self.kept.extend(packed.into_iter().map(|(path, _)| path));
        Ok(())
    }

    /// Writes the file under a name with its hash, and returns that name.
    fn put_hashed(&mut self, folder: &Path, name: &str, kind: &str, bytes: &[u8]) -> Result<String> {
        let hashed = format!("{name}.{}.{kind}", hash(bytes));
        self.put(&folder.join(&hashed), bytes)?;
        Ok(hashed)
    }

    /// Removes files of earlier builds.
    fn sweep(&mut self) -> Result<()> {
        self.kept.insert(self.dir.join("manifest.json"));
        for file in files::below(&self.dir)? {
            if !self.kept.contains(&file) {
                fs::remove_file(file)?;
                self.changed = true;
            }
        }
        Ok(())
    }
}

//! The areas of the program: what the browser fetches beside the main file or later. `app/src/areas` says which pages are in which.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};

/// Module from which the main file imports the functions that load areas.
const LOADERS: &str = "./areas.js";

/// Folder in the stage.
const DIR: &str = "areas";

/// Files of each area, without folder and extension, in the order in which they are loaded. Code that several areas share is in a file of
/// its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Areas(BTreeMap<String, Vec<String>>);

/// Splits the linked program into its main file and the files of areas.
pub fn split(linked: &[u8], main: &Path, stage: &Path) -> Result<Areas> {
    let dir = stage.join(DIR);
    let _ = fs::remove_dir_all(&dir);
    let mut options = wasm_split_cli_support::Options::new(linked);
    (options.main_out_path, options.output_dir, options.link_name) = (main, &dir, LOADERS);
    let made = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("wasm-split: {error:#}"))?;
    // Ours can fetch before the main file is there, and tells missing files from other failures.
    fs::remove_file(dir.join(LOADERS))?;
    ensure!(!made.prefetch_map.is_empty(), "the program has no areas");
    Ok(Areas(made.prefetch_map.into_iter().collect()))
}

impl Areas {
    pub fn files(&self) -> BTreeSet<&str> {
        self.0.values().flatten().map(String::as_str).collect()
    }

    pub fn path(stage: &Path, file: &str) -> PathBuf {
        stage.join(DIR).join(format!("{file}.wasm"))
    }

    /// Beside the files, for `load`.
    pub fn save(&self, stage: &Path) -> Result<()> {
        Ok(fs::write(stage.join(DIR).join("areas.json"), serde_json::to_vec_pretty(&self.0)?)?)
    }

    pub fn load(stage: &Path) -> Result<Self> {
        let bytes = fs::read(stage.join(DIR).join("areas.json")).context("the areas were not made")?;
        Ok(Self(serde_json::from_slice(&bytes)?))
    }

    /// The program's JavaScript: the loader of areas, and the bindings with it in place of the module that they import. Files get the names
    /// under which they are served.
    pub fn with_loader(&self, bindings: &str, served: &BTreeMap<&str, String>) -> Result<String> {
        let named = |files: &Vec<String>| files.iter().map(|file| served.get(file.as_str())).collect::<Option<Vec<_>>>();
        let areas = self.0.iter().map(|(area, files)| Some((area, named(files)?))).collect::<Option<BTreeMap<_, _>>>();
        let areas = serde_json::to_string(&areas.context("a file of an area has no name")?)?;
        let mut script = include_str!("areas.js").replacen("AREAS", &areas, 1);
        let from = format!(" from \"{LOADERS}\"");
        let mut loaders = 0;
        for line in bindings.lines() {
            // The bindings import the module once for each function.
            if let Some(name) = line.strip_prefix("import * as ").and_then(|line| line.strip_suffix(&from)) {
                script.extend(["const ", name, " = loaders;\n"]);
                loaders += 1;
            } else {
                script.extend([line, "\n"]);
            }
        }
        ensure!(loaders == self.0.len(), "the bindings import {loaders} loaders for {} areas", self.0.len());
        Ok(script)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas() -> Areas {
        let files = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Areas(
            [("campaigns".to_owned(), files(&["chunk_1", "split_campaigns"])), ("office".to_owned(), files(&["chunk_1", "split_office"]))]
                .into(),
        )
    }

    #[test]
    fn the_script_loads_areas_by_the_names_that_are_served() {
        let served = ["chunk_1", "split_campaigns", "split_office"].map(|file| (file, format!("./{file}.0123.wasm")));
        let bindings = "import * as import1 from \"./areas.js\"\nimport * as import2 from \"./areas.js\"\nimport { x } from './snippets/x.js';\nlet wasm;\n";
        let script = areas().with_loader(bindings, &served.into()).unwrap();
        let named = r#"const areas = {"campaigns":["./chunk_1.0123.wasm","./split_campaigns.0123.wasm"],"office":["./chunk_1.0123.wasm","./split_office.0123.wasm"]};"#;
        assert!(script.contains(named), "{script}");
        assert!(
            script.ends_with("const import1 = loaders;\nconst import2 = loaders;\nimport { x } from './snippets/x.js';\nlet wasm;\n"),
            "{script}"
        );
    }

    #[test]
    fn nothing_is_loaded_by_a_name_that_is_not_served() {
        let bindings = "import * as import1 from \"./areas.js\"\nimport * as import2 from \"./areas.js\"\n";
        assert!(areas().with_loader(bindings, &BTreeMap::new()).is_err());
    }

    #[test]
    fn an_area_without_a_loader_is_an_error() {
        let served = ["chunk_1", "split_campaigns", "split_office"].map(|file| (file, String::new()));
        assert!(areas().with_loader("import * as import1 from \"./areas.js\"\n", &served.into()).is_err());
    }
}

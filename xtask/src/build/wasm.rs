//! The browser side: cargo, the JavaScript bindings, and wasm-opt if it is installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;

use super::{
    Profile,
    areas::{Areas, split},
    files,
    snip::snip,
};
use crate::{
    cargo::{self, WASM},
    paths::Paths,
    process,
    step::{note, size},
};

pub fn compile(paths: &Paths, profile: Profile) -> Result<()> {
    process::run(&mut cargo::browser(
        paths,
        &["build", "--package", &paths.leptos.lib_package, "--lib", "--profile", cargo_profile(paths, profile)],
    ))
}

fn cargo_profile(paths: &Paths, profile: Profile) -> &str {
    match profile {
        Profile::Dev => &paths.leptos.lib_profile_dev,
        Profile::Release => &paths.leptos.lib_profile_release,
    }
}

fn compiled(paths: &Paths, profile: Profile) -> PathBuf {
    paths.wasm_target().join(WASM).join(cargo_profile(paths, profile)).join(format!("{}.wasm", paths.leptos.lib_package))
}

/// Writes `<stage>/<output>.js`, `<output>.wasm`, the files of areas, `areas.json` and possibly `snippets/`. The bindings come from the
/// library behind the wasm-bindgen command, whose version is pinned together with the crate's, so that the two cannot differ.
pub fn bind(paths: &Paths, profile: Profile) -> Result<()> {
    let (from, stage, name) = (compiled(paths, profile), paths.stage(profile), &paths.leptos.output_name);
    let made = stage.join(format!("{name}.wasm"));
    let optimiser = (profile == Profile::Release).then(|| wasm_opt(paths)).flatten();
    if files::fresh(&made, &[vec![from.clone()], optimiser.clone().into_iter().collect()].concat()) {
        note("unchanged");
        return Ok(());
    }
    let (linked, emptied) = snip(&fs::read(&from)?)?;
    // Otherwise the file would grow unnoticed.
    ensure!(emptied > 0, "no function of those that are never called was found: did `tachys` rename them? See xtask/src/build/snip.rs");
    note(format!("{emptied} functions that are never called emptied"));
    let unbound = stage.join("unbound.wasm");
    let areas = split(&linked, &unbound, &stage)?;
    let _ = fs::remove_dir_all(stage.join("snippets"));
    // The JavaScript gets its module as an argument, because it must not contain a file name that changes with the contents. The names of
    // what areas use are kept.
    Bindgen::new()
        .input_path(&unbound)
        .out_name(name)
        .keep_lld_exports(true)
        .web(true)
        .and_then(|bindgen| bindgen.typescript(false).omit_default_module_path(true).generate_output()?.emit(&stage))
        .map_err(|error| anyhow!("wasm-bindgen: {error:#}"))?;
    fs::remove_file(unbound)?;
    let bound = stage.join(format!("{name}_bg.wasm"));
    if profile == Profile::Release {
        optimise(optimiser.as_deref(), &bound)?;
        for file in areas.files() {
            optimise(optimiser.as_deref(), &Areas::path(&stage, file))?;
        }
    }
    areas.save(&stage)?;
    fs::rename(bound, made)?;
    Ok(())
}

/// Builds the rule engine by itself, for a browser test, and returns the folder of its two files. Compiled together with the browser side, so
/// that they share the domain.
pub fn rules(paths: &Paths) -> Result<PathBuf> {
    let profile = cargo_profile(paths, Profile::Dev);
    let packages: [&str; 4] = ["--package", &paths.leptos.lib_package, "--package", "rules"];
    process::run(cargo::browser(paths, &["build", "--lib", "--profile", profile]).args(packages))?;
    let (from, to) = (paths.wasm_target().join(WASM).join(profile).join("rules.wasm"), paths.stage(Profile::Dev).join("rules"));
    Bindgen::new()
        .input_path(from)
        .web(true)
        .and_then(|bindgen| bindgen.typescript(false).generate_output()?.emit(&to))
        .map_err(|error| anyhow!("wasm-bindgen: {error:#}"))?;
    Ok(to)
}

fn optimise(optimiser: Option<&Path>, wasm: &Path) -> Result<()> {
    let Some(program) = optimiser else {
        note("no wasm-opt on the PATH or in end2end/node_modules: the file stays larger than it could be");
        return Ok(());
    };
    let before = fs::metadata(wasm)?.len() as usize;
    // Functions of the same origin are similar: side by side they compress better.
    process::run(Command::new(program).args(["-Oz", "--reorder-functions-by-name"]).arg(wasm).arg("-o").arg(wasm))?;
    note(format!("wasm-opt: {} → {}", size(before), size(fs::metadata(wasm)?.len() as usize)));
    Ok(())
}

fn wasm_opt(paths: &Paths) -> Option<PathBuf> {
    process::find("wasm-opt").or_else(|| Some(paths.end2end().join("node_modules/.bin/wasm-opt")).filter(|path| path.is_file()))
}

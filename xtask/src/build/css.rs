//! The style sheet: bundles and minifies `style/` into one file.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    stylesheet::{MinifyOptions, ParserOptions, PrinterOptions},
    targets::{Browsers, Targets},
};

use super::{Profile, files};
use crate::{paths::Paths, step::note};

/// The first versions with `light-dark()`, which the design tokens need; they support nesting, layers and container queries too.
const BROWSERS: Browsers = Browsers {
    chrome: Some(123 << 16),
    edge: Some(123 << 16),
    firefox: Some(120 << 16),
    safari: Some(17 << 16 | 5 << 8),
    ios_saf: Some(17 << 16 | 5 << 8),
    android: None,
    ie: None,
    opera: None,
    samsung: None,
};

pub fn bundle(paths: &Paths, profile: Profile) -> Result<()> {
    let entry = paths.root.join(&paths.leptos.style_file);
    let made = paths.stage(profile).join(format!("{}.css", paths.leptos.output_name));
    if files::fresh(&made, &files::below(entry.parent().unwrap_or(&paths.root))?) {
        note("unchanged");
        return Ok(());
    }
    files::write(&made, minified(&entry)?.as_bytes())?;
    Ok(())
}

fn minified(entry: &Path) -> Result<String> {
    let targets = Targets::from(BROWSERS);
    let provider = FileProvider::new();
    let mut bundler = Bundler::new(&provider, None, ParserOptions::default());
    let mut sheet = bundler.bundle(entry).map_err(|error| anyhow!("{error}"))?;
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| anyhow!("{error}"))?;
    let printed = sheet.to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() });
    Ok(printed.map_err(|error| anyhow!("{error}"))?.code)
}

//! Watches the source files, and maps a changed file to the side it belongs to.

use std::{path::Path, sync::mpsc, time::Duration};

use anyhow::{Result, anyhow};
use notify::{Event, EventKind, RecursiveMode, Watcher};

use crate::paths::Paths;

#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Changes {
    pub browser: bool,
    pub server: bool,
    pub style: bool,
}

/// How long no file must change before a rebuild, because editors and checkouts write many files at once.
const QUIET: Duration = Duration::from_millis(150);

/// Calls `changed` with each set of changes until the watcher ends. Changes during a call belong to the next one.
pub fn watch(paths: &Paths, mut changed: impl FnMut(Changes)) -> Result<()> {
    let (send, receive) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let _ = send.send(event);
    })?;
    for dir in ["src", "app", "frontend", "server", "style", "public"] {
        watcher.watch(&paths.root.join(dir), RecursiveMode::Recursive)?;
    }
    loop {
        let mut changes = Changes::default();
        changes.add(&paths.root, &receive.recv().map_err(|_| anyhow!("the watcher ended"))??);
        while let Ok(event) = receive.recv_timeout(QUIET) {
            changes.add(&paths.root, &event?);
        }
        if changes != Changes::default() {
            changed(changes);
        }
    }
}

impl Changes {
    fn add(&mut self, root: &Path, event: &Event) {
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in &event.paths {
            self.add_path(path.strip_prefix(root).unwrap_or(path));
        }
    }

    fn add_path(&mut self, path: &Path) {
        // Temporary files of editors.
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with('.') || name.ends_with('~') {
            return;
        }
        match path.iter().next().and_then(|room| room.to_str()) {
            Some("src" | "app") => (self.browser, self.server) = (true, true),
            Some("frontend") => self.browser = true,
            Some("server") => self.server = true,
            Some("style" | "public") => self.style = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Changes {
        let mut changes = Changes::default();
        changes.add_path(Path::new(path));
        changes
    }

    #[test]
    fn a_change_rebuilds_only_the_sides_that_contain_it() {
        assert_eq!(of("src/leads/stage.rs"), Changes { browser: true, server: true, style: false });
        assert_eq!(of("app/src/leads/list/table.rs"), Changes { browser: true, server: true, style: false });
        assert_eq!(of("frontend/src/lib.rs"), Changes { browser: true, ..Changes::default() });
        assert_eq!(of("server/src/main.rs"), Changes { server: true, ..Changes::default() });
        assert_eq!(of("style/chip.css"), Changes { style: true, ..Changes::default() });
    }

    #[test]
    fn editors_leftovers_are_no_change() {
        for path in ["src/.lib.rs.swp", "src/lib.rs~", "style/.#chip.css"] {
            assert_eq!(of(path), Changes::default(), "{path}");
        }
    }
}

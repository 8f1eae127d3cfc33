//! `dev`: serves, watches, rebuilds the side that changed, restarts, and reloads the page.

mod reload;
mod watch;

use std::{net::TcpStream, path::PathBuf, process::Child, time::Duration};

use anyhow::{Context, Result, bail};

use self::{
    reload::Reload,
    watch::{Changes, watch},
};
use crate::{
    build::{self, Profile},
    paths::Paths,
    process, setup,
    step::{note, step},
};

pub fn run(paths: &Paths, args: &[String]) -> Result<()> {
    setup::to_build(paths)?;
    let pages = Reload::listen(paths.reload_port()?)?;
    let linnet = build::all(paths, Profile::Dev)?;
    let mut server = Server { paths, linnet, args, child: None };
    server.restart()?;
    eprintln!("── http://{}: watching", paths.site_addr());
    watch(paths, |changes| {
        match rebuild(paths, changes).and_then(|()| server.restart()) {
            Ok(()) => note(format!("reloading {} open page(s)", pages.all())),
            // The last working state is served until the source compiles again.
            Err(error) => eprintln!("{error:#}"),
        }
    })
}

fn rebuild(paths: &Paths, changes: Changes) -> Result<()> {
    if changes.browser {
        build::browser(paths, Profile::Dev)?;
    } else if changes.style {
        build::style(paths, Profile::Dev)?;
    }
    if changes.server {
        step("server", || build::server(paths, Profile::Dev))?;
    }
    Ok(())
}

/// The running server. It reads the names of the site's files at start, so that it is restarted after every change.
struct Server<'a> {
    paths: &'a Paths,
    linnet: PathBuf,
    args: &'a [String],
    child: Option<Child>,
}

impl Server<'_> {
    fn restart(&mut self) -> Result<()> {
        step("restart", || {
            self.stop();
            let child = process::tied(&self.linnet)
                .arg("serve")
                .args(self.args)
                .current_dir(&self.paths.root)
                .env("LEPTOS_SITE_ROOT", self.paths.site(Profile::Dev))
                .env("LEPTOS_WATCH", "1")
                .env("LEPTOS_ENV", "DEV")
                .spawn()
                .with_context(|| format!("starting {}", self.linnet.display()))?;
            let child = self.child.insert(child);
            let addr = self.paths.site_addr();
            let mut gone = false;
            let serving = process::eventually(Duration::from_secs(30), || {
                gone = matches!(child.try_wait(), Ok(Some(_)));
                gone || TcpStream::connect(&addr).is_ok()
            });
            if gone || !serving {
                bail!("the server does not answer at {addr}");
            }
            Ok(())
        })
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::stop(&mut child);
        }
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}

//! A Postgres server for the tests: fresh, on a free port, removed afterwards.

use std::{
    env, fs,
    net::TcpListener,
    path::PathBuf,
    process::{self as std_process, Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{process, setup, step::step};

pub struct Postgres {
    server: Child,
    dir: PathBuf,
    port: u16,
}

impl Postgres {
    pub fn start() -> Result<Self> {
        step("start Postgres", || {
            let programs = setup::postgres().context("Postgres is not installed")?;
            // Not in the target directory: Postgres refuses to run as root, and its user may not have access to that directory.
            let dir = env::temp_dir().join(format!("linnet-postgres-{}", std_process::id()));
            let _ = fs::remove_dir_all(&dir);
            fs::create_dir(&dir)?;
            let owner = process::give(&dir, "postgres")?;
            let data = dir.join("data");
            let quiet = |command: &mut Command| process::output(command.current_dir(&dir).env("LC_ALL", "C.UTF-8")).map(|_| ());
            quiet(process::tied_for(&programs.join("initdb"), owner).arg("-D").arg(&data).args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ]))?;
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let log = fs::File::create(dir.join("log"))?;
            let server = process::tied_for(&programs.join("postgres"), owner)
                .arg("-D")
                .arg(&data)
                .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300"])
                .arg("-k")
                .arg(&dir)
                // Nothing here must survive the run.
                .args(["-c", "fsync=off", "-c", "full_page_writes=off"])
                .current_dir(&dir)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()?;
            let postgres = Self { server, dir, port };
            let ready = || {
                Command::new(programs.join("pg_isready"))
                    .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                    .status()
                    .is_ok_and(|status| status.success())
            };
            if !process::eventually(Duration::from_mins(2), ready) {
                bail!("Postgres did not start:\n{}", fs::read_to_string(postgres.dir.join("log")).unwrap_or_default());
            }
            Ok(postgres)
        })
    }

    /// URL of the server without a database: each test creates its own.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        process::stop(&mut self.server);
        let _ = fs::remove_dir_all(&self.dir);
    }
}

//! Programs under test: started on the first core, measured by /proc, stopped by their own pid.

use crate::{Bench, Failure};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    process::{Child, Command},
};

pub struct Server {
    child: Child,
    pub port: u16,
    /// Time from exec to the first response.
    pub ready_after: Duration,
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Path of a floor program, in the folder of this program.
pub fn floor(name: &str) -> std::io::Result<std::path::PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}

impl Server {
    pub async fn linnet(bench: &Bench, database: &Path) -> Result<Self, Failure> {
        Self::program("/readyz", |command, port| {
            command.arg(&bench.bin).arg("serve").args(["--addr", &format!("127.0.0.1:{port}")]);
            command.arg("--database").arg(format!("sqlite://{}", database.display())).arg("--data").arg(database.with_extension("data"));
            command.args(["--log-format", "json", "--rate-limit", "0"]).env("RUST_LOG", "error");
        })
        .await
    }

    /// Starts a floor: `PROGRAM PORT DATABASE`.
    pub async fn floor(name: &str, database: &Path) -> Result<Self, Failure> {
        let program = floor(name)?;
        Self::program("/", |command, port| {
            command.arg(&program).arg(port.to_string()).arg(database);
        })
        .await
    }

    /// Starts any program on the first core; it is ready when it answers on `path`.
    pub async fn program(path: &str, arguments: impl FnOnce(&mut Command, u16)) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]);
        arguments(&mut command, port);
        Self::start(command, port, path).await
    }

    async fn start(mut command: Command, port: u16, path: &str) -> Result<Self, Failure> {
        let began = Instant::now();
        let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true).spawn()?;
        while !answers(port, path).await {
            if began.elapsed() > Duration::from_secs(30) {
                return Err("the server did not answer in 30 s".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Self { child, port, ready_after: began.elapsed() })
    }

    /// User and system time used so far, in microseconds.
    pub fn cpu(&self) -> u64 {
        let stat = self.proc("stat");
        let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        ticks * 10_000
    }

    /// Resident memory in KiB: now, and at its highest.
    pub fn memory(&self) -> (u64, u64) {
        let status = self.proc("status");
        let line = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
                .unwrap_or(0)
        };
        (line("VmRSS:"), line("VmHWM:"))
    }

    fn proc(&self, file: &str) -> String {
        self.child.id().and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()).unwrap_or_default()
    }

    pub async fn stop(mut self) -> Result<(), Failure> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        }
        self.child.wait().await?;
        Ok(())
    }
}

async fn answers(port: u16, path: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    if stream.write_all(request.as_bytes()).await.is_err() {
        return false;
    }
    let mut head = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut head).await.is_ok() && &head[9..10] != b"5"
}

/// Runs the product's command line and returns the last line of its output.
pub async fn linnet(bench: &Bench, arguments: &[&str]) -> Result<String, Failure> {
    linnet_with(bench, arguments, "").await
}

/// Makes a key with this role in a database.
pub async fn key(bench: &Bench, database: &Path, role: &str) -> Result<String, Failure> {
    linnet(bench, &["key", "add", "bench", "--role", role, "--database", &format!("sqlite://{}", database.display())]).await
}

/// Like `linnet`, with text for its standard input.
pub async fn linnet_with(bench: &Bench, arguments: &[&str], input: &str) -> Result<String, Failure> {
    let mut command = Command::new(&bench.bin);
    command.args(arguments).env("RUST_LOG", "error").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        return Err(format!("linnet {} failed", arguments.join(" ")).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned())
}

//! Running other programs.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// Runs a command to its end; a failure is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", name(command)))?;
    check(command, status)
}

/// Runs a command to its end and returns its output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {}", name(command)))?;
    if !output.status.success() {
        bail!("{}: {}\n{}", name(command), output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { bail!("{}: {status}", name(command)) }
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args()).take(6);
    words.collect::<Vec<&OsStr>>().join(OsStr::new(" ")).to_string_lossy().into_owned()
}

/// The program's full path, if it is on the PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// A long-running program that ends with this process, however that ends: the kernel signals it where supported.
pub fn tied(program: &Path) -> Command {
    tied_as(program, &[])
}

/// Like `tied`, with options of `setpriv`, for instance another user.
fn tied_as(program: &Path, options: &[&str]) -> Command {
    let Some(setpriv) = find("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(options).args(["--pdeathsig", "INT"]).arg(program);
    command
}

/// For a program that refuses to run as root: as root, gives the folder to this user, as whom the program then runs.
pub fn give(dir: &Path, user: &'static str) -> Result<Option<&'static str>> {
    if !is_root() {
        return Ok(None);
    }
    run(Command::new("chown").arg(user).arg(dir))?;
    Ok(Some(user))
}

/// Like `tied`, as this user.
pub fn tied_for(program: &Path, user: Option<&str>) -> Command {
    match user {
        Some(user) => tied_as(program, &["--reuid", user, "--regid", user, "--init-groups"]),
        None => tied(program),
    }
}

/// Interrupts a child, and kills it after 5 s.
pub fn stop(child: &mut Child) {
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().is_ok_and(|status| status.success());
    if asked && eventually(Duration::from_secs(5), || matches!(child.try_wait(), Ok(Some(_)))) {
        return;
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Polls every 20 ms until `is_so` returns true, for at most `limit`.
pub fn eventually(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < limit {
        if is_so() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    is_so()
}

pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

//! Random requests to every described address, by schemathesis: no answer may be a server error, or one that the description does not
//! have.

use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    build::{self, Profile},
    cargo,
    paths::Paths,
    process, setup,
    step::step,
};

/// Seconds of requests in the test command.
pub const SECONDS: u32 = 60;
/// Each run sends the same requests, as far as time allows.
pub const SEED: u32 = 1;

/// Sends requests for so many seconds to a new server with sample data.
pub fn run(paths: &Paths, seconds: u32, seed: u32) -> Result<()> {
    let schemathesis = setup::schemathesis(paths)?;
    build::browser(paths, Profile::Dev)?;
    step("server", || process::run(&mut cargo::native(paths, &["build", "--tests", "--package", "server"])))?;
    let server = Server::start(paths)?;
    let fuzz = paths.root.join("xtask/fuzz");
    let (seconds, seed) = (seconds.to_string(), seed.to_string());
    let authorization = format!("Authorization: Bearer {}", server.key);
    let mut command = Command::new(schemathesis);
    command.arg("--config-file").arg(fuzz.join("schemathesis.toml")).args(["run", &format!("{}/openapi.json", server.url)]);
    // An empty parameter is an absent one, as forms send it, so that a schema cannot say what is refused.
    command.args(["--exclude-checks", "negative_data_rejection"]);
    // One worker: with more, Python 3.11 fails now and then in its own parser ("AST constructor recursion depth mismatch").
    command.args(["--checks", "all", "--max-time", &seconds, "--seed", &seed, "--workers", "1", "--continue-on-failure"]);
    command.args(["--request-timeout", "30", "--warnings", "off", "--header", &authorization]);
    // What it remembers of a run stays out of the sources.
    command.current_dir(&server.dir).env("LINNET_KEY", &server.key).env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", fuzz);
    process::run(&mut command)
}

/// A server on a free port with a database of its own, removed afterwards.
struct Server {
    child: Child,
    dir: PathBuf,
    url: String,
    /// An administrator's.
    key: String,
}

impl Server {
    fn start(paths: &Paths) -> Result<Self> {
        let program = paths.target.join("debug").join(&paths.leptos.output_name);
        let dir = std::env::temp_dir().join(format!("linnet-fuzz-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir)?;
        let database = format!("sqlite://{}", dir.join("linnet.db").display());
        let with = |mut linnet: Command, args: &[&str]| {
            linnet.args(args).args(["--database", &database]).arg("--data").arg(&dir).env("LEPTOS_SITE_ROOT", paths.site(Profile::Dev));
            linnet
        };
        let ask = |args: &[&str]| process::output(&mut with(Command::new(&program), args));
        ask(&["migrate"])?;
        ask(&["demo"])?;
        let key = ask(&["key", "add", "fuzz", "--role", "admin"])?;
        let key = key.trim().lines().last().context("`linnet key add` printed no key")?.to_owned();
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = File::create(dir.join("log"))?;
        let mut serve = with(process::tied(&program), &["serve", "--addr", &format!("127.0.0.1:{port}"), "--rate-limit", "0"]);
        let child = serve.stdout(log.try_clone()?).stderr(log).spawn()?;
        let server = Self { child, dir, url: format!("http://127.0.0.1:{port}"), key };
        if !process::eventually(Duration::from_mins(2), || TcpStream::connect(("127.0.0.1", port)).is_ok()) {
            bail!("the server did not start:\n{}", fs::read_to_string(server.dir.join("log")).unwrap_or_default());
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        process::stop(&mut self.child);
        let _ = fs::remove_dir_all(&self.dir);
    }
}

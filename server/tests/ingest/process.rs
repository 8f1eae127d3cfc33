//! Processes of the program itself.

use crate::common::{TestDb, broker::TestBroker};
use reqwest::{Client, header};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A folder, a database, and perhaps a broker.
pub struct Installation {
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Installation {
    pub fn new(db: &TestDb) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("site/pkg")).unwrap();
        let manifest = r#"{"linnet.js":"linnet.1.js","linnet.wasm":"linnet.1.wasm","linnet.css":"linnet.1.css"}"#;
        std::fs::write(folder.path().join("site/manifest.json"), manifest).unwrap();
        let mut this = Self { folder, environment: vec![("LINNET_DATABASE", db.url.clone())] };
        if let Some(broker) = &db.broker {
            this.set_broker(broker);
        }
        assert!(this.command("data").arg("migrate").status().unwrap().success());
        this
    }

    pub fn set_broker(&mut self, broker: &TestBroker) {
        self.environment.extend([("LINNET_BROKER", broker.url.clone()), ("LINNET_BROKER_PREFIX", broker.prefix.clone())]);
    }

    /// `data` is the folder of the process.
    pub fn command(&self, data: &str) -> Command {
        let bin = std::env::var_os("CARGO_BIN_EXE_linnet").map_or_else(|| env!("CARGO_BIN_EXE_linnet").into(), PathBuf::from);
        let mut command = Command::new(bin);
        let at = self.folder.path();
        command.current_dir(at).env("LINNET_DATA", at.join(data)).env("LEPTOS_SITE_ROOT", at.join("site"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The id that a process on this folder has.
    pub fn node(&self, data: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(data).join("node")).unwrap()
    }

    /// A client with a member's key.
    pub fn key(&self) -> Client {
        let key = self.command("data").args(["key", "add", "shop", "--role", "member"]).output().unwrap();
        let key = String::from_utf8(key.stdout).unwrap().lines().last().unwrap().trim().to_owned();
        let mut headers = header::HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {key}").parse().unwrap());
        Client::builder().default_headers(headers).build().unwrap()
    }

    pub fn serve(&self, options: &[&str]) -> Process {
        let mut command = self.command("data");
        command.args(["serve", "--addr", "127.0.0.1:0"]).args(options);
        Process::start(command, "serves on ")
    }

    pub fn work(&self) -> Process {
        let mut command = self.command("worker");
        command.arg("worker");
        Process::start(command, "applies what is ingested")
    }
}

/// A process that is killed with its test.
pub struct Process {
    child: Child,
    /// Of a server.
    pub url: String,
}

impl Process {
    /// Returns when the log says `begun`.
    fn start(mut command: Command, begun: &'static str) -> Self {
        let mut child = command.env("RUST_LOG", "info").stderr(Stdio::piped()).spawn().unwrap();
        let (told, begins) = std::sync::mpsc::channel();
        let log = BufReader::new(child.stderr.take().unwrap());
        // Reads on, so that the process can write on.
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once(begun) {
                    drop(told.send(url.split(['"', ' ']).next().unwrap().to_owned()));
                }
            }
        });
        let url = begins.recv_timeout(Duration::from_mins(1)).expect("the process begins");
        Self { child, url }
    }

    /// kill -9.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

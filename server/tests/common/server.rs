//! A whole server on its own port, and signed-in clients.

use super::{
    TestDb,
    clock::{RunningClock, Shared},
};
use clap::Parser;
use domain::{
    Actor, Role,
    accounts::{NewKey, NewUser},
};
use reqwest::{Client, ClientBuilder, Response, header, redirect::Policy};
use server::{
    clock::{SharedClock, SystemClock},
    config::{Config, leptos_options},
    serve::Server,
};
use std::sync::Arc;
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse battery";

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    config: Config,
}

pub struct TestServer {
    pub server: Server,
    /// The data folder, and a minimal site.
    folder: TempDir,
    database: String,
}

impl TestServer {
    pub async fn start(db: &TestDb) -> Self {
        Self::with(db, &[]).await
    }

    /// Starts with more command-line options.
    pub async fn with(db: &TestDb, options: &[&str]) -> Self {
        Self::by(db, options, Arc::new(SystemClock)).await
    }

    /// Starts with a clock that can be set forward.
    pub async fn with_clock(db: &TestDb) -> (Self, Arc<RunningClock>) {
        let clock = Arc::<RunningClock>::default();
        (Self::by(db, &[], Arc::new(Shared(clock.clone()))).await, clock)
    }

    async fn by(db: &TestDb, options: &[&str], clock: SharedClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pkg = folder.path().join("site/pkg");
        std::fs::create_dir_all(&pkg).unwrap();
        let manifest = r#"{"linnet.js":"linnet.1.js","linnet.wasm":"linnet.1.wasm","linnet.css":"linnet.1.css"}"#;
        std::fs::write(folder.path().join("site/manifest.json"), manifest).unwrap();
        std::fs::write(pkg.join("linnet.1.js"), "export default 1").unwrap();
        std::fs::write(pkg.join("linnet.1.js.br"), "packed").unwrap();
        std::fs::write(pkg.join("linnet.1.wasm"), "\0asm").unwrap();
        std::fs::write(folder.path().join("site/robots.txt"), "User-agent: *").unwrap();
        let server = serve_by(&db.url, &folder, options, clock).await;
        Self { server, folder, database: db.url.clone() }
    }

    /// Stops the server cleanly and starts another on the same database and folder.
    pub async fn restart(self) -> Self {
        let Self { server, folder, database } = self;
        server.stop().await;
        Self { server: serve(&database, &folder, &[]).await, folder, database }
    }

    /// As `restart`, and runs `between` while no server runs.
    pub async fn restart_after(self, between: impl FnOnce()) -> Self {
        let Self { server, folder, database } = self;
        server.stop().await;
        between();
        Self { server: serve(&database, &folder, &[]).await, folder, database }
    }

    /// Starts another server without stopping the first, as after a crash. The first one's tasks end with the test.
    pub async fn restart_uncleanly(self) -> Self {
        let Self { server, folder, database } = self;
        let hub = server.app.hub.clone();
        drop(server);
        let again = serve(&database, &folder, &[]).await;
        hub.shutdown().await;
        Self { server: again, folder, database }
    }

    /// Starts another server on the same database and folder while this one serves.
    pub async fn second(&self) -> domain::Result<Server> {
        try_serve(&self.database, &self.folder, &[], Arc::new(SystemClock)).await
    }

    /// The last served change, as noted in the data folder.
    pub fn newest_mark(&self) -> Option<i64> {
        let mark = self.files().into_iter().find(|file| file.to_string_lossy().ends_with("-served"))?;
        std::fs::read_to_string(mark).unwrap().split(' ').nth(1)?.parse().ok()
    }

    /// The data folder and its files.
    pub fn files(&self) -> Vec<std::path::PathBuf> {
        let mut files = vec![self.folder.path().join("data")];
        let mut at = 0;
        while let Some(file) = files.get(at).cloned() {
            if file.is_dir() {
                files.extend(std::fs::read_dir(&file).unwrap().map(|entry| entry.unwrap().path()));
            }
            at += 1;
        }
        files
    }

    pub async fn stop(self) {
        self.server.stop().await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.addr)
    }

    pub fn live_url(&self) -> String {
        format!("ws://{}/live", self.server.addr)
    }

    /// Creates an API key and returns its secret.
    pub async fn secret(&self, role: Role) -> String {
        self.server
            .app
            .services
            .accounts
            .add_key(&Actor::system(), NewKey { name: role.as_str().to_owned(), role, days: None })
            .await
            .unwrap()
            .secret
    }

    /// A client with an API key.
    pub async fn key(&self, role: Role) -> Client {
        let mut headers = header::HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {}", self.secret(role).await).parse().unwrap());
        builder().default_headers(headers).build().unwrap()
    }

    /// A client with a cookie store that follows no redirects; not signed in.
    pub fn browser(&self) -> Client {
        builder().cookie_store(true).build().unwrap()
    }

    /// Adds a user with the password `PASSWORD`.
    pub async fn user(&self, email: &str, role: Role) -> domain::accounts::User {
        let new = NewUser { email: email.to_owned(), name: email.to_owned(), password: PASSWORD.to_owned(), role };
        self.server.app.services.accounts.add_user(&Actor::system(), new).await.unwrap()
    }

    /// Sends a plain form, as a browser without scripts does.
    pub async fn form(&self, client: &Client, path: &str, fields: &[(&str, &str)]) -> Response {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = client.post(self.url(path)).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(body.join("&")).send().await.unwrap()
    }

    pub async fn sign_in(&self, client: &Client, email: &str, password: &str) -> Response {
        self.form(client, "/auth/sign-in", &[("email", email), ("password", password)]).await
    }

    /// A browser with a new signed-in user of this role.
    pub async fn signed_in(&self, email: &str, role: Role) -> Client {
        self.user(email, role).await;
        let client = self.browser();
        let answer = self.sign_in(&client, email, PASSWORD).await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
        client
    }
}

/// The response's JSON.
pub async fn json(answer: Response) -> serde_json::Value {
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn builder() -> ClientBuilder {
    Client::builder().redirect(Policy::none())
}

async fn serve(database: &str, folder: &TempDir, more: &[&str]) -> Server {
    serve_by(database, folder, more, Arc::new(SystemClock)).await
}

async fn serve_by(database: &str, folder: &TempDir, more: &[&str], clock: SharedClock) -> Server {
    try_serve(database, folder, more, clock).await.unwrap()
}

async fn try_serve(database: &str, folder: &TempDir, more: &[&str], clock: SharedClock) -> domain::Result<Server> {
    drop(tracing_subscriber::fmt().with_env_filter("warn").with_test_writer().try_init());
    let data = folder.path().join("data");
    let mut arguments = vec!["linnet", "--database", database, "--data", data.to_str().unwrap(), "--addr", "127.0.0.1:0"];
    arguments.extend(more);
    let mut options = leptos_options().unwrap();
    options.site_root = folder.path().join("site").to_str().unwrap().into();
    Server::start(Cli::parse_from(arguments).config, options, clock).await
}

pub fn location(answer: &Response) -> &str {
    answer.headers().get(header::LOCATION).map_or("", |location| location.to_str().unwrap())
}

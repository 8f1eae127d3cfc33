//! Settings: each is an option and a `LINNET_*` variable.

use crate::ingest::BrokerAddress;
use clap::{Args, ValueEnum};
use domain::{Error, Result};
use leptos::config::{LeptosOptions, get_config_from_str};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where the data are.
#[derive(Debug, Clone, Args)]
pub struct DataLocation {
    /// `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME` [default: linnet.db in the data folder]
    #[arg(long, value_name = "URL", env = "LINNET_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Folder for the database and uploaded files [default: where the SQLite database is, else linnet-data]
    #[arg(long, value_name = "DIR", env = "LINNET_DATA")]
    pub data: Option<PathBuf>,
}

impl DataLocation {
    /// Neither option is set, so that the data folder is Linnet's own.
    pub fn is_default(&self) -> bool {
        self.database.is_none() && self.data.is_none()
    }

    pub fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite://{}", self.data().join("linnet.db").display()))
    }

    /// The file in which a server records how far it has served the database: beside the database, or for Postgres in the data folder.
    pub fn served_mark(&self) -> PathBuf {
        let url = self.database_url();
        if let Some(file) = crate::store::sqlite_file(&url) {
            return crate::private::beside(&file, "-served");
        }
        let name = url.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(100).collect();
        self.data().join(format!("{name}-served"))
    }

    /// Each database has its uploads beside it, so that two servers started in one folder do not share them.
    pub fn data(&self) -> PathBuf {
        let beside = || {
            let file = self.database.as_deref()?.strip_prefix("sqlite://")?.split('?').next()?;
            Path::new(file).parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned)
        };
        self.data.clone().or_else(beside).unwrap_or_else(|| "linnet-data".into())
    }
}

/// The message broker.
#[derive(Clone, Args)]
pub struct BrokerOptions {
    /// RabbitMQ for ingestion: `amqp://USER:PASSWORD@HOST:5672/VHOST`, or `amqps://` [default: the database alone]
    #[arg(long, value_name = "URL", env = "LINNET_BROKER", hide_env_values = true)]
    pub broker: Option<String>,
    /// The same, as the replaced system names it
    #[arg(long, value_name = "URL", env = "RABBITMQ_URI", hide = true, hide_env_values = true)]
    pub rabbitmq_uri: Option<String>,
    /// Beginning of the queues' names, for installations that share a virtual host
    #[arg(long, value_name = "TEXT", env = "LINNET_BROKER_PREFIX", default_value = "", hide_default_value = true)]
    pub broker_prefix: String,
}

impl BrokerOptions {
    /// # Errors
    /// `Unavailable`, with a remedy and without the URL.
    pub fn address(&self) -> Result<Option<BrokerAddress>> {
        let url = [&self.broker, &self.rabbitmq_uri].into_iter().flatten().find(|url| !url.trim().is_empty());
        url.map(|url| BrokerAddress::parse(url, &self.broker_prefix)).transpose()
    }
}

/// Without the URL, which has a password.
impl std::fmt::Debug for BrokerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BrokerOptions({:?})", self.address().ok().flatten())
    }
}

/// Settings of the server.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[derive(Debug, Clone, Args)]
pub struct Config {
    #[command(flatten)]
    pub location: DataLocation,
    #[command(flatten)]
    pub broker: BrokerOptions,
    /// Leave what is ingested to `linnet worker` processes on the same database
    #[arg(long, env = "LINNET_NO_CONSUME")]
    pub no_consume: bool,
    /// Address to listen on [default: 127.0.0.1:3000]
    #[arg(long, value_name = "IP:PORT", env = "LINNET_ADDR")]
    pub addr: Option<SocketAddr>,
    /// Port to listen on, when the address is the default one
    #[arg(long, env = "PORT", hide = true)]
    pub port: Option<u16>,
    /// Another site that may send requests and open sockets, such as `https://crm.example.com`; repeat it or use commas
    #[arg(long = "allowed-origin", value_name = "ORIGIN", env = "LINNET_ALLOWED_ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Vec<String>,
    /// Let requests without credentials use the open routes of the replaced systems, as the member Guest: only on a trusted network
    #[arg(long, env = "LINNET_OPEN")]
    pub open: bool,
    /// With `--open`, listen on any address; otherwise only on this machine's own (loopback)
    #[arg(long, env = "LINNET_OPEN_ANYWHERE", requires = "open")]
    pub open_anywhere: bool,
    /// Number of reverse proxies in front of the server; their `X-Forwarded-*` headers are trusted
    #[arg(long, value_name = "N", env = "LINNET_TRUSTED_PROXIES", default_value_t = 0)]
    pub trusted_proxies: usize,
    /// API requests per minute for each user or key; 0 = no limit
    #[arg(long, value_name = "N", env = "LINNET_RATE_LIMIT", default_value_t = 6_000)]
    pub rate_limit: u32,
    /// Seconds in which the head of a request must arrive, and an idle connection may wait for its next request
    #[arg(long, value_name = "SECONDS", env = "LINNET_HEAD_TIMEOUT", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
    pub head_timeout: u16,
    /// Seconds without any traffic after which a connection is closed, and without progress (16 KiB) after which an upload or a response is
    /// ended
    #[arg(long, value_name = "SECONDS", env = "LINNET_IDLE_TIMEOUT", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    pub idle_timeout: u16,
    /// Connections of one address at once, when there is no trusted proxy in front; 0 = no limit
    #[arg(long, value_name = "N", env = "LINNET_CONNECTIONS_PER_ADDRESS", default_value_t = 2_000)]
    pub connections_per_address: usize,
    /// Serve `/metrics` to everyone who can reach it; otherwise only to administrators and their keys
    #[arg(long, env = "LINNET_METRICS_OPEN")]
    pub metrics_open: bool,
    /// Days that changes stay in the log; 0 = for ever
    #[arg(long, value_name = "DAYS", env = "LINNET_RETENTION", default_value_t = 365)]
    pub retention: u32,
    /// Who may create an account by `POST /api/auth/signup`: nobody, or everyone who can reach the server. New accounts are members
    #[arg(long, value_name = "POLICY", env = "LINNET_SIGN_UP", value_enum, default_value_t = SignUp::Closed)]
    pub sign_up: SignUp,
    /// `text` or `json` [default: text on a terminal, else json]
    #[arg(long, value_name = "FORMAT", env = "LINNET_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Whether people may create accounts by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SignUp {
    Open,
    Closed,
}

/// Limits of a connection.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Maximum time for a request's head, and between two requests.
    pub head: Duration,
    /// Maximum time without a byte in either direction.
    pub idle: Duration,
    /// Connections per address; `None`: unlimited.
    pub each: Option<usize>,
}

impl Config {
    pub fn patience(&self) -> ConnectionLimits {
        // All connections of a proxy come from its own address, so that the proxy must apply the limit.
        let each = Some(self.connections_per_address).filter(|each| *each > 0 && self.trusted_proxies == 0);
        ConnectionLimits { head: Duration::from_secs(self.head_timeout.into()), idle: Duration::from_secs(self.idle_timeout.into()), each }
    }

    /// # Errors
    /// `Unavailable` when `--open` would let in others than this machine.
    pub fn check_open(&self, addr: SocketAddr) -> Result<()> {
        // Behind a proxy, a loopback address is reached from anywhere.
        if !self.open || self.open_anywhere || (addr.ip().is_loopback() && self.trusted_proxies == 0) {
            return Ok(());
        }
        Err(Error::Unavailable(format!(
            "With --open, everyone who can reach {addr} may read and write leads: listen on 127.0.0.1 without a proxy, or add --open-anywhere"
        )))
    }

    pub fn listen(&self, options: &LeptosOptions) -> SocketAddr {
        let mut addr = self.addr.unwrap_or(options.site_addr);
        if let Some(port) = self.port.filter(|_| self.addr.is_none()) {
            addr.set_port(port);
        }
        addr
    }
}

/// The options of `Leptos.toml`, overridden by `LEPTOS_*` variables.
///
/// # Errors
/// `Invalid` when a variable has a value that its option does not allow.
pub fn leptos_options() -> Result<LeptosOptions> {
    get_config_from_str(include_str!("../../Leptos.toml")).map_err(|error| Error::invalid("LEPTOS_*", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn an_open_server_is_for_this_machine_alone() {
        let check = |options: &[&str], addr: &str| {
            let cli = Cli::try_parse_from([&["linnet"], options].concat()).unwrap();
            cli.config.check_open(addr.parse().unwrap()).is_ok()
        };
        for addr in ["127.0.0.1:3000", "[::1]:3000", "0.0.0.0:3000", "192.168.0.2:3000", "[::]:3000"] {
            let loopback = addr.starts_with("127") || addr.starts_with("[::1]");
            assert!(check(&[], addr) && check(&["--open", "--open-anywhere"], addr), "{addr}");
            assert_eq!(check(&["--open"], addr), loopback, "{addr}");
            assert!(!check(&["--open", "--trusted-proxies", "1"], addr), "{addr}");
        }
        assert!(Cli::try_parse_from(["linnet", "--open-anywhere"]).is_err(), "alone it says nothing");
    }
}

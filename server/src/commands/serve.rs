//! `linnet serve`.

use super::signals::Signals;
use crate::{
    clock::SystemClock,
    config::{Config, leptos_options},
    serve::Server,
};
use domain::{Actor, Result};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

pub(super) async fn run(config: Config) -> Result<()> {
    let options = leptos_options()?;
    let open = config.open;
    let exposed = config.trusted_proxies == 0 && !config.listen(&options).ip().is_loopback();
    // Before anything is opened: a signal during the start must not leave it half done.
    let mut signals = Signals::listen()?;
    let server = Server::start(config, options, Arc::new(SystemClock)).await?;
    tracing::info!(addr = %server.addr, "Linnet serves on http://{}", server.addr);
    if let Some(token) = &server.app.setup_token {
        // A warning, so that it is logged at every usual log level.
        tracing::warn!("nobody uses this installation yet: create the administrator at {}", setup_link(server.addr, token));
    } else if server.app.services.accounts.users(&Actor::system()).await?.is_empty() {
        tracing::warn!("nobody can sign in: add an administrator by `linnet user add E-MAIL --name NAME --role admin --password-stdin`");
    }
    if open {
        tracing::warn!("--open: requests without credentials may read and write leads, as Guest. Use it on a trusted network only");
    }
    if exposed {
        tracing::warn!(
            "browsers keep the session cookie only over HTTPS or on this machine: put a TLS proxy in front, with --trusted-proxies 1"
        );
    }
    signals.next().await;
    tracing::info!("stopping; a second signal stops at once");
    tokio::select! {
        () = server.stop() => tracing::info!("stopped"),
        () = signals.next() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// URL of the setup page with its one-time token, for a browser on this machine.
fn setup_link(mut addr: SocketAddr, token: &str) -> String {
    if addr.ip().is_unspecified() {
        addr.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{addr}/setup?token={token}")
}

//! A running server: `Core` and a listener, with an ordered shutdown.

use crate::{
    clock::SharedClock,
    config::Config,
    contracts,
    core::{Core, Ingestion},
    http::{self, App, ConcurrencyLimit, Limits, Parts, Site, Throttle, Unproven},
    route_groups,
    store::sqlite_file,
};
use domain::{Error, Result};
use leptos::config::LeptosOptions;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Longest wait for running requests at shutdown.
const DRAIN: Duration = Duration::from_secs(20);

pub struct Server {
    pub app: App,
    /// The address on which it listens; with the actual port when 0 was configured.
    pub addr: SocketAddr,
    core: Core,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Server {
    /// Opens the database, resumes what was interrupted, and listens.
    ///
    /// # Errors
    /// `Unavailable` or `Invalid`, with a remedy.
    pub async fn start(config: Config, options: LeptosOptions, clock: SharedClock) -> Result<Self> {
        http::raise_descriptors();
        // Checks that do not need the database come first.
        let site = Site::open(&options)?;
        let wanted = config.listen(&options);
        config.check_open(wanted)?;
        if config.no_consume && sqlite_file(&config.location.database_url()).is_some() {
            let remedy = "leave out --no-consume, or use Postgres and `linnet worker`";
            return Err(Error::Unavailable(format!("A SQLite database belongs to one process, so nothing would be applied: {remedy}")));
        }
        let ingestion = Ingestion { broker: config.broker.address()?, no_consume: config.no_consume };
        let listener = TcpListener::bind(wanted)
            .await
            .map_err(|error| Error::Unavailable(format!("Cannot listen on {wanted}: {error}; choose another with --addr")))?;
        let addr = listener.local_addr().map_err(|error| Error::Unavailable(error.to_string()))?;

        let core = Core::open(&config.location, ingestion, config.retention, clock.clone()).await?;
        let patience = config.patience();
        let app = App::from(Parts {
            store: core.store.clone(),
            hub: core.hub.clone(),
            services: core.services.clone(),
            imports: core.imports.clone(),
            exports: core.exports.clone(),
            limits: Arc::new(Limits::new(config.rate_limit)),
            api_access: Arc::new(contracts::api_access(&config)),
            config: Arc::new(config),
            site,
            concurrency: ConcurrencyLimit::answers(patience.idle),
            uploads: ConcurrencyLimit::uploads(patience.idle),
            strangers: ConcurrencyLimit::strangers(patience.idle),
            throttle: Throttle::new(clock, core.store.secret(Throttle::SECRET).await?),
            unproven: Unproven::default(),
            setup_token: core.accounts.setup_token().await?,
            form_secret: core.store.secret(http::FORM_SECRET).await?,
            options,
        });
        let router = http::router(app.clone(), route_groups::all(&app)?)?;
        core.resume().await?;

        let stop = CancellationToken::new();
        let serving = tokio::spawn(http::serve(listener, router, patience, stop.clone()));
        Ok(Self { app, addr, core, stop, serving })
    }

    /// Stops accepting, closes sockets, finishes running requests, and closes the database after the last write.
    pub async fn stop(self) {
        self.stop.cancel();
        self.core.hub.shutdown().await;
        if tokio::time::timeout(DRAIN, self.serving).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        self.core.close().await;
    }
}

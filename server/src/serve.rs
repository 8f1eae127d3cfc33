//! A running server: its parts put together, and taken apart in order.

use crate::{
    accounts::Accounts,
    activity::Activities,
    bulk::Bulks,
    campaigns::Campaigns,
    changes::Changes,
    clock::SharedClock,
    config::Config,
    dashboard::Dashboards,
    http::{self, App, Flights, Limits, Parts, Site, Throttle},
    imports::Imports,
    leads::Leads,
    live::Hub,
    node::Node,
    private, prune, refold,
    served::Served,
    store::Store,
    views::Views,
};
use domain::{Error, Result, Services};
use leptos::config::LeptosOptions;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Requests that are being answered get this long to end.
const DRAIN: Duration = Duration::from_secs(20);

pub struct Server {
    pub app: App,
    /// Where it listens; the port is the real one, also when 0 was asked for.
    pub addr: SocketAddr,
    bulks: Bulks,
    served: Served,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    pruning: JoinHandle<()>,
}

impl Server {
    /// Opens the database, resumes what was interrupted, and listens.
    ///
    /// # Errors
    /// `Unavailable` or `Invalid`, with what to do about it.
    pub async fn start(config: Config, options: LeptosOptions, clock: SharedClock) -> Result<Self> {
        http::raise_descriptors();
        // Cheap checks first: neither needs the database.
        let site = Site::open(&options)?;
        let wanted = config.listen(&options);
        let listener = TcpListener::bind(wanted)
            .await
            .map_err(|error| Error::Unavailable(format!("Cannot listen on {wanted}: {error}; choose another with --addr")))?;
        let addr = listener.local_addr().map_err(|error| Error::Unavailable(error.to_string()))?;

        let data = config.place.data();
        private::make_folder(&data)
            .and_then(|()| if config.place.is_default() { private::restrict_folder(&data) } else { Ok(()) })
            .map_err(|error| {
                Error::Unavailable(format!("The folder {} cannot be used: {error}; choose another with --data", data.display()))
            })?;
        let store = Store::open(&config.place.database_url(), clock.clone()).await?;
        let served = Served::begin(&store, config.place.served_mark()).await?;
        refold::run(&store).await?;
        let hub = Hub::start(store.clone());
        let node = Node::of(&config.place.data(), clock.id());
        let imports = Imports::new(store.clone(), hub.clone(), config.place.data().join("imports")).with_node(node.clone());
        let bulks = Bulks::new(store.clone(), hub.clone()).with_node(node);
        let changed = hub.clone();
        let accounts = Accounts::new(store.clone(), bulks.clone(), move || changed.sessions_changed());
        let setup_token = accounts.setup_token().await?;
        let form_secret = store.secret(http::FORM_SECRET).await?;
        let throttle = Throttle::new(clock.clone(), store.secret(Throttle::SECRET).await?);
        let services = Services {
            leads: Arc::new(Leads::new(store.clone(), hub.clone())),
            campaigns: Arc::new(Campaigns::new(store.clone(), bulks.clone())),
            bulk: Arc::new(bulks.clone()),
            imports: Arc::new(imports.clone()),
            views: Arc::new(Views::new(store.clone())),
            accounts: Arc::new(accounts),
            dashboard: Arc::new(Dashboards::new(store.clone())),
            activity: Arc::new(Activities::new(store.clone())),
            changes: Arc::new(Changes::new(store.clone())),
        };
        let limits = Arc::new(Limits::new(config.rate_limit));
        let (retention, patience) = (config.retention, config.patience());
        let app = App::from(Parts {
            store: store.clone(),
            hub,
            services,
            imports: imports.clone(),
            config: Arc::new(config),
            site,
            limits,
            flights: Flights::default(),
            throttle,
            setup_token,
            form_secret,
            options,
        });
        let router = http::router(app.clone())?;
        imports.resume().await?;
        bulks.resume().await?;

        let stop = CancellationToken::new();
        let serving = tokio::spawn(http::serve(listener, router, patience, stop.clone()));
        let pruning = tokio::spawn(prune::daily(store, retention));
        Ok(Self { app, addr, bulks, served, stop, serving, pruning })
    }

    /// Stops accepting, sends sockets away, answers what was asked, and closes the database behind the last write.
    pub async fn stop(self) {
        self.stop.cancel();
        self.app.hub.shutdown().await;
        if tokio::time::timeout(DRAIN, self.serving).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        self.pruning.abort();
        self.app.imports.shutdown().await;
        self.bulks.shutdown().await;
        self.served.end(&self.app.store).await;
        self.app.store.close().await;
    }
}

//! `Core` is Linnet without its listener: what servers, commands and tests have in common.

use crate::{
    accounts::Accounts,
    activity::Activities,
    background::Background,
    bulk::Bulks,
    campaigns::Campaigns,
    changes::Changes,
    clock::SharedClock,
    compat::xenocrm,
    config::DataLocation,
    dashboard::Dashboards,
    demo,
    exports::Exports,
    fields::{self, CustomFields},
    imports::Imports,
    ingest::{BrokerAddress, Ingest},
    leads::Leads,
    live::Hub,
    node::Node,
    orders::Orders,
    private,
    profiles::Profiles,
    prune::Retention,
    refold,
    segments::{Counting, Segments},
    served::Served,
    store::Store,
    tags::AllTags,
    views::Views,
    workspace::{self, Workspaces},
};
use domain::{Error, Result, Services};
use std::sync::Arc;

/// How a process takes part in ingestion.
#[derive(Default)]
pub struct Ingestion {
    pub broker: Option<BrokerAddress>,
    /// Leaves the queues to other processes.
    pub no_consume: bool,
}

pub struct Core {
    pub store: Store,
    pub hub: Hub,
    pub services: Services,
    /// In addition to its service: set-up.
    pub accounts: Accounts,
    /// In addition to its service: upload and download of files.
    pub imports: Imports,
    /// In addition to its service: download of files.
    pub exports: Exports,
    /// In addition to its service: its consumers.
    pub ingest: Ingest,
    background: Vec<Box<dyn Background>>,
    served: Option<Served>,
}

impl Core {
    /// Opens the database for a server: creates it if needed, and migrates it. No background work runs before `resume`.
    /// `retention` is the number of days that changes stay in the log; 0 = for ever.
    ///
    /// # Errors
    /// `Unavailable` or `Invalid`, with a remedy.
    pub async fn open(location: &DataLocation, ingestion: Ingestion, retention: u32, clock: SharedClock) -> Result<Self> {
        let data = location.data();
        private::make_folder(&data).and_then(|()| if location.is_default() { private::restrict_folder(&data) } else { Ok(()) }).map_err(
            |error| Error::Unavailable(format!("The folder {} cannot be used: {error}; choose another with --data", data.display())),
        )?;
        // Before the database is migrated: another server may be using it.
        let mark = Served::open(location)?;
        let store = Store::open(&location.database_url(), clock).await?;
        let served = Served::begin(&store, mark).await?;
        refold::run(&store).await?;
        let node = Node::of(&data, store.clock.id());
        let mut core = Self::on(store, location, node, ingestion, |bulks| bulks).await?;
        core.background.push(Box::new(Counting::new(core.store.clone())));
        core.background.push(Box::new(Retention::new(core.store.clone(), retention)));
        core.served = Some(served);
        Ok(core)
    }

    /// Opens an existing database of this version for a command, possibly beside a running server. Bulk actions end before their call
    /// returns.
    ///
    /// # Errors
    /// Like `open`; `Unavailable` when the database is of an older or newer version.
    pub async fn beside(location: &DataLocation, clock: SharedClock) -> Result<Self> {
        Self::for_command(Store::open_existing(&location.database_url(), clock).await?, location).await
    }

    /// As `beside`, for a command that only reads: it cannot write.
    ///
    /// # Errors
    /// Like `beside`.
    pub async fn to_read(location: &DataLocation, clock: SharedClock) -> Result<Self> {
        Self::for_command(Store::open_to_read(&location.database_url(), clock).await?, location).await
    }

    async fn for_command(store: Store, location: &DataLocation) -> Result<Self> {
        refold::check(&store).await?;
        let node = Node::passing(store.clock.id());
        Self::on(store, location, node, Ingestion::default(), |bulks| bulks.with_at_once(i64::MAX)).await
    }

    async fn on(
        store: Store,
        location: &DataLocation,
        node: Node,
        ingestion: Ingestion,
        bulks: impl FnOnce(Bulks) -> Bulks,
    ) -> Result<Self> {
        workspace::load(&store).await?;
        fields::load(&store).await?;
        let hub = Hub::start(store.clone());
        let imports = Imports::new(store.clone(), hub.clone(), location.data().join("imports")).with_node(node.clone());
        let exports = Exports::new(store.clone(), hub.clone(), location.data().join("exports")).with_node(node.clone());
        let mut ingest = Ingest::new(store.clone(), hub.clone()).with_node(node.clone());
        if let Some(address) = ingestion.broker {
            ingest = ingest.with_broker(address, xenocrm::message);
        }
        if ingestion.no_consume {
            ingest = ingest.without_consumers();
        }
        let bulks = bulks(Bulks::new(store.clone(), hub.clone()).with_node(node));
        let changed = hub.clone();
        let accounts = Accounts::new(store.clone(), bulks.clone(), |tx| Box::pin(demo::fill(tx)), move || changed.sessions_changed());
        let leads = Leads::new(store.clone(), hub.clone());
        let services = Services {
            leads: Arc::new(leads.clone()),
            campaigns: Arc::new(Campaigns::new(store.clone(), bulks.clone())),
            orders: Arc::new(Orders::new(store.clone())),
            ingest: Arc::new(ingest.clone()),
            bulk: Arc::new(bulks.clone()),
            imports: Arc::new(imports.clone()),
            exports: Arc::new(exports.clone()),
            views: Arc::new(Views::new(store.clone())),
            profiles: Arc::new(Profiles::new(store.clone())),
            fields: Arc::new(CustomFields::new(store.clone(), Arc::new(leads.clone()))),
            segments: Arc::new(Segments::new(store.clone(), leads)),
            tags: Arc::new(AllTags::new(store.clone())),
            workspace: Arc::new(Workspaces::new(store.clone())),
            accounts: Arc::new(accounts.clone()),
            dashboard: Arc::new(Dashboards::new(store.clone())),
            activity: Arc::new(Activities::new(store.clone())),
            changes: Arc::new(Changes::new(store.clone())),
        };
        let background: Vec<Box<dyn Background>> = vec![
            Box::new(imports.clone()),
            Box::new(exports.clone()),
            Box::new(bulks),
            Box::new(ingest.clone()),
            Box::new(accounts.uses.clone()),
        ];
        Ok(Self { store, hub, services, accounts, imports, exports, ingest, background, served: None })
    }

    /// Starts all background work.
    ///
    /// # Errors
    /// Errors of the database.
    pub async fn resume(&self) -> Result<()> {
        for one in &self.background {
            one.resume().await?;
        }
        Ok(())
    }

    /// Stops all background work, then closes the database after the last write.
    pub async fn close(self) {
        self.hub.shutdown().await;
        for one in &self.background {
            one.shutdown().await;
        }
        if let Some(served) = self.served {
            served.end(&self.store).await;
        }
        self.store.close().await;
    }
}

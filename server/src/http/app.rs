//! The application state: handlers extract a part (`State<Services>`, `State<Store>` …) or all of it.

use super::{assets::Site, concurrency::ConcurrencyLimit, limits::Limits, throttle::Throttle, unproven::Unproven};
use crate::{config::Config, exports::Exports, imports::Imports, live::Hub, store::Store};
use app::accounts::ApiAccess;
use axum::extract::FromRef;
use domain::Services;
use leptos::config::LeptosOptions;
use std::{ops::Deref, sync::Arc};

/// Every layer clones it for every request, so it is one `Arc` instead of one per part.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub store: Store,
    pub hub: Hub,
    pub services: Services,
    /// Uploads and CSV downloads, which `ImportService` does not have.
    pub imports: Imports,
    /// Downloads, which `ExportService` does not have.
    pub exports: Exports,
    pub config: Arc<Config>,
    /// What the page of the API says.
    pub api_access: Arc<ApiAccess>,
    pub site: Site,
    pub limits: Arc<Limits>,
    pub concurrency: ConcurrencyLimit,
    pub uploads: ConcurrencyLimit,
    pub strangers: ConcurrencyLimit,
    pub throttle: Throttle,
    /// Sockets before their credential, and those of guests.
    pub unproven: Unproven,
    /// The setup token; `None` when setup was already done at the start.
    pub setup_token: Option<String>,
    /// Signs errors on pages without a session; shared by all nodes.
    pub form_secret: String,
    pub options: LeptosOptions,
}

impl From<Parts> for App {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

macro_rules! parts {
    ($($name:ident: $part:ty),+) => {$(
        impl FromRef<App> for $part {
            fn from_ref(app: &App) -> Self {
                app.$name.clone()
            }
        }
    )+};
}

parts!(store: Store, hub: Hub, services: Services, imports: Imports, exports: Exports, config: Arc<Config>, site: Site, limits: Arc<Limits>, options: LeptosOptions);

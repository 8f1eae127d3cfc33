//! What handlers may ask for: `State<Services>`, `State<Store>` and so on, or all of it.

use super::{assets::Site, flight::Flights, limits::Limits, throttle::Throttle};
use crate::{config::Config, imports::Imports, live::Hub, store::Store};
use axum::extract::FromRef;
use domain::Services;
use leptos::config::LeptosOptions;
use std::{ops::Deref, sync::Arc};

/// Cloned by every layer of every request: one count, not one for each part.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub store: Store,
    pub hub: Hub,
    pub services: Services,
    /// Beyond its service: files in and out.
    pub imports: Imports,
    pub config: Arc<Config>,
    pub site: Site,
    pub limits: Arc<Limits>,
    pub flights: Flights,
    pub uploads: Flights,
    pub throttle: Throttle,
    /// What opens set-up; `None` when there was nothing to set up at the start.
    pub setup_token: Option<String>,
    /// Signs the errors on pages of people without a session; all nodes share it.
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

parts!(store: Store, hub: Hub, services: Services, imports: Imports, config: Arc<Config>, site: Site, limits: Arc<Limits>, options: LeptosOptions);

//! What handlers may ask for: `State<Services>`, `State<Store>` and so on, or all of it.

use super::{assets::Site, limits::Limits};
use crate::{config::Config, imports::Imports, live::Hub, store::Store};
use axum::extract::FromRef;
use domain::Services;
use leptos::config::LeptosOptions;
use std::sync::Arc;

/// Cloned by every layer of every request: all of it is shared.
#[derive(Clone, FromRef)]
pub struct App {
    pub store: Store,
    pub hub: Hub,
    pub services: Services,
    /// Beyond its service: files in and out.
    pub imports: Imports,
    pub config: Arc<Config>,
    pub site: Site,
    pub limits: Arc<Limits>,
    #[from_ref(skip)]
    pub options: Arc<LeptosOptions>,
}

impl FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.options)
    }
}

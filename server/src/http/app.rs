//! What handlers may ask for: `State<Services>`, `State<Store>` and so on, or all of it.

use super::{assets::Site, limits::Limits};
use crate::{config::Config, imports::Imports, live::Hub, store::Store};
use axum::extract::FromRef;
use domain::Services;
use leptos::config::LeptosOptions;
use std::sync::Arc;

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
    pub options: LeptosOptions,
}
